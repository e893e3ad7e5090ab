"""Invariant 3: on a lane of capacity c at most c holders overlap, all within the lane's life.

A phase with holds = 1 holds its lane and all the lane's ancestors, a lock only while RUNNING: so one worker
that is held counts once on its thread, once on its pool and once on its process. A visit holds its
connection from the end of its QUEUED for it to `answered`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tracer.recording.check.violation import Violation, found, where
from tracer.recording.check.wording import wording
from tracer.recording.clock import Slack
from tracer.recording.nouns import LaneKind, PhaseKind

if TYPE_CHECKING:
    from tracer.recording.recording import Recording

FOREVER = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Holds:
    """Intervals in which lanes are held, in order of start; `row` is of the table `noun`."""

    noun: str
    row: NDArray[Any]
    lane: NDArray[Any]
    hop: NDArray[Any]  # whose clock start and end are of; -1 the lane's own
    start: NDArray[Any]
    end: NDArray[Any]  # -1: open

    def only(self, mask: NDArray[Any]) -> Holds:
        """Keep some of them."""
        return Holds(
            self.noun, self.row[mask], self.lane[mask], self.hop[mask], self.start[mask], self.end[mask]
        )


def holding(r: Recording) -> list[Violation]:
    """Find lanes that hold more than they can, holders of lanes that are not there, and waits for none."""
    told = wording(r)
    for group in (list(holds_of_phases(r)), [holds_of_connections(r)]):
        for holds in group:
            told += _life(r, holds)
        told += _capacity(r, group)
    return told


def holds_of_phases(r: Recording) -> Iterator[Holds]:
    """Give who holds which lane, a step up the lanes' family at a time: the lane, its parent, and so on."""
    p = r.phases
    row = where((p.holds == 1) & (p.lane >= 0))
    hop = np.where(p.visit[row] >= 0, r.visits.hop[p.visit[row]], -1) if len(r.visits.hop) else p.visit[row]
    lane, start, end = p.lane[row], p.start[row], p.end[row]
    while len(row):
        end = _until(r, lane, end)  # a worker that was killed lets go of its pool as well
        lock = r.lanes.kind[lane] == LaneKind.LOCK
        holds = Holds("phases", row, lane, hop, start, end)
        yield holds.only(~lock | (p.kind[row] == PhaseKind.RUNNING))
        up = where(r.lanes.parent[lane] >= 0)
        row, lane, hop, start, end = row[up], r.lanes.parent[lane[up]], hop[up], start[up], end[up]


def holds_of_connections(r: Recording) -> Holds:
    """Give which visit holds which connection; a visit on its parent's own connection adds no holder."""
    v = r.visits
    shared = (v.parent >= 0) & (v.connection[v.parent] == v.connection)
    row = where((v.connection >= 0) & ~shared)
    start = _since(r)[row]
    order = np.argsort(start, kind="stable")
    row, start = row[order], start[order]
    end = _until(r, v.connection[row], np.where(v.answered[row] >= 0, v.answered[row], v.end[row]))
    held = Holds("visits", row, v.connection[row], v.hop[row], start, end)
    return held.only(start < FOREVER)


def _since(r: Recording) -> NDArray[np.int64]:
    """From when a visit holds its connection; one that still waits for it holds it never."""
    p, v = r.phases, r.visits
    since = v.start.astype(np.int64)
    waits = where((p.kind == PhaseKind.QUEUED) & (p.visit >= 0) & (p.waits_for >= 0))
    waits = waits[p.waits_for[waits] == v.connection[p.visit[waits]]]
    since[p.visit[waits]] = np.where(p.end[waits] < 0, FOREVER, p.end[waits])
    return since


def _life(r: Recording, holds: Holds) -> list[Violation]:
    lanes, lane = r.lanes, holds.lane
    hop = np.where(holds.hop >= 0, holds.hop, lanes.hop[lane])
    slack = Slack(r).between(hop, lanes.hop[lane])
    latest = np.maximum(holds.start, holds.end)  # of an open one its start
    early = where(holds.start < lanes.start[lane] - slack)
    late = where((lanes.end[lane] >= 0) & (latest - slack > lanes.end[lane]))

    def says(when: str, at: int) -> str:
        return f"{holds.noun[:-1]} {holds.row[at]} holds lane {lane[at]} {when}"

    return [
        *found(3, holds.noun, holds.row[early], partial(says, "before the lane's start"), early),
        *found(3, holds.noun, holds.row[late], partial(says, "after the lane's end"), late),
    ]


def _capacity(r: Recording, group: list[Holds]) -> list[Violation]:
    """Sort the starts and the ends of a lane: more than c overlap where start i + c is before end i."""
    if not group:
        return []
    lane, start, end = (
        np.concatenate([getattr(h, column) for h in group]) for column in ("lane", "start", "end")
    )
    end = np.where(end >= 0, end, FOREVER)
    limited = where((r.lanes.capacity[lane] > 0) & (end > start))
    lane, start, end = lane[limited], start[limited], end[limited]
    by_start, by_end = np.lexsort((start, lane)), np.lexsort((end, lane))
    lane, start, end = lane[by_start], start[by_start], end[by_end]
    ahead = np.arange(len(lane)) + r.lanes.capacity[lane]
    inside = where(ahead < len(lane))
    inside = inside[lane[ahead[inside]] == lane[inside]]
    over = inside[start[ahead[inside]] < end[inside]]
    lanes, first = np.unique(lane[over], return_index=True)
    times = start[ahead[over[first]]]
    return found(
        3,
        "lanes",
        lanes,
        lambda at: _too_many(r, int(lanes[at]), int(times[at]), group),
        np.arange(len(lanes)),
    )


def _until(r: Recording, lane: NDArray[Any], end: NDArray[Any]) -> NDArray[Any]:
    """Give the ends of holds: of an open one the end of its lane, which is -1 if that goes on."""
    return np.where(end >= 0, end, r.lanes.end[lane])


def _too_many(r: Recording, lane: int, time: int, group: list[Holds]) -> str:
    rows = np.concatenate([
        h.row[(h.lane == lane) & (h.start <= time) & ((h.end < 0) | (h.end > time))] for h in group
    ])  # fmt: skip
    who = ", ".join(str(row) for row in np.sort(rows)[:6]) + (", …" if len(rows) > 6 else "")
    name, capacity = r.text(r.lanes.label[lane]), r.lanes.capacity[lane]
    held = f"is held {len(rows)} times at {time}, by {group[0].noun} {who}"
    return f"lane {lane} ({name}) of capacity {capacity} {held}"
