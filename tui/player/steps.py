"""Intervals counted: how many of a set are going on at a time, and at most in a span of time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Times = NDArray[np.int64]
FOREVER = np.iinfo(np.int64).max


@dataclass(frozen=True, eq=False, repr=False)
class Steps:
    """Intervals [start, end): their starts sorted, their ends sorted, shape (n,) each, ns."""

    starts: Times
    ends: Times

    @classmethod
    def of(cls, starts: Times, ends: Times) -> Steps:
        """Sort both; an end of FOREVER is still open. What lasts no time is never going on."""
        return cls(np.sort(starts), np.sort(ends))

    def at(self, time: int) -> int:
        """Count the intervals that hold `time`."""
        return int(np.searchsorted(self.starts, time, "right") - np.searchsorted(self.ends, time, "right"))

    @cached_property
    def _edges(self) -> tuple[Times, Times]:
        """Times of change, sorted, and the count from each on (starts after ends of the same time)."""
        ends = self.ends[: np.searchsorted(self.ends, FOREVER)]
        times = np.concatenate((ends, self.starts))
        change = np.concatenate((np.full(len(ends), -1), np.ones(len(self.starts), np.int64)))
        order = np.argsort(times, kind="stable")
        return times[order], np.cumsum(change[order])

    @cached_property
    def most(self) -> int:
        """The largest count ever."""
        return int(self._edges[1].max(initial=0))

    @cached_property
    def peak(self) -> int:
        """When the largest count is reached first; -1 if there are no intervals."""
        times, counts = self._edges
        return int(times[int(counts.argmax())]) if len(counts) else -1

    def values(self, times: Times) -> Times:
        """Count at each of many times."""
        return np.searchsorted(self.starts, times, "right") - np.searchsorted(self.ends, times, "right")

    def maxima(self, bounds: Times) -> Times:
        """Give the largest count within each [bounds[i], bounds[i+1]), shape (len(bounds) - 1,)."""
        times, counts = self._edges
        found = self.values(bounds[:-1])
        places = np.searchsorted(times, bounds)
        for i in np.flatnonzero(places[1:] > places[:-1]):
            found[i] = max(found[i], counts[places[i] : places[i + 1]].max())
        return found

    @cached_property
    def _area(self) -> NDArray[np.float64]:
        """The area under the count from the first change up to each change, ns."""
        edges, counts = self._edges
        return np.concatenate(([0.0], np.cumsum(np.diff(edges) * counts[:-1].astype(np.float64))))

    def integral(self, times: Times) -> NDArray[np.float64]:
        """Give the area under the count from the first change up to each time, in ns."""
        edges, counts = self._edges
        if not len(edges):
            return np.zeros(len(times))
        beyond = np.maximum(times - edges[-1], 0) * float(counts[-1])
        return np.asarray(np.interp(times, edges, self._area) + beyond)
