"""The probe: how wide the terminal draws characters whose width Unicode leaves open, such as box lines.

Before the app takes the terminal it prints one and asks where the cursor is. The Stage needs no such
character; other screens draw their borders with them where they are known to be one column wide.
"""

from __future__ import annotations

import os
import re
import select
import termios
import time
import tty
from contextlib import suppress

CHARACTER = "─"
PATIENCE = 0.1  # seconds
_ANSWER = re.compile(rb"\x1b\[\d+;(\d+)R")


def borders(source: int = 0, target: int = 1) -> str:
    """Give "box" if a box line is one column wide on the terminal of these descriptors, else "ascii".

    A terminal that does not answer in time, or none at all, is "ascii". What was typed meanwhile is lost.
    """
    if not (os.isatty(source) and os.isatty(target)):
        return "ascii"
    try:
        before = termios.tcgetattr(source)
    except termios.error:
        return "ascii"
    try:
        tty.setcbreak(source, termios.TCSANOW)
        os.write(target, f"\r{CHARACTER}\x1b[6n".encode())
        column = _column(source)
        os.write(target, b"\r\x1b[K")
    finally:
        with suppress(termios.error):
            termios.tcsetattr(source, termios.TCSANOW, before)
    return "box" if column == 2 else "ascii"


def _column(source: int) -> int | None:
    """Read the column of the cursor from the terminal's answer."""
    read, end = b"", time.monotonic() + PATIENCE
    while (rest := end - time.monotonic()) > 0 and select.select([source], [], [], rest)[0]:
        read += os.read(source, 256)
        if found := _ANSWER.search(read):
            return int(found[1])
    return None
