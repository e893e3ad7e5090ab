"""Blocks: which intervals of a table, sorted by start, hold a time, without looking at all of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SIZE = 4096
Times = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Blocks:
    """Intervals in blocks of `SIZE`. Ends are seen as unsigned, so that -1 (open) is the greatest."""

    starts: Times
    ends: NDArray[np.uint64]
    tops: NDArray[np.uint64]  # the greatest end of each block

    @classmethod
    def of(cls, starts: Times, ends: Times) -> Blocks:
        """Take starts, sorted, and ends; neither is copied."""
        unsigned = ends.view(np.uint64)
        tops = np.maximum.reduceat(unsigned, np.arange(0, len(ends), SIZE)) if len(ends) else unsigned
        return cls(starts, unsigned, tops)

    def alive(self, time: int) -> NDArray[np.intp]:
        """List the intervals [start, end) that hold `time`, in order of start."""
        last = int(np.searchsorted(self.starts, time, "right"))
        near = np.flatnonzero(self.tops[: -(-last // SIZE)] > time)
        parts = [self._in(int(block), last, time) for block in near]
        return np.concatenate(parts) if parts else np.empty(0, np.intp)

    def _in(self, block: int, last: int, time: int) -> NDArray[np.intp]:
        first = block * SIZE
        return np.flatnonzero(self.ends[first : min(first + SIZE, last)] > time) + first
