"""Latency: of answered requests, from when they were due to their last byte."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracer.analysis.outcomes import answered
from tracer.recording import Recording
from tracer.recording.nouns import I8

SECOND = 10**9


@dataclass(frozen=True, slots=True)
class Latency:
    """Seconds; None where nothing was answered.

    Percentiles are linear between the two nearest ranks (numpy's default, definition 7 of Hyndman and
    Fan), so p50 of an even number of values is the mean of the middle two.
    """

    mean: float | None = None
    p50: float | None = None
    p90: float | None = None
    p95: float | None = None
    p99: float | None = None
    max: float | None = None


def latencies(recording: Recording, counted: NDArray[np.bool_]) -> I8:
    """Give the latency of each answered request that counts, in order of due time; ns."""
    requests = recording.requests
    chosen = answered(recording) & counted
    return requests.end[chosen] - requests.start[chosen]


def latency(ns: I8) -> Latency:
    """Describe latencies."""
    if not len(ns):
        return Latency()
    p50, p90, p95, p99 = (np.percentile(ns, [50, 90, 95, 99]) / SECOND).tolist()
    return Latency(mean(ns), p50, p90, p95, p99, int(ns.max()) / SECOND)


def mean(ns: I8) -> float:
    """Give the mean in seconds: of integers, so that every machine gets the same."""
    return int(ns.sum()) / (len(ns) * SECOND)
