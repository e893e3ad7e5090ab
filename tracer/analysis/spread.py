"""The spread of latencies: a sorted column, and what a histogram and a percentile curve ask of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracer.recording.nouns import I8

F8 = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """Latencies in ns, ascending; shape (n,). Every question is a binary search."""

    ns: I8

    @classmethod
    def of(cls, ns: I8) -> Spread:
        """Sort latencies; short ones as 32 bits, in half the time."""
        short = len(ns) > 0 and int(ns.max()) < 1 << 32
        return cls(np.sort(ns.astype(np.uint32)).astype(np.int64) if short else np.sort(ns))

    def __len__(self) -> int:
        return len(self.ns)

    def percentile(self, percent: float) -> float | None:
        """Give one, ns, linear between ranks as `tracer.analysis.latency` does; None of nothing."""
        return float(self.curve(np.array([percent]))[0]) if len(self.ns) else None

    def curve(self, percents: F8) -> F8:
        """Give the percentiles, ns; shape as asked. There must be a latency."""
        place = percents / 100 * (len(self.ns) - 1)
        low = np.floor(place).astype(np.int64)
        high = np.minimum(low + 1, len(self.ns) - 1)
        share = place - low
        return np.asarray(self.ns[low] * (1 - share) + self.ns[high] * share)

    def counts(self, edges: F8) -> I8:
        """Count those in each [edges[i], edges[i+1]); the last bin has its upper edge too."""
        places = np.searchsorted(self.ns, edges, "left")
        places[-1] = np.searchsorted(self.ns, edges[-1], "right")
        return np.diff(places)


def log_edges(low: float, high: float, bins: int) -> F8:
    """Give `bins` + 1 edges from `low` to `high` (ns, above 0), each the same ratio from the next."""
    low = max(low, 1.0)
    return np.geomspace(low, max(high, low * 1.01), bins + 1)
