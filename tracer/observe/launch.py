"""Starts a command with the agent in it, and stands between it and the terminal without being noticed.

The child stays in our process group and session: the terminal is its own as if there were no tracer, and
Ctrl-C reaches it straight from the kernel. So a signal that the kernel sent is not passed on; one that
somebody sent to us alone is. Our signals are blocked and taken by `wait`, which also says who sent them.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from tracer.agent import layout

FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
_TAKEN = {*FORWARDED, signal.SIGCHLD}
_SI_KERNEL = 0x80
INJECT = Path(layout.__file__).parent / "inject"


class LaunchError(Exception):
    """A command that cannot be started; the text is one sentence."""


def environment(rings: Path, base: dict[str, str] | None = None) -> dict[str, str]:
    """Give the environment that puts the agent into a process, and into all that it starts."""
    env = dict(os.environ if base is None else base)
    behind = env.get("PYTHONPATH")
    env["PYTHONPATH"] = f"{INJECT}{os.pathsep}{behind}" if behind else str(INJECT)
    env[layout.ENV_DIR] = str(rings.resolve())
    return env


class Launch:
    """A running command. Use it as a context manager, in the main thread: nothing outlives it."""

    def __init__(self, command: Sequence[str], rings: Path) -> None:
        """Start the command. Raises LaunchError."""
        self.command = list(command)
        self.asked = 0  # signals by which somebody asked for the end
        self.code: int | None = None
        self._missed: list[int] = []
        self._mask = signal.pthread_sigmask(signal.SIG_BLOCK, set())
        try:
            self._child = self._start(environment(rings))
        except OSError as error:
            raise LaunchError(_why(self.command[0], error)) from error

    def _start(self, env: dict[str, str]) -> subprocess.Popen[bytes]:
        """Start it with the signals as they were: a child inherits what is blocked and what is ignored."""
        caught = {number: signal.signal(number, self._early) for number in FORWARDED if _caught(number)}
        try:
            child = subprocess.Popen(self.command, env=env)
            signal.pthread_sigmask(signal.SIG_BLOCK, _TAKEN)
            for number in self._missed:
                child.send_signal(number)
        finally:
            for number, handler in caught.items():
                signal.signal(number, handler)
        return child

    def _early(self, number: int, _frame: object) -> None:
        """Take a signal that comes before they are blocked; a Ctrl-C has reached the child by itself."""
        self.asked += 1
        if number != signal.SIGINT:
            self._missed.append(number)

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._child.pid

    def wait(self, seconds: float) -> bool:
        """Sleep, at most so long, until a signal comes or the child ends; True once it has ended.

        Signals that came for us are passed on: the first asks, the third one kills.
        """
        told = None if self.code is not None else signal.sigtimedwait(_TAKEN, seconds)
        if told is not None and told.si_signo != signal.SIGCHLD:
            self.asked += 1
            if self.asked > 2:
                self.signal(signal.SIGKILL)
            elif told.si_code != _SI_KERNEL:
                self.signal(told.si_signo)
        code = self._child.poll()
        if code is not None:
            self.code = code if code >= 0 else 128 - code
        return self.code is not None

    def signal(self, number: int) -> None:
        """Send the child a signal, if it is still there."""
        with contextlib.suppress(ProcessLookupError):
            self._child.send_signal(number)

    def __enter__(self) -> Launch:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the child, by force if it must be, and give the signals back."""
        if self._child.poll() is None:
            self._child.terminate()
            try:
                self._child.wait(10)
            except subprocess.TimeoutExpired:
                self._child.kill()
                self._child.wait()
        while signal.sigtimedwait(_TAKEN, 0) is not None:
            pass  # what was asked for has happened
        signal.pthread_sigmask(signal.SIG_SETMASK, self._mask)


def _caught(number: int) -> bool:
    """Whether a signal has a handler that an exec would reset; what is ignored stays ignored (nohup)."""
    return signal.getsignal(number) is not signal.SIG_IGN


def _why(program: str, error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return f"there is no command {program!r}: give its path, or see that it is on PATH"
    if isinstance(error, PermissionError):
        return f"{program!r} cannot be run: it is no executable file, or not yours to run"
    return f"{program!r} cannot be run: {error.strerror or error}"
