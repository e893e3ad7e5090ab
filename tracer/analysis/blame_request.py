"""Blame of one request: for whom it waited, and who waited for it; only its own time is looked at."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tracer.analysis.blame import place
from tracer.analysis.blame_causes import Causes, Waiters, delayed, follow
from tracer.analysis.lanes import names
from tracer.analysis.lookup import at
from tracer.analysis.window import horizon, phase_ends
from tracer.recording import UNKNOWN, PhaseKind, Recording, Role
from tracer.recording.nouns import I8, Phases, columns


@dataclass(frozen=True, slots=True)
class Cause:
    """What held the lane: of which request (None: nobody's), what and where; `delay` is its share, ns."""

    request: int | None
    what: str | None
    kind: str
    lane: str | None
    delay: int


@dataclass(frozen=True, slots=True)
class RequestBlame:
    """`queued` is all its time in line, ns: what `causes` cost and `unknown`, for which nobody is to blame.

    `behind` are the requests that waited while it held what they waited for, by number; `cost` is what that
    cost them in all, by the same sharing, ns.
    """

    queued: int
    causes: tuple[Cause, ...]
    unknown: int
    behind: tuple[int, ...]
    cost: int


def blame_request(recording: Recording, request: int) -> RequestBlame:
    """Find who held up a request, and whom it held up."""
    near = _near(recording, request)
    ends = phase_ends(near, horizon(near))
    every = _waiters(near, ends)
    mine = every.rows(every.request == request)
    queued = int((mine.end - mine.start).sum())
    causes = _causes(near, follow(near, mine.rows(mine.lane >= 0), ends).causes)
    others = every.rows((every.request != request) & (every.lane >= 0))
    behind, cost = _behind(near, others, ends, request)
    return RequestBlame(queued, causes, queued - sum(cause.delay for cause in causes), behind, cost)


def _near(recording: Recording, request: int) -> Recording:
    """Keep the phases that went on while the request's visits did, and lasted."""
    visits, phases = recording.visits, recording.phases
    mine = np.flatnonzero(visits.request == request)
    if not len(mine):
        chosen = np.zeros(0, np.intp)
    else:
        start, ends = int(visits.start[mine].min()), visits.end[mine]
        end = int(ends.max()) if (ends != UNKNOWN).all() else np.iinfo(np.int64).max
        chosen = np.flatnonzero((phases.start <= end) & ((phases.end >= start) | (phases.end == UNKNOWN)))
    kept = Phases(**{name: getattr(phases, name)[chosen] for name in columns(Phases)})
    return replace(recording, phases=kept)


def _waiters(recording: Recording, ends: I8) -> Waiters:
    """Give who stood in line; that the load was late is nobody's doing."""
    phases, visits = recording.phases, recording.visits
    rows = np.flatnonzero((phases.kind == PhaseKind.QUEUED) & (phases.visit >= 0) & (ends > phases.start))
    rows = rows[recording.hops.role[visits.hop[phases.visit[rows]]] != Role.CLIENT]
    request = visits.request[phases.visit[rows]].astype(np.int64)
    return Waiters(rows, phases.waits_for[rows].astype(np.int64), phases.start[rows], ends[rows], request)


def _request_of(recording: Recording, causes: Causes) -> NDArray[np.int32]:
    return at(recording.visits.request, recording.phases.visit[causes.phase], UNKNOWN)


def _causes(recording: Recording, causes: Causes) -> tuple[Cause, ...]:
    """Add up what holds of the same request and line cost, the most first."""
    told = names(recording)
    sums: dict[Cause, float] = {}
    whose = _request_of(recording, causes).tolist()
    for request, phase, delay in zip(whose, causes.phase.tolist(), causes.delay.tolist(), strict=True):
        where = place(recording, told, phase)
        known = request if request >= 0 else None
        cause = Cause(known, where["what"], where["kind"], where["lane"], 0)
        sums[cause] = sums.get(cause, 0.0) + delay
    ordered = sorted(sums.items(), key=lambda one: -one[1])
    return tuple(replace(cause, delay=round(delay)) for cause, delay in ordered)


def _behind(recording: Recording, others: Waiters, ends: I8, request: int) -> tuple[tuple[int, ...], int]:
    """Say who waited while this request's phases held, and what they cost."""
    found = follow(recording, others, ends)
    mine = found.causes.rows(_request_of(recording, found.causes) == request)
    if not len(mine.phase):
        return (), 0
    pairs = delayed(mine, found.passed, np.zeros(len(mine.phase), np.int64), others)
    return tuple(sorted(set(pairs[1].tolist()))), round(float(mine.delay.sum()))
