"""A violation: which invariant, of which rows, in one sentence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST = 20
"""Of one kind of violation so many are told one by one, the rest as a number."""


@dataclass(frozen=True, slots=True)
class Violation:
    """A statement of the recording that cannot be true.

    `invariant` is that of the house, 1 to 6; 0 is what they all stand on: ids in range and rows in order.
    """

    invariant: int
    noun: str  # the table: "phases"
    rows: tuple[int, ...]  # of that table; () where the whole is meant
    sentence: str

    def __str__(self) -> str:
        return f"invariant {self.invariant}: {self.sentence}"


def found(
    invariant: int,
    noun: str,
    rows: NDArray[Any],
    say: Callable[[int], str],
    place: NDArray[Any] | None = None,
) -> list[Violation]:
    """Tell violations of one kind, one a row. `say` gets a row, or what `place` has in its stead."""
    places = rows if place is None else place
    told = [
        Violation(invariant, noun, (int(row),), say(int(where)))
        for row, where in zip(rows[:MOST], places[:MOST], strict=True)
    ]
    if len(rows) > MOST:
        told.append(Violation(invariant, noun, (), f"and {len(rows) - MOST} more {noun} of the same kind"))
    return told


def where(mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Give the rows at which a mask is true."""
    return np.flatnonzero(mask)


def rule(invariant: int, noun: str, mask: NDArray[np.bool_], says: str) -> list[Violation]:
    """Tell of each row at which a mask is true that it `says`, as in "phase 7 says"."""
    return found(invariant, noun, where(mask), lambda row: f"{noun[:-1]} {row} {says}")
