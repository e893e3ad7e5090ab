"""The plan: which rows and columns of the screen show what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tui.player.waterfall.look import Look

SMALLEST = (60, 16)


class Band(NamedTuple):
    """One stack: its name stands in the row above `first`."""

    side: int
    first: int
    rows: int


class Plan(NamedTuple):
    """Under the title the bands; at the foot load, marks, ruler, a sentence and the keys, a row each."""

    width: int
    height: int
    label: int  # columns of what rows are called
    cells: int
    bands: tuple[Band, ...]

    @property
    def load(self) -> tuple[int, int]:
        """The first row of how many requests are open, and how many rows it has: what the bands leave."""
        first = self.bands[-1].first + self.bands[-1].rows if self.bands else 1
        return first, self.marks - first

    @property
    def marks(self) -> int:
        """The row of marks."""
        return self.height - 4

    @property
    def ruler(self) -> int:
        """The row of the ruler."""
        return self.height - 3

    @property
    def said(self) -> int:
        """The row of the sentence, the keys below it."""
        return self.height - 2


def plan_of(look: Look, wanted: Sequence[int], width: int, height: int) -> Plan:
    """Share out a screen among the stacks that are shown; by lane one takes no more rows than it `wanted`."""
    label = 16 if width < 100 else 20 if width < 140 else 28
    stacks = len(wanted)
    chosen = {"both": range(stacks), "left": range(min(1, stacks)), "right": range(stacks - 1, stacks)}
    sides = list(chosen[look.show])
    room, first = height - 6, 1
    bands: list[Band] = []
    for n, side in enumerate(sides):
        share = (room - (first - 1)) // (len(sides) - n) - 1
        rows = min(share, wanted[side]) if look.by == "lane" else share
        bands.append(Band(side, first + 1, rows))
        first += rows + 1
    return Plan(width, height, label, width - label, tuple(bands))


def window_of(look: Look, end: int) -> tuple[int, int]:
    """Give the window of time that is shown, ns; it is never shorter than a microsecond."""
    start, stop = look.window or (0, end)
    return start, max(stop, start + 1000)


def first_shown(chosen: int, rows: int, all_of_them: int) -> int:
    """Give which of a list stands in the first row, so that the chosen one is on the screen."""
    return max(0, min(chosen - rows // 2, all_of_them - rows))
