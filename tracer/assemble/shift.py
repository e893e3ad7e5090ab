"""From CLOCK_MONOTONIC to the time of a recording: one offset for all rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tracer.recording import Rows

_TIMES: dict[str, tuple[str, ...]] = {
    "hops": (),
    "lanes": ("start", "end"),
    "requests": ("start", "end"),
    "visits": ("start", "first_byte", "answered", "end"),
    "phases": ("start", "end"),
    "marks": ("time",),
}


def append(rows: Rows, more: Rows) -> None:
    """Add the rows of `more` to `rows`."""
    for name in _TIMES:
        getattr(rows, name).extend(getattr(more, name))


def shift(rows: Rows, offset: int) -> Rows:
    """Make the known times of rows `offset` ns later, in place: there are many of them. Give `rows`."""
    for name, times in _TIMES.items():
        _shift_all(getattr(rows, name), times, offset)
    return rows


def _shift_all(table: Sequence[Any], times: tuple[str, ...], offset: int) -> None:
    for time in times:
        for row in table:
            known = getattr(row, time)
            if known >= 0:
                setattr(row, time, known + offset)
