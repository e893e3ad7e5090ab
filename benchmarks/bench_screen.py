"""What the Stage costs: CPU up to the first full frame, and of playing 2 x 500 requests in flight.

Both of a real `tracer tui` in a pseudo-terminal that reads at once, by the kernel's own account of the CPU
that all its threads got (/proc/PID/task/*/schedstat, ns). Beside the first frame stands the peer: the same
terminal, and an app of Textual that shows one screen of letters. Run it on a quiet machine: CPU time grows
when somebody else uses the caches.
"""

from __future__ import annotations

import compileall
import fcntl
import os
import pty
import re
import select
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "tui")]

from waits import MS, asynchronous, blocking  # noqa: E402

from tracer.recording.sealed import save  # noqa: E402

SIZE = (100, 30)
STARTS = 11
SECONDS = 10.0
ESCAPES = re.compile(r"\x1b(\[[0-9;?$<>= ]*[A-Za-z]|\][^\x07]*\x07|[=>P][^\x1b]*\x1b\\|.)")

PEER = """
from textual.app import App
from textual.widgets import Static
class Peer(App):
    ENABLE_COMMAND_PALETTE = False
    def compose(self):
        yield Static(("x" * 99 + "\\n") * 29 + "? help")
Peer().run()
"""


class Terminal:
    """A program in a pseudo-terminal of `SIZE`; what it writes is read at once and kept."""

    def __init__(self, command: list[str]) -> None:
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", SIZE[1], SIZE[0], 0, 0))
        environment = {"XDG_STATE_HOME": "/dev/null", "TERM": "xterm-256color", "COLORTERM": ""}
        self.child = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, cwd=ROOT, env=os.environ | environment
        )
        os.close(slave)
        self.written = ""

    def read(self, seconds: float) -> None:
        """Read what comes within a time."""
        end = time.monotonic() + seconds
        while (rest := end - time.monotonic()) > 0 and select.select([self.master], [], [], rest)[0]:
            self.written += os.read(self.master, 1 << 16).decode("utf-8", "replace")

    def wait_for(self, words: str) -> None:
        """Read until words stand on the screen; they are on its last line, so the frame is full."""
        end = time.monotonic() + 30
        while words not in ESCAPES.sub("", self.written):
            if time.monotonic() > end:
                sys.exit(f"the frame never came: {self.written[-500:]!r}")
            self.read(0.005)

    def cpu(self) -> float:
        """Give the CPU that all threads got so far, in s."""
        tasks = Path(f"/proc/{self.child.pid}/task").glob("*/schedstat")
        return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9


@contextmanager
def terminal(command: list[str]) -> Iterator[Terminal]:
    """Run a program in a terminal; it is ended in any case."""
    opened = Terminal(command)
    try:
        yield opened
    finally:
        opened.child.kill()
        opened.child.wait()
        os.close(opened.master)


def tui(files: list[Path], *options: str) -> list[str]:
    """Give the command line of the app."""
    return [sys.executable, "-m", "tracer.cli", "tui", *options, *map(str, files)]


def first_frame(command: list[str]) -> float:
    """Give the CPU up to the first full frame, in ms."""
    with terminal(command) as opened:
        opened.wait_for("? help")
        return opened.cpu() * 1e3


def playing(files: list[Path]) -> tuple[float, float]:
    """Give the share of a core and the frames a second while it plays from where 500 are in flight."""
    with terminal(tui(files, "--at", "1s", "--speed", "1/20")) as opened:
        opened.wait_for("? help")
        opened.read(1.0)
        opened.written = ""
        before, began = opened.cpu(), time.monotonic()
        opened.read(SECONDS)
        seconds = time.monotonic() - began
        frames = len(re.findall(r"t \d+\.\d+ s", ESCAPES.sub("", opened.written)))
        return (opened.cpu() - before) / seconds, frames / seconds


def paused(files: list[Path]) -> float:
    """Give the share of a core of a paused app."""
    with terminal(tui(files, "--at", "1s", "--paused")) as opened:
        opened.wait_for("? help")
        opened.read(1.0)
        before = opened.cpu()
        opened.read(SECONDS / 2)
        return (opened.cpu() - before) / (SECONDS / 2)


def compiled() -> None:
    """Compile our packages, as an installation does: what Python may not keep it compiles at every start."""
    for package in ("tracer", "tui"):
        compileall.compile_dir(ROOT / package, quiet=1)


def main() -> None:
    """Print the figures."""
    compiled()
    with tempfile.TemporaryDirectory() as folder:
        files = [
            Path(folder) / name for name in ("left.trace", "right.trace", "left500.trace", "right500.trace")
        ]
        save(blocking(), files[0])
        save(asynchronous(), files[1])
        many = {"requests": 1500, "every": 2 * MS, "wait": 1000 * MS, "cpu": MS // 10, "until": 4000 * MS}
        save(blocking(**many), files[2])
        save(asynchronous(**many), files[3])
        ours, peer = [], []
        for _ in range(STARTS):  # interleaved, so that the machine's noise meets both
            ours.append(first_frame(tui(files[:2])))
            peer.append(first_frame([sys.executable, "-c", PEER]))
        for name, times in (("tracer tui, 2 x 16 requests", ours), ("Textual alone", peer)):
            spread = f"{min(times):.0f} to {max(times):.0f}"
            print(f"first full frame, {name}: {statistics.median(times):.0f} ms CPU (of {STARTS}: {spread})")
        print(f"paused: {100 * paused(files[2:]):.2f} % of a core")
        for _ in range(3):
            share, frames = playing(files[2:])
            print(
                f"playing 2 x 500 in flight at 100x30: {100 * share:.1f} % of a core, {frames:.1f} frames/s"
            )


if __name__ == "__main__":
    main()
