"""Density: the cover of a long recording in many small bins, so that wide windows need not look at phases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tui.player.waterfall.cover import SORTS, Ints, cover, edges_of
from tui.player.waterfall.places import Places, within

DIRECT = 60_000
"""Phases that a frame may look at; of more, a window is drawn from the density."""

ENTRIES = 2_000_000
"""Of the table of sums: 16 MB."""

PORTION = 500_000
"""Phases counted at a time."""


@dataclass(frozen=True, eq=False, repr=False)
class Density:
    """Times added up from 0 on: `sums` has shape (rows, SORTS, bins + 1), `edges` (bins + 1,), ns."""

    edges: Ints
    sums: Ints

    @property
    def bin(self) -> int:
        """How long a bin is, ns."""
        return int(self.edges[1] - self.edges[0])

    def cover(self, window: tuple[int, int], cells: int) -> tuple[Ints, Ints]:
        """Give the cover of the cells of a window, each moved to the nearest bins, and how long each is."""
        near = np.searchsorted(self.edges, edges_of(window, cells) - self.bin // 2)
        near = np.minimum(near, len(self.edges) - 1)
        return np.diff(self.sums[:, :, near], axis=2), np.maximum(np.diff(self.edges[near]), 1)


def count(places: Places, kept: NDArray[np.bool_] | None) -> Iterator[float | Density]:
    """Count all phases; gives how much is done, 0 to 1, now and then, and last the density."""
    rows, stack = len(places.rows), places.stack
    bins = max(256, min(ENTRIES // (max(rows, 1) * SORTS), 1 << 16, stack.end))
    edges = edges_of((0, max(stack.end, bins)), bins)
    sums = np.zeros((rows, SORTS, bins + 1), np.int64)
    total = len(stack.recording.phases.start)
    for first in range(0, total, PORTION):
        spans = places.spans(slice(first, min(first + PORTION, total)), kept)
        sums[:, :, 1:] += cover(spans, edges, rows)
        yield min(1.0, (first + PORTION) / total)
    np.cumsum(sums, axis=2, out=sums)
    yield Density(edges, sums)


def few(places: Places, window: tuple[int, int]) -> bool:
    """Whether a window has so few phases that a frame may look at each."""
    begun, starting = within(places.stack, window)
    return bool(len(begun) + starting.stop - starting.start <= DIRECT)
