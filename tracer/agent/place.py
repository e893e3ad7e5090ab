"""Which line of the user's own code is running: "views.py:42"."""

from __future__ import annotations

import os
import sys
from types import FrameType

_STDLIB = os.path.dirname(os.__file__) + os.sep
_AGENT = os.path.dirname(os.path.abspath(__file__)) + os.sep
_FOREIGN = ("/site-packages/", "/dist-packages/")
_DEPTH = 60

_short: dict[str, str] = {}


def place(depth: int) -> str:
    """Return the nearest line outside the standard library and installed packages, "" if there is none.

    `depth` counts the frames between this function and the caller that is meant.
    """
    return _nearest(sys._getframe(depth + 1))


def place_of(frame: FrameType) -> str:
    """Return the nearest such line of another thread; where it has none, the innermost line."""
    return _nearest(frame) or _told(frame.f_code.co_filename, frame.f_lineno)


def place_in(frames: list[tuple[str, int]]) -> str:
    """Return the same for a stack of files and lines, the innermost first; "" if there are none."""
    for file, line in frames[:_DEPTH]:
        if not _foreign(file):
            return _told(file, line)
    return _told(*frames[0]) if frames else ""


def _nearest(frame: FrameType) -> str:
    found: FrameType | None = frame
    for _ in range(_DEPTH):
        if found is None:
            break
        if not _foreign(found.f_code.co_filename):
            return _told(found.f_code.co_filename, found.f_lineno)
        found = found.f_back
    return ""


def _foreign(file: str) -> bool:
    if any(part in file for part in _FOREIGN):
        return True
    return file.startswith((_STDLIB, _AGENT, "<frozen"))


def _told(file: str, line: int) -> str:
    short = _short.get(file)
    if short is None:
        short = _short[file] = _shorten(file)
    return f"{short}:{line}"


def _shorten(file: str) -> str:
    """Return a path below the working directory as relative to it, any other by its last part."""
    try:
        near = os.path.relpath(file)
    except (OSError, ValueError):
        near = ".."
    return os.path.basename(file) if near.startswith("..") or len(near) > 60 else near
