"""Blame: while a visit is QUEUED, whoever holds what it waits for is the cause.

Delay is shared equally among the current holders; a holder that is itself QUEUED passes its share on; time
with no holder is wake-up. The client's lateness is nobody's, and left out.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracer.analysis.blame_causes import Causes, Waiters, delayed, follow
from tracer.analysis.blame_holds import distinct
from tracer.analysis.blame_queues import Queue, queues
from tracer.analysis.lanes import names
from tracer.analysis.latency import SECOND
from tracer.analysis.lookup import at
from tracer.analysis.window import Window, phase_ends, window
from tracer.recording import UNKNOWN, LaneKind, PhaseKind, Recording, Role
from tracer.recording.nouns import I8


@dataclass(frozen=True, slots=True)
class Culprit:
    """What held up others: phases alike in text, kind and lane. None is what the source did not see.

    `times` of them delayed somebody, `held_s` long in all, and cost `delay_s` of waiting, shared as the rule
    says. `requests` says how many requests they are of, `request` which one if it is one.
    """

    what: str | None
    kind: str
    hop: str | None
    lane: str | None
    lane_kind: str | None
    times: int
    held_s: float
    delayed_requests: int
    delay_s: float
    requests: int
    request: int | None


@dataclass(frozen=True, slots=True)
class Blame:
    """Where the waiting of a recording came from; culprits and queues by delay, the most first.

    `delay_s` is all time in line = what culprits cost + `wake_up_s` + `unknown_s` (for nothing known).
    """

    requests: int
    delayed_requests: int
    delay_s: float
    wake_up_s: float
    unknown_s: float
    culprits: tuple[Culprit, ...]
    queues: tuple[Queue, ...]


def blame(recording: Recording, chosen: NDArray[np.bool_] | None = None) -> Blame:
    """Find who delayed the requests that count (warm-up left out), or of these the `chosen` ones."""
    span = window(recording, chosen)
    ends = phase_ends(recording, span.horizon)
    every = _waiters(recording, span, ends)
    waiters = every.rows(every.lane >= 0)
    found = follow(recording, waiters, ends)
    group, firsts = _groups(recording, found.causes)
    hit = delayed(found.causes, found.passed, group, waiters)
    return Blame(
        requests=int(span.counted.sum()),
        delayed_requests=_count(every.request[every.request >= 0]),
        delay_s=int((every.end - every.start).sum()) / SECOND,
        wake_up_s=float(found.wake_up.sum()) / SECOND,
        unknown_s=int((every.end - every.start)[every.lane < 0].sum()) / SECOND,
        culprits=_culprits(recording, ends, found.causes, group, firsts, hit),
        queues=queues(recording, waiters, found, group, firsts),
    )


def as_json(told: Blame) -> dict[str, Any]:
    """Turn it into what the JSON output says, the culprits first."""
    fields = asdict(told)
    return {"culprits": fields.pop("culprits"), **fields}


def _waiters(recording: Recording, span: Window, ends: I8) -> Waiters:
    """Give who stood in line; that a load was late is no server's doing."""
    phases, visits = recording.phases, recording.visits
    rows = np.flatnonzero((phases.kind == PhaseKind.QUEUED) & (phases.visit >= 0) & (ends > phases.start))
    request = visits.request[phases.visit[rows]]
    served = recording.hops.role[visits.hop[phases.visit[rows]]] != Role.CLIENT
    rows = rows[served & at(span.counted, request, missing=False)]
    request = visits.request[phases.visit[rows]].astype(np.int64)
    lane = phases.waits_for[rows].astype(np.int64)
    return Waiters(rows, lane, phases.start[rows], ends[rows], request)


def _groups(recording: Recording, causes: Causes) -> tuple[I8, I8]:
    """Put causes of the same text, kind and lane together: the group of each, and a phase of each group."""
    phases = recording.phases
    alike = np.stack((phases.what[causes.phase], phases.kind[causes.phase], phases.lane[causes.phase]))
    _, first, group = np.unique(alike, axis=1, return_index=True, return_inverse=True)
    return group.reshape(-1), causes.phase[first]


def _culprits(
    recording: Recording, ends: I8, causes: Causes, group: I8, firsts: I8, hit: NDArray[np.int64]
) -> tuple[Culprit, ...]:
    count = len(firsts)
    delay = np.bincount(group, causes.delay, count)
    members, _ = distinct(group, causes.phase)
    times = np.bincount(members[0], minlength=count)
    held = np.bincount(members[0], (ends - recording.phases.start)[members[1]], count)
    victims = np.bincount(hit[0], minlength=count)
    holders = _holders(recording, members)
    of, which = np.bincount(holders[0], minlength=count), dict(holders.T.tolist())
    told = names(recording)
    return tuple(
        Culprit(
            **place(recording, told, int(firsts[number])),
            times=int(times[number]),
            held_s=float(held[number]) / SECOND,
            delayed_requests=int(victims[number]),
            delay_s=float(delay[number]) / SECOND,
            requests=int(of[number]),
            request=which[number] if of[number] == 1 else None,
        )
        for number in np.argsort(-delay, kind="stable").tolist()
    )


def _holders(recording: Recording, members: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give pairs of a group and a request that its phases are of."""
    request = at(recording.visits.request, recording.phases.visit[members[1]], UNKNOWN)
    known = request >= 0
    return distinct(members[0][known], request[known])[0]


def place(recording: Recording, told: list[str | None], phase: int) -> dict[str, Any]:
    """Say what a phase is and where: what, kind, hop, lane, lane_kind."""
    phases, lanes = recording.phases, recording.lanes
    lane, what = int(phases.lane[phase]), int(phases.what[phase])
    return {
        "what": recording.text(what) if what >= 0 else None,
        "kind": PhaseKind(int(phases.kind[phase])).name,
        "hop": recording.text(recording.hops.name[lanes.hop[lane]]) if lane >= 0 else None,
        "lane": told[lane] if lane >= 0 else None,
        "lane_kind": LaneKind(int(lanes.kind[lane])).name.lower() if lane >= 0 else None,
    }


def _count(numbers: I8) -> int:
    return len(np.unique(numbers))
