"""Queueing: how long visits stood in line, and how many at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracer.analysis.intervals import most_at_once
from tracer.analysis.latency import SECOND, mean
from tracer.recording import UNKNOWN, Evidence, PhaseKind, Recording
from tracer.recording.nouns import I8

_BLIND_SOURCES = ("packets", "log")


@dataclass(frozen=True, slots=True)
class Queued:
    """Seconds over all visits, zeros included; None where the source cannot see queueing."""

    mean: float | None = None
    p99: float | None = None


def queued(ns: I8) -> Queued:
    """Describe the times in line of visits; those that are UNKNOWN stay out."""
    known = ns[ns != UNKNOWN]
    if not len(known):
        return Queued()
    return Queued(mean(known), float(np.percentile(known, 99)) / SECOND)


def queued_ns(recording: Recording, ends: I8) -> I8:
    """Give the time that each visit stood in line, by the phases' `ends`; UNKNOWN where none can see it.

    A phase whose end is UNKNOWN makes the sum of its visit UNKNOWN.
    """
    phases = recording.phases
    rows = np.flatnonzero((phases.kind == PhaseKind.QUEUED) & (phases.visit >= 0))
    visit, start, end = phases.visit[rows], phases.start[rows], ends[rows]
    total = np.zeros(len(recording.visits.start), np.int64)
    np.add.at(total, visit, end - start)
    total[visit[end == UNKNOWN]] = UNKNOWN
    total[~sees_queues(recording)] = UNKNOWN
    return total


def sees_queues(recording: Recording) -> NDArray[np.bool_]:
    """Say of each visit whether its source could see it stand in line.

    Packets and log lines cannot, unless they show a QUEUED phase (pipelining). A visit with inferred
    phases alone, or none, goes by the recording's own source.
    """
    phases = recording.phases
    blind = (phases.evidence == Evidence.PACKET) | (phases.evidence == Evidence.LOG)
    sees = np.full(len(recording.visits.start), recording.meta.get("source") not in _BLIND_SOURCES)
    if sees.all() and not blind.any():  # of millions of phases the rest would take a third of a second
        return sees
    sure = (phases.kind == PhaseKind.QUEUED) | np.isin(phases.evidence, (Evidence.SIMULATED, Evidence.HOOK))
    sees[phases.visit[blind & (phases.visit >= 0)]] = False
    sees[phases.visit[sure & (phases.visit >= 0)]] = True
    return sees


def queue_max(recording: Recording, ends: I8, chosen: NDArray[np.bool_]) -> int:
    """Give the largest number of phases QUEUED at once, of the `chosen` ones."""
    rows = np.flatnonzero(chosen & (recording.phases.kind == PhaseKind.QUEUED))
    return most_at_once(recording.phases.start[rows], ends[rows])
