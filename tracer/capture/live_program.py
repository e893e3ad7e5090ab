"""Captures by tcpdump or dumpcap: a child that writes to a pipe and tells its counters on stderr."""

from __future__ import annotations

import re
import signal
import subprocess
import threading
from contextlib import suppress
from typing import IO

from tracer.capture.live import BUFFER, LiveError, Wish

PATIENCE = 10
"""Seconds in which the program must say that it captures, and end when it is told to."""
HELD = 1.1
"""Seconds after which the kernel has handed over a packet, at most: libpcap's ring keeps a block for one.

Without that (--immediate-mode) the ring has a place of the snap length for each packet, 512 in 128 MiB: of a
burst of 80,000 packets in 2 s, 18,000 were lost.
"""
_LOST = re.compile(r"(\d+) packets? dropped by (?:kernel|interface)|received/dropped on.*: \d+/(\d+) ")
_NOISE = re.compile(
    r"listening on|Capturing on|^File: |link-type|User's Guide|(?i:warning):"
    r"|packets? (captured|received)|Packets"
)
_PREFIX = re.compile(r"^(?:tcpdump|dumpcap|tracer): ")


class Words:
    """What a program says on stderr: whether it has begun, what it lost, and what else."""

    def __init__(self) -> None:
        self.begun = threading.Event()  # or ended before
        self.captures = False
        self.lost: int | None = None
        self._said: list[str] = []

    def listen(self, stderr: IO[bytes]) -> None:
        """Take in lines until there are none."""
        for line in stderr:
            self.take(line.decode("utf-8", "replace").strip())
        self.begun.set()

    def take(self, line: str) -> None:
        """Take in a line."""
        counts = [int(one or other) for one, other in _LOST.findall(line)]
        if counts:
            self.lost = sum(counts) if "received/dropped" in line else max(counts)
        if "listening on" in line or line.startswith("File: "):
            self.captures = True
            self.begun.set()
        elif line and not _NOISE.search(line):
            self._said = [*self._said[-4:], line]

    def sentence(self) -> str:
        """Give what it complained of, in one line."""
        return " ".join(_PREFIX.sub("", line) for line in self._said)


class ProgramTap:
    """A capturing program of this machine."""

    def __init__(self, name: str, command: list[str]) -> None:
        self.name = name
        self._stopped = False
        self._words = Words()
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is ours: it would lose what the kernel still has
        )
        assert self._process.stdout and self._process.stderr
        self._stdout = self._process.stdout
        self.path = f"/dev/fd/{self._stdout.fileno()}"
        self._thread = threading.Thread(
            target=self._words.listen, args=(self._process.stderr,), daemon=True, name="live-words"
        )
        self._thread.start()

    def begun(self) -> ProgramTap:
        """Wait until it captures. Raises LiveError if it does not."""
        self._words.begun.wait(PATIENCE)
        if self._words.captures:
            with suppress(subprocess.TimeoutExpired):  # a filter that is wrong ends dumpcap after its words
                self._process.wait(0.2 if self.name == "dumpcap" else 0)
            if self._process.poll() is None:
                return self
        said = self.close()
        raise LiveError(_why(self.name, said or "does not begin"))

    def ask(self) -> None:
        """Ask tcpdump for its counters; dumpcap tells them at its end."""
        if self.name == "tcpdump":
            self._signal(signal.SIGUSR1)

    def lost(self) -> int | None:
        """Give the packets that were lost, as last told."""
        return self._words.lost

    def stop(self) -> None:
        """End it, once the kernel has handed over what it has."""
        if not self._stopped:
            self._stopped = True
            number = signal.SIGTERM if self.name == "tcpdump" else signal.SIGINT
            threading.Timer(HELD, self._signal, (number,)).start()

    def close(self) -> str | None:
        """Wait for its end, which is forced if it does not come."""
        if self._process.poll() is None and not self._stopped:
            self._signal(signal.SIGTERM)
        try:
            code = self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        self._thread.join(PATIENCE)
        self._stdout.close()
        if self._stopped:
            return None
        ended = f"was ended by signal {-code}" if code < 0 else f"ended with code {code}"
        return self._words.sentence() or ended

    def _signal(self, number: int) -> None:
        with suppress(ProcessLookupError, PermissionError):
            self._process.send_signal(number)


def begin(program: str, path: str, wish: Wish) -> ProgramTap:
    """Start a program. Raises LiveError with what it complains of."""
    command = _tcpdump(path, wish) if program == "tcpdump" else _dumpcap(path, wish)
    try:
        tap = ProgramTap(program, command)
    except OSError as error:
        raise LiveError(f"{path} cannot be started: {error.strerror}") from None
    return tap.begun()


def _tcpdump(path: str, wish: Wish) -> list[str]:
    user = ["-Z", wish.user] if wish.user else []
    size = ["-s", "0", "-B", str(BUFFER * 1024), "--time-stamp-precision=nano"]
    command = [path, "-i", wish.interface, "-n", "-U", *user, *size, "-w", "-"]
    return [*command, "--", wish.filter] if wish.filter else command


def _dumpcap(path: str, wish: Wish) -> list[str]:
    command = [path, "-q", "-i", wish.interface, "-B", str(BUFFER), "-w", "-"]
    return [*command, "-f", wish.filter] if wish.filter else command


def _why(program: str, said: str) -> str:
    """Make of what a program complains of a sentence that says what to do."""
    lower = said.lower()
    if "filter" in lower or "syntax error" in lower:
        return f"the filter is wrong: {said}; an example is: tcp port 8000"
    if "permission" in lower or "not permitted" in lower:
        todo = f"run it as root (sudo), or let {program} capture: setcap cap_net_raw,cap_net_admin=eip"
        return f"{program} may not capture here: {said}; {todo} on it"
    if "no such device" in lower or "no device" in lower:
        return f"{said}; there are: {', '.join(interfaces())}"
    return f"{program}: {said}"


def interfaces() -> list[str]:
    """Name the interfaces of this machine."""
    import socket

    return [name for _, name in socket.if_nameindex()] + ["any"]
