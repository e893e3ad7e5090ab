"""The summary of a recording: what `tracer summary` and `tracer simulate` print."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracer.analysis.explained import explained
from tracer.analysis.hops import HopFigures, hops, queued_by_request
from tracer.analysis.latency import SECOND, Latency, latencies, latency
from tracer.analysis.outcomes import outcomes
from tracer.analysis.queues import Queued, queued
from tracer.analysis.throughput import throughput
from tracer.analysis.window import window
from tracer.recording import Recording

SIMULATED = ("engine", "events", "wall_s", "seed")
"""Fields that a simulation adds, taken from the meta data where they stand there."""


@dataclass(frozen=True, slots=True)
class Summary:
    """All figures of one recording; the fields are those of the JSON output.

    `queued_s` is per request, over all its visits; `explained` the share of the client's waiting that
    the server's phases cover, None without a client. `lost_records` is what the source could not keep:
    the figures are of the rest.
    """

    requests: int
    duration_s: float
    throughput: float | None
    latency_s: Latency
    outcomes: dict[str, int]
    hops: tuple[HopFigures, ...]
    queued_s: Queued
    explained: float | None
    lost_records: int
    simulated: dict[str, Any]


def summarise(recording: Recording, chosen: NDArray[np.bool_] | None = None) -> Summary:
    """Measure a recording, or the requests `chosen` of it; lanes are held by whoever holds them."""
    span = window(recording, chosen)
    answered = latencies(recording, span.counted)
    duration = span.length / SECOND
    return Summary(
        requests=int(span.counted.sum()),
        duration_s=duration,
        throughput=throughput(len(answered), duration),
        latency_s=latency(answered),
        outcomes=outcomes(recording, span.counted),
        hops=hops(recording, span),
        queued_s=queued(queued_by_request(recording, span)),
        explained=explained(recording, chosen).share,
        lost_records=int(recording.meta.get("lost_records", 0)),
        simulated={name: recording.meta[name] for name in SIMULATED if name in recording.meta},
    )


def as_json(summary: Summary) -> dict[str, Any]:
    """Turn a summary into what the JSON output says; the fields of a simulation stand at the end."""
    fields = asdict(summary)
    simulated = fields.pop("simulated")
    return {**fields, **simulated}
