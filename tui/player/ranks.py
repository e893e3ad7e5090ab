"""Ranks: percentiles of the first n of very many latencies, from histograms kept every 4,096."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

EVERY = 4096
EXACT = 4 * EVERY
"""Up to so many, sorting them anew is quick enough, and exact."""

STEP = np.log(1.01)
BUCKETS = 2600  # 1.01 ** 2600 ns is over 40 hours


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Ranks:
    """Latencies in order of answer, their buckets (1 % wide), and the counts of all before each 4,096th."""

    buckets: NDArray[np.int16]  # shape (n,)
    counts: NDArray[np.int32]  # shape (n // EVERY + 1, BUCKETS), cumulative over time
    tops: NDArray[np.int64]  # the largest latency so far, shape (n,)

    @classmethod
    def of(cls, latencies: NDArray[np.int64]) -> Ranks:
        """Sort latencies (ns, in order of answer) into buckets."""
        buckets = np.clip(np.log(np.maximum(latencies, 1)) / STEP, 0, BUCKETS - 1).astype(np.int16)
        counts = np.zeros((len(buckets) // EVERY + 1, BUCKETS), np.int32)
        for n in range(1, len(counts)):
            part = buckets[(n - 1) * EVERY : n * EVERY]
            counts[n] = counts[n - 1] + np.bincount(part, minlength=BUCKETS)
        return cls(buckets, counts, np.maximum.accumulate(latencies))

    def at(self, done: int, rank: int) -> int:
        """Give the latency of a rank (from 0) among the first `done`, within 1 %; the last one exactly."""
        if rank >= done - 1:
            return int(self.tops[done - 1])
        known = done // EVERY
        counts = self.counts[known] + np.bincount(self.buckets[known * EVERY : done], minlength=BUCKETS)
        bucket = int(np.searchsorted(np.cumsum(counts), rank, "right"))
        return round(float(np.exp((bucket + 0.5) * STEP)))
