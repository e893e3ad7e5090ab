"""The entry point: finds the command and turns what went wrong into one sentence.

Exit codes: 0 done, 1 it ran and the answer is no, 2 wrong use or unreadable input, 70 a fault of ours,
130 Ctrl-C, 141 the reader of a pipe went away.
"""

from __future__ import annotations

import argparse
import errno
import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NoReturn

from tracer import __version__
from tracer.cli.commands import available, load
from tracer.cli.errors import CliError
from tracer.cli.streams import make_whole, silence, tell

WRONG_USE, FAULT, INTERRUPTED, BROKEN_PIPE = 2, 70, 130, 141

# The machine's or the user's doing, not a fault of ours: the system's own words say enough.
_OUTSIDE = {
    *(errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO),
    *(errno.EACCES, errno.EPERM, errno.ENAMETOOLONG, errno.EMFILE, errno.ENFILE),
}


EXTRAS = dict.fromkeys(("hpack", "hyperframe", "wsproto", "scapy", "asyncssh", "cryptography"), "captures")
"""Packages that a command may find missing -> the extra that has them."""


class Parser(argparse.ArgumentParser):
    """argparse, except that wrong use is told in one sentence and options are not abbreviated."""

    def error(self, message: str) -> NoReturn:
        """Raise what the frame tells in one sentence."""
        raise CliError(f"{message}; see {self.prog} --help")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; give its exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    make_whole()
    if argv is None:  # a caller with arguments of its own keeps its own signals
        _end_in_order()
    if os.environ.get("HOPSCOPE_DEBUG") == "1":
        return _dispatch(arguments)
    return framed(lambda: _dispatch(arguments))


def _end_in_order() -> None:
    """Let SIGTERM and SIGHUP end what runs as Ctrl-C does: children ended, cursor shown; 128 + n."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        with suppress(ValueError):  # not in the main thread: whoever runs us sees to it
            if signal.getsignal(number) == signal.SIG_DFL:
                signal.signal(number, _ended)


def _ended(number: int, _frame: object) -> NoReturn:
    raise SystemExit(128 + number)


def framed(work: Callable[[], int]) -> int:
    """Do the work; turn what it raises into at most one sentence on stderr and an exit code."""
    try:
        return _flushed(work)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        silence(sys.__stdout__, sys.stdout)
        return BROKEN_PIPE
    except Exception as error:  # noqa: BLE001 - the one place where everything ends
        return _tell(error)


def _flushed(work: Callable[[], int]) -> int:
    """Do the work and write out what it printed, also when argparse ends it after a --help."""
    try:
        code = work()
    except SystemExit as end:
        if isinstance(end.code, str):
            raise CliError(end.code) from end
        code = end.code or 0
    sys.stdout.flush()
    return code


def _dispatch(argv: list[str]) -> int:
    if argv and not argv[0].startswith("-"):
        return _command(argv[0], argv[1:])
    parser = _overview()
    parser.parse_args(argv)
    parser.print_help(sys.stderr)
    return WRONG_USE


def _command(name: str, argv: list[str]) -> int:
    commands = available()
    if name not in commands:
        raise CliError(_unknown(name, list(commands)))
    module = load(commands[name])
    parser = Parser(prog=f"tracer {name}", description=commands[name].help.capitalize(), allow_abbrev=False)
    module.add_arguments(parser)
    return module.run(parser.parse_args(argv))


def _overview() -> Parser:
    rows = "\n".join(f"  {name:<10} {command.help}" for name, command in available().items())
    parser = Parser(
        prog="tracer",
        usage="tracer COMMAND …",
        description="See how Python web stacks handle requests.",
        epilog=f"commands:\n{rows}\n\n`tracer COMMAND --help` tells more of each.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"hopscope {__version__}")
    return parser


def _unknown(name: str, names: list[str]) -> str:
    import difflib

    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    meant = f"did you mean {near[0]!r}? " if near else ""
    return f"there is no command {name!r}; {meant}`tracer --help` lists them"


def _tell(error: Exception) -> int:
    """Say in one sentence what went wrong; give the exit code."""
    sentence, code = _sentence(error)
    tell(" ".join(sentence.split()))
    return code


def _sentence(error: Exception) -> tuple[str, int]:
    # Not imported for this: it brings numpy, which may be what went wrong (Ctrl-C in the midst of it).
    recording = sys.modules.get("tracer.recording.errors")
    if isinstance(error, (CliError, recording.TraceError) if recording else CliError):
        return str(error), WRONG_USE
    if isinstance(error, OSError) and error.errno in _OUTSIDE:
        if error.filename:
            return f"{error.filename}: {error.strerror}", WRONG_USE
        silence(sys.__stdout__, sys.stdout)
        return f"the output cannot be written: {error.strerror}", WRONG_USE
    if isinstance(error, ModuleNotFoundError) and error.name in EXTRAS:
        return f"this needs {error.name}: pip install 'hopscope[{EXTRAS[error.name]}]'", WRONG_USE
    from tracer.cli.faults import report

    return report(error), FAULT
