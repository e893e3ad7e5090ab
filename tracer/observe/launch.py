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
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

from tracer.agent import layout
from tracer.observe.processes import tree

FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
_TAKEN = {*FORWARDED, signal.SIGCHLD}
_SI_KERNEL, _SI_TKILL = 0x80, -6
_PR_SET_PDEATHSIG = 1
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

    def __init__(
        self, command: Sequence[str], rings: Path, *, tied: bool = False, output: BinaryIO | None = None
    ) -> None:
        """Start the command; a tied one is asked to end when we are killed. Raises LaunchError.

        With `output` the terminal is somebody else's: what it writes goes there, and it reads nothing.
        """
        self.command = list(command)
        self.asked = 0  # signals by which somebody asked for the end
        self.code: int | None = None
        self._missed: list[int] = []
        self._mask = signal.pthread_sigmask(signal.SIG_BLOCK, set())
        # What is ignored stays so, for the child as well (nohup); an exec resets what has a handler.
        caught = [number for number in FORWARDED if signal.getsignal(number) is not signal.SIG_IGN]
        self._handlers = {number: signal.signal(number, self._early) for number in caught}
        try:
            before = end_with_parent() if tied else None
            streams: dict[str, Any] = {} if output is None else {"stdin": subprocess.DEVNULL}
            streams |= {} if output is None else {"stdout": output, "stderr": output}
            env = environment(rings)
            self._child = subprocess.Popen(self.command, env=env, preexec_fn=before, **streams)  # noqa: PLW1509
        except OSError as error:
            self._restore()
            raise LaunchError(_why(self.command[0], error)) from error
        # Only now, for a child inherits what is blocked.
        signal.pthread_sigmask(signal.SIG_BLOCK, _TAKEN)
        for number in self._missed:
            self.signal(number)
        for number in caught:
            signal.signal(number, self._elsewhere)

    def _early(self, number: int, _frame: object) -> None:
        """Take a signal that comes before they are blocked; a Ctrl-C has reached the child by itself."""
        self.asked += 1
        if number != signal.SIGINT:
            self._missed.append(number)

    @staticmethod
    def _elsewhere(number: int, _frame: object) -> None:
        """Take a signal that another thread got (numpy's have their own masks) back to `wait`."""
        signal.pthread_kill(threading.main_thread().ident or 0, number)

    def _restore(self) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

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
                self.kill()
            elif not _reached_all(told):
                self.signal(told.si_signo)
        code = self._child.poll()
        if code is not None:
            self.code = code if code >= 0 else 128 - code
        return self.code is not None

    def signal(self, number: int) -> None:
        """Send the child a signal, if it is still there."""
        with contextlib.suppress(ProcessLookupError):
            self._child.send_signal(number)

    def interrupt(self) -> None:
        """Ask the command and all that it started to end, as a Ctrl-C at its terminal would."""
        self.asked += 1
        for pid in tree(self.pid) if self.code is None else []:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGINT)

    def kill(self) -> None:
        """Kill the command and all that it started: a killed shell takes no server with it."""
        for pid in tree(self.pid) if self.code is None else []:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)

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
                self.kill()
                self._child.wait()
        while signal.sigtimedwait(_TAKEN, 0) is not None:
            pass  # what was asked for has happened
        self._restore()
        signal.pthread_sigmask(signal.SIG_SETMASK, self._mask)


def end_with_parent() -> Callable[[], None]:
    """Give what a child runs to get a SIGTERM at our death, however that comes about.

    The library is loaded here: between fork and exec nothing may take a lock.
    """
    import ctypes

    prctl = ctypes.CDLL(None).prctl

    def tie() -> None:
        prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM))

    return tie


def _reached_all(told: signal.struct_siginfo) -> bool:
    """Whether the child got this signal too: the kernel sends a Ctrl-C to the whole group.

    Of one that came by way of another thread the sender is lost: then it was a Ctrl-C if one was possible.
    """
    if told.si_code != _SI_TKILL:
        return told.si_code == _SI_KERNEL
    return told.si_signo in (signal.SIGINT, signal.SIGQUIT) and _at_terminal()


def _at_terminal() -> bool:
    try:
        return os.tcgetpgrp(0) == os.getpgrp()
    except OSError:
        return False


def _why(program: str, error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return f"there is no command {program!r}: give its path, or see that it is on PATH"
    if isinstance(error, PermissionError):
        return f"{program!r} cannot be run: it is no executable file, or not yours to run"
    return f"{program!r} cannot be run: {error.strerror or error}"
