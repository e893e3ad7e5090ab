"""Ranges of bytes that have arrived, of which the first copy counts."""

from __future__ import annotations

from bisect import bisect_right
from typing import Protocol


class Range(Protocol):
    """Bytes from `start` up to `end`."""

    @property
    def start(self) -> int:
        """The first byte."""
        ...

    @property
    def end(self) -> int:
        """The byte after the last."""
        ...


def start_of(taken: Range) -> int:
    """Give the key by which ranges are sorted."""
    return taken.start


def gaps(taken: list[Range], start: int, end: int) -> list[tuple[int, int]]:
    """Give the parts of [start, end) that none of `taken` has, which are sorted and do not overlap."""
    free = []
    at = max(0, bisect_right(taken, start, key=start_of) - 1)
    while start < end and at < len(taken):
        here = taken[at]
        if here.start >= end:
            break
        if here.start > start:
            free.append((start, here.start))
        start = max(start, here.end)
        at += 1
    if start < end:
        free.append((start, end))
    return free
