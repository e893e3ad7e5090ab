"""The standard streams, whatever the caller made of them: closed, full, or of a terminal that is gone."""

from __future__ import annotations

import io
import os
import sys


def make_whole() -> None:
    """Give streams that were closed a reader that is nobody, and let none fail for want of a character.

    A file opened later would get the number of a closed one, and what is printed would end up in it.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free: this one
    sys.stdin = sys.stdin or open(os.devnull)  # noqa: PTH123, SIM115
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: PTH123, SIM115
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: PTH123, SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def tell(sentence: str) -> None:
    """Write a line to stderr; where that fails there is nobody to tell, and the work goes on."""
    try:
        sys.stderr.write(f"tracer: {sentence}\n")
        sys.stderr.flush()
    except OSError:
        silence(sys.__stderr__, sys.stderr)


def silence(real: object, now: object) -> None:
    """Let what is still in a stream's buffer go nowhere: at the end its flush would fail again."""
    if isinstance(real, io.TextIOWrapper) and now is real:  # else a test or a caller has put its own there
        os.dup2(os.open(os.devnull, os.O_WRONLY), real.fileno())
