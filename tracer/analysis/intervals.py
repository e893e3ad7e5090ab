"""Sets of half-open intervals, each interval with a key: their lengths, unions and intersections.

All of it is one sweep over the sorted ends: a point is in a set where more intervals of its key have
begun than ended. It never loops over keys, of which a recording may have a million.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tracer.recording.nouns import I8


class Intervals(NamedTuple):
    """`key[i]` has [start[i], end[i]); int64, shape (n,) each. They may overlap."""

    key: I8
    start: I8
    end: I8

    @classmethod
    def of(cls, key: NDArray[np.integer], start: I8, end: I8) -> Intervals:
        """Keep those that have a length."""
        some = end > start
        return cls(key[some].astype(np.int64), start[some], end[some])

    def clipped(self, start: int, end: int) -> Intervals:
        """Keep what lies within [start, end)."""
        return Intervals.of(self.key, np.maximum(self.start, start), np.minimum(self.end, end))

    def lengths(self, keys: int) -> I8:
        """Sum the lengths by key, overlaps counted as often as they occur; shape (keys,)."""
        total = np.zeros(keys, np.int64)
        np.add.at(total, self.key, self.end - self.start)
        return total


def joined(*sets: Intervals) -> Intervals:
    """Put sets together as they are."""
    return Intervals(*(np.concatenate(columns) for columns in zip(*sets, strict=True)))


def union(intervals: Intervals) -> Intervals:
    """Cover the same points by pieces that do not overlap."""
    return _common(intervals)


def intersection(left: Intervals, right: Intervals) -> Intervals:
    """Cover the points that are in both, key by key, by pieces that do not overlap."""
    return _common(left, right)


def _common(*sets: Intervals) -> Intervals:
    key = np.concatenate([part for s in sets for part in (s.key, s.key)])
    time = np.concatenate([part for s in sets for part in (s.start, s.end)])
    order = np.lexsort((time, key))
    inside = np.ones(len(key), bool)
    offset = 0
    for s in sets:
        inside &= _depth(len(s.key), offset, order) > 0
        offset += 2 * len(s.key)
    # A set is left by the end of each key, so the next event of a piece is of the same key.
    first = np.flatnonzero(inside)
    return Intervals.of(key[order[first]], time[order[first]], time[order[first + 1]])


def _depth(count: int, offset: int, order: NDArray[np.intp]) -> I8:
    """Count, after each event in order, how many of a set's intervals are open."""
    step = np.zeros(len(order), np.int64)
    step[offset : offset + count] = 1
    step[offset + count : offset + 2 * count] = -1
    return np.cumsum(step[order])


def most_at_once(start: I8, end: I8) -> int:
    """Give the largest number of intervals that overlap; one that ends as another starts does not."""
    some = end > start
    count = int(np.count_nonzero(some))
    if not count:
        return 0
    time = np.concatenate([end[some], start[some]])
    step = np.repeat(np.array([-1, 1]), count)
    # A stable sort keeps the ends, which stand first, before the starts of the same instant.
    return int(np.cumsum(step[np.argsort(time, kind="stable")]).max())
