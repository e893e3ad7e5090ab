"""What the numbers of a column may be, so that no reader follows one that points outside."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import IntEnum
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tracer.recording.nouns import (
    REFERENCES,
    TABLES,
    Evidence,
    LaneKind,
    MarkKind,
    Match,
    Outcome,
    PhaseKind,
    Role,
    columns,
    rows_in,
    text_columns,
)

if TYPE_CHECKING:
    from tracer.recording.recording import Recording

_ALWAYS_KNOWN = {("lanes", "hop"), ("visits", "request"), ("visits", "hop")}
_ENUMS: dict[tuple[str, str], type[IntEnum]] = {
    ("hops", "role"): Role,
    ("lanes", "kind"): LaneKind,
    ("requests", "outcome"): Outcome,
    ("visits", "outcome"): Outcome,
    ("visits", "match"): Match,
    ("phases", "kind"): PhaseKind,
    ("phases", "evidence"): Evidence,
    ("marks", "kind"): MarkKind,
    ("marks", "evidence"): Evidence,
}
_FLAGS = {("visits", "detached"), ("phases", "holds")}
_TREES = {("lanes", "parent"), ("visits", "parent")}

Count = Callable[[str], int]
"""Rows of a table by its name; of "texts", how many there are."""


def faults(r: Recording) -> Iterator[tuple[str, str, str]]:
    """Give the table, the column and what is wrong with it, of every column with a number that cannot be."""

    def count(name: str) -> int:
        return len(r.texts) if name == "texts" else rows_in(getattr(r, name))

    for name in TABLES:
        for column in columns(TABLES[name]):
            said = fault(name, column, getattr(getattr(r, name), column), count)
            if said:
                yield name, column, said


def fault(name: str, column: str, values: NDArray[Any], count: Count | None) -> str | None:
    """Say what is wrong with the numbers of a column, or None. One pass over the column.

    Without a `count`, as before rows are numbered, only kinds and flags are looked at.
    """
    limits = _limits(name, column, count)
    if limits is None or not len(values):
        return None
    repeats = values.strides == (0,)  # one value that stands for all, see `sealed`
    looked_at = values[:1] if repeats else values
    low, high, what = limits
    if looked_at.min() < low or looked_at.max() > high:
        row = int(np.flatnonzero((looked_at < low) | (looked_at > high))[0])
        return f"{name}.{column} of row {row} is {int(values[row])}, {what}"
    if (name, column) in _TREES and count is not None:
        row = int(values[0]) if repeats else in_a_circle(values)
        return f"{name}.{column} leads from row {row} round in a circle" if row >= 0 else None
    return None


def _limits(name: str, column: str, count: Count | None) -> tuple[int, int, str] | None:
    place = (name, column)
    if place in _ENUMS:
        return 0, len(_ENUMS[place]) - 1, f"which is no {_ENUMS[place].__name__}"
    if place in _FLAGS:
        return 0, 1, "and can be 0 or 1"
    target = "texts" if column in text_columns(TABLES[name]) else REFERENCES.get(name, {}).get(column)
    if target is None or count is None:
        return None
    return (0 if place in _ALWAYS_KNOWN else -1), count(target) - 1, f"outside the {count(target)} {target}"


def in_a_circle(parents: NDArray[Any]) -> int:
    """Give a row that is its own ancestor, or -1. `parents` are in range."""
    rows = np.flatnonzero(parents >= 0)
    jump = parents.astype(np.int64)
    for _ in range(64):  # each round doubles the length of the jump
        rows = rows[jump[rows] >= 0]
        if not len(rows):
            return -1
        jump[rows] = jump[jump[rows]]
    return int(rows[0])
