"""Real terminals for tests: a program in a pseudo-terminal, or in tmux."""

from __future__ import annotations

import os
import pty
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

TRACER = [sys.executable, "-m", "tracer.cli"]


def in_pty(command: list[str], patience: float = 30.0, **environment: str) -> tuple[int, str]:
    """Run a program in a pseudo-terminal to its end; give its exit code and what it wrote."""
    master, slave = pty.openpty()
    child = _start(command, slave, environment)
    os.close(slave)
    try:
        written = _read(master, time.monotonic() + patience)
        return child.wait(patience), written
    finally:
        child.kill()
        child.wait()
        os.close(master)


def ended_by(
    number: int, command: list[str], sign: str, patience: float = 30.0, **environment: str
) -> tuple[int, str]:
    """Run a program in a pseudo-terminal and send it a signal once it wrote `sign`; as `in_pty` gives."""
    master, slave = pty.openpty()
    child = _start(command, slave, environment)
    os.close(slave)
    until, written = time.monotonic() + patience, b""
    try:
        while sign.encode() not in written and time.monotonic() < until:
            written += os.read(master, 65536)
        child.send_signal(number)
        return child.wait(patience), written.decode("utf-8", "replace") + _read(master, until)
    finally:
        child.kill()
        child.wait()
        os.close(master)


def _start(command: list[str], slave: int, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """Start a program that has the terminal for itself; what TERM the tests run under is not its matter."""
    env = os.environ | {"TERM": "xterm-256color"} | environment
    return subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=env, start_new_session=True)


def _read(master: int, until: float) -> str:
    parts = []
    while time.monotonic() < until:
        if not select.select([master], [], [], 0.1)[0]:
            continue
        try:
            part = os.read(master, 65536)
        except OSError:  # the other side is closed
            break
        if not part:
            break
        parts.append(part)
    return b"".join(parts).decode()


class Tmux:
    """A tmux server of its own, with one session; `with` ends it."""

    there = shutil.which("tmux") is not None

    def __init__(self, folder: Path, command: str, size: tuple[int, int], **environment: str) -> None:
        self._socket = folder / "tmux"
        width, height = size
        setting = [part for name, value in environment.items() for part in ("-e", f"{name}={value}")]
        self._tmux(
            "-f", "/dev/null", "new-session", "-d", "-x", str(width), "-y", str(height), *setting,
            f"{command}; echo left with $?; exec cat",
        )  # fmt: skip

    def __enter__(self) -> Tmux:
        return self

    def __exit__(self, *_: object) -> None:
        self._tmux("kill-server", check=False)

    def _tmux(self, *arguments: str, check: bool = True) -> str:
        command = ["tmux", "-S", str(self._socket), *arguments]
        return subprocess.run(command, check=check, capture_output=True, text=True, timeout=20).stdout

    def press(self, *keys: str) -> None:
        """Send keys, by tmux's names."""
        self._tmux("send-keys", *keys)

    def resize(self, width: int, height: int) -> None:
        """Give the window another size."""
        self._tmux("resize-window", "-x", str(width), "-y", str(height))

    def screen(self) -> str:
        """Give what is on the screen, without spaces at the ends of lines."""
        return self._tmux("capture-pane", "-p")

    def wait(self, true, patience: float = 30.0) -> str:
        """Wait until the screen is as asked; give it."""
        end = time.monotonic() + patience
        while not true(found := self.screen()):
            assert time.monotonic() < end, f"it never came:\n{found}"
            time.sleep(0.1)
        return found
