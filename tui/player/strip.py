"""Strips: what a lane did just before, a cell for each q of time, the right edge is now."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from tui.player.glyphs import Glyphs, number, style_of
from tui.player.grid import FOLLOW, Ink
from tui.player.holds import KINDS, LaneHolds

NUMBERED = 6
"""A hold of so many cells carries its number."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Strip:
    """The characters of a strip and the style of each."""

    text: str
    styles: bytes


def strip(
    holds: LaneHolds,
    time: int,
    cell: int,
    width: int,
    glyphs: Glyphs,
    followed: int | None,
    named: bool = True,
) -> Strip:
    """Draw the `width` cells before `time`, each `cell` ns long; `named`: long holds carry numbers."""
    bounds = time + cell * np.arange(-width, 1)
    spent = np.diff(holds.spent(bounds), axis=1)
    total = spent.sum(axis=0)
    kinds = np.where(total > 0, spent.argmax(axis=0), _NOTHING)
    kinds[(total > 0) & (2 * total < cell)] = _LITTLE
    chars, styles = _signs(glyphs)[kinds], _STYLES[kinds]
    if named:
        _numbers(holds, bounds, chars, styles, followed)
    return Strip(chars.tobytes().decode("utf-32-le"), styles.tobytes())


_NOTHING, _LITTLE = KINDS, KINDS + 1
_STYLES = np.array([*(style_of(kind, True) for kind in range(KINDS)), 0, Ink.FAINT], np.uint8)


@lru_cache(maxsize=4)
def _signs(glyphs: Glyphs) -> NDArray[np.uint32]:
    """Give the code of each kind's glyph, then of nothing and of little."""
    return np.frombuffer(f"{glyphs.kinds} .".encode("utf-32-le"), np.uint32)


def _numbers(
    holds: LaneHolds,
    bounds: NDArray[np.int64],
    chars: NDArray[np.uint32],
    styles: NDArray[np.uint8],
    followed: int | None,
) -> None:
    """Write its number into each hold that is long enough."""
    cell = int(bounds[1] - bounds[0])
    starts, ends, requests = holds.runs
    first, last = np.searchsorted(ends, bounds[0], "right"), np.searchsorted(starts, bounds[-1])
    near = np.arange(first, last)
    left = np.maximum(starts[near], bounds[0])
    right = np.minimum(ends[near], bounds[-1])
    for i in near[right - left > (NUMBERED - 2) * cell].tolist():
        begin = int((max(starts[i], bounds[0]) - bounds[0]) // cell)
        end = int(-(-(min(ends[i], bounds[-1]) - bounds[0]) // cell))
        request = int(requests[i])
        if end - begin >= NUMBERED and request >= 0:
            name = number(request, request == followed)
            room = slice(begin + 2, begin + 2 + len(name))
            style = int(styles[begin + 2] or styles[begin + 1])
            chars[room] = [ord(char) for char in name]
            styles[room] = style | (FOLLOW if request == followed else 0)
