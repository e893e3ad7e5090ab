"""What is measured of a run, by the same arithmetic whether it was real or simulated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tracer.analysis.latency import SECOND, latency
from tracer.analysis.summary import Summary, summarise
from tracer.recording import Outcome as Ending
from tracer.recording import Recording
from tracer.recording.nouns import I8


@dataclass(frozen=True, slots=True)
class Measured:
    """One run and what came of it. `recording` is None of a run that was driven without the agent.

    `latencies` are of answered requests (ns), `targets` what each asked for; `duration` (s) is from the
    first due time to the last end, `cpu` (s) the server's CPU time for a request, where it is known.
    """

    run: str
    real: bool
    latencies: I8
    targets: tuple[str, ...]
    requests: int
    duration: float
    cpu: float | None
    recording: Recording | None

    @property
    def summary(self) -> Summary | None:
        """The figures of the recording."""
        return summarise(self.recording) if self.recording is not None else None


def of_recording(run: str, recording: Recording, *, real: bool) -> Measured:
    """Measure a recording; of a simulated one the CPU time is what its phases computed."""
    requests = recording.requests
    answered = np.flatnonzero((requests.end >= 0) & np.isin(requests.outcome, (Ending.OK, Ending.ERROR)))
    latencies = requests.end[answered] - requests.start[answered]
    targets = tuple(recording.text(target) for target in requests.target[answered].tolist())
    known = requests.end[requests.end >= 0]
    duration = float(known.max() - requests.start.min()) / SECOND if len(known) else 0.0
    computed = sum(hop.phases_s["RUNNING"] for hop in summarise(recording).hops)
    cpu = None if real else computed / max(len(requests.start), 1)
    return Measured(run, real, latencies, targets, len(requests.start), duration, cpu, recording)


def value(measured: Measured, measure: str, path: str | None = None) -> float | None:
    """Give a measure of a run, in its unit; None if it cannot be said."""
    if measure == "cpu":
        return measured.cpu
    if measure == "queued":
        summary = measured.summary
        return summary.queued_s.mean if summary else None
    chosen = measured.latencies
    if path is not None:
        chosen = chosen[[target == path for target in measured.targets]]
    if measure == "throughput":
        return len(chosen) / measured.duration if measured.duration else None
    described = latency(np.sort(chosen))
    return getattr(described, measure)  # type: ignore[no-any-return]
