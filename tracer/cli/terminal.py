"""Asks the terminal what cannot be looked up: how wide it draws characters of ambiguous width."""

from __future__ import annotations

import os
import re
import select
import sys
import time

_PROBE = "─"  # two columns wide in many Korean, Japanese and Chinese set-ups
_ANSWER = re.compile(rb"\x1b\[\d+;(\d+)R")


def ambiguous_width(patience: float = 0.1) -> int | None:
    """Give 1 or 2, measured with the cursor; None if there is no terminal or it does not answer in time.

    Draws at the start of the line and clears the line after it.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return None
    import termios
    import tty

    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    try:
        tty.setcbreak(descriptor)
        return _asked(descriptor, patience)
    finally:
        sys.stdout.write("\r\x1b[K")
        sys.stdout.flush()
        # What was typed or answered meanwhile is dropped: a late answer must not reach the shell.
        termios.tcsetattr(descriptor, termios.TCSAFLUSH, before)


def _asked(descriptor: int, patience: float) -> int | None:
    sys.stdout.write(f"\r{_PROBE}\x1b[6n")
    sys.stdout.flush()
    until, said = time.monotonic() + patience, b""
    while (left := until - time.monotonic()) > 0:
        if not select.select([descriptor], [], [], left)[0]:
            return None
        said += os.read(descriptor, 64)
        if answer := _ANSWER.search(said):
            return int(answer[1]) - 1
    return None
