"""Strips: what a lane did just before, a cell for each q of time, the right edge is now."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tui.player.glyphs import Glyphs, number, style_of
from tui.player.grid import Ink
from tui.player.holds import LaneHolds

NUMBERED = 6
"""A hold of so many cells carries its number."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Strip:
    """The characters of a strip and the style of each."""

    text: str
    styles: bytes


def strip(holds: LaneHolds, time: int, cell: int, width: int, glyphs: Glyphs, followed: int | None) -> Strip:
    """Draw the `width` cells before `time`, each `cell` ns long."""
    bounds = time + cell * np.arange(-width, 1)
    spent = np.diff(holds.spent(bounds), axis=1)
    total = spent.sum(axis=0)
    kinds = spent.argmax(axis=0)
    little = (total > 0) & (2 * total < cell)
    chars = [
        glyphs.kinds[kind] if some else " " for kind, some in zip(kinds.tolist(), total > 0, strict=True)
    ]
    styles = [
        style_of(kind, True) if some else 0 for kind, some in zip(kinds.tolist(), total > 0, strict=True)
    ]
    for n in np.flatnonzero(little).tolist():
        chars[n], styles[n] = ".", int(Ink.FAINT)
    _numbers(holds, bounds, chars, styles, followed)
    return Strip("".join(chars), bytes(styles))


def _numbers(
    holds: LaneHolds, bounds: NDArray[np.int64], chars: list[str], styles: list[int], followed: int | None
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
            chars[begin + 2 : begin + 2 + len(name)] = name
            styles[begin + 2 : begin + 2 + len(name)] = [styles[begin + 2] or styles[begin + 1]] * len(name)
