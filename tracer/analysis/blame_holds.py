"""Who holds what: the intervals in which phases hold the lanes that others wait for.

A phase with holds = 1 holds its lane and all the lane's ancestors, a lock only while RUNNING. A connection is
held by a visit: what that visit does meanwhile, and what those do that it calls, holds it in its place.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tracer.analysis.lookup import at
from tracer.recording import UNKNOWN, LaneKind, PhaseKind, Recording
from tracer.recording.check.holding import holds_of_connections
from tracer.recording.nouns import I8

_DEEPEST = 64  # lanes stand four or five deep; a ring of parents, which check() refuses, must still end


class Holds(NamedTuple):
    """Phase `phase[i]` holds lane `lane[i]` in [start[i], end[i]); int64, shape (n,) each."""

    lane: I8
    phase: I8
    start: I8
    end: I8

    def rows(self, chosen: NDArray[np.bool_] | NDArray[np.intp]) -> Holds:
        """Keep some of them, in the order chosen."""
        return Holds(*(column[chosen] for column in self))


def holds(recording: Recording, ends: I8) -> Holds:
    """Give who holds the lanes that anybody waits for; `ends` are those of the phases."""
    phases = recording.phases
    wanted = np.zeros(len(recording.lanes.kind), bool)
    queued = (phases.kind == PhaseKind.QUEUED) & (phases.waits_for >= 0)
    wanted[phases.waits_for[queued]] = True
    parts = [*_climbing(recording, ends, wanted), *_connections(recording, ends, wanted)]
    if not parts:
        return Holds(*(np.empty(0, np.int64) for _ in Holds._fields))
    found = Holds(*(np.concatenate(columns).astype(np.int64) for columns in zip(*parts, strict=True)))
    return found.rows(found.end > found.start)


def _climbing(recording: Recording, ends: I8, wanted: NDArray[np.bool_]) -> Iterator[Holds]:
    """Give the holds of phases, a step up the lanes' family at a time."""
    phases, lanes = recording.phases, recording.lanes
    rows = np.flatnonzero((phases.holds == 1) & (phases.lane >= 0))
    lane, start, end = phases.lane[rows], phases.start[rows], ends[rows]
    for _ in range(_DEEPEST):
        if not len(rows):
            return
        end = np.where(lanes.end[lane] >= 0, np.minimum(end, lanes.end[lane]), end)
        free = (lanes.kind[lane] == LaneKind.LOCK) & (phases.kind[rows] != PhaseKind.RUNNING)
        here = wanted[lane] & ~free
        yield Holds(lane[here], rows[here], start[here], end[here])
        up = np.flatnonzero(lanes.parent[lane] >= 0)
        rows, lane, start, end = rows[up], lanes.parent[lane[up]], start[up], end[up]


def _connections(recording: Recording, ends: I8, wanted: NDArray[np.bool_]) -> Iterator[Holds]:
    """Give the phases of the visits that hold connections which others wait for."""
    if not (wanted & (recording.lanes.kind == LaneKind.CONNECTION)).any():
        return
    held = holds_of_connections(recording)
    chosen = np.flatnonzero(wanted[held.lane])
    until = np.where(held.end[chosen] >= 0, held.end[chosen], ends.max())
    doing = Holds(held.lane[chosen], held.row[chosen], held.start[chosen], until)  # `phase`: the visit
    for _ in range(_DEEPEST):
        if not len(doing.lane):
            return
        inside = _joined(doing, recording.phases.visit, recording.phases.start, ends)
        calling = recording.phases.kind[inside.phase] == PhaseKind.CALLING
        yield inside.rows(~calling)
        caller = inside.rows(calling)._replace(phase=recording.phases.visit[inside.phase[calling]])
        visits = recording.visits
        until = np.where(visits.end >= 0, visits.end, ends.max())
        doing = _joined(caller, visits.parent, visits.start, until)


def _joined(holding: Holds, owner: NDArray[np.integer], start: I8, end: I8) -> Holds:
    """Put in each hold's place the rows that it owns (`owner[row]` is its `phase`), cut to its time."""
    order = np.argsort(owner, kind="stable")
    first, after = (np.searchsorted(owner[order], holding.phase, side) for side in ("left", "right"))
    rows, each = repeated(first, after - first)
    child = order[rows]
    begin, until = np.maximum(holding.start[each], start[child]), np.minimum(holding.end[each], end[child])
    found = Holds(holding.lane[each], child, begin, until)
    return found.rows(found.end > found.start)


def repeated(first: NDArray[np.integer], count: NDArray[np.integer]) -> tuple[I8, I8]:
    """Give first[i], first[i] + 1, … (`count[i]` of them) for each i in turn, and which i each is of."""
    each = np.repeat(np.arange(len(count)), count)
    before = np.cumsum(count) - count
    return first[each] + np.arange(len(each)) - before[each], each


def distinct(left: NDArray[np.integer], right: NDArray[np.integer]) -> tuple[I8, I8]:
    """Give the different pairs of two columns of numbers >= 0, shape (2, n), sorted, and which each row is.

    `numpy.unique` of pairs takes four times as long.
    """
    size = int(right.max(initial=0)) + 1
    code, which = np.unique(left.astype(np.int64) * size + right, return_inverse=True)
    return np.stack(np.divmod(code, size)), which.reshape(-1)


def waited_for(recording: Recording, phases: NDArray[np.integer]) -> NDArray[np.int32]:
    """Give the lane that each phase is QUEUED for; -1 if it is not, or for none that is known."""
    queued = at(recording.phases.kind, phases, UNKNOWN) == PhaseKind.QUEUED
    return np.where(queued, at(recording.phases.waits_for, phases, UNKNOWN), np.int32(UNKNOWN))
