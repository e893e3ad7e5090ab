"""The queues that requests stood in: pools that ran full, workers that all waited, loops that were held."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracer.analysis.blame_causes import Followed, Waiters
from tracer.analysis.intervals import most_at_once
from tracer.analysis.lanes import names
from tracer.analysis.latency import SECOND
from tracer.recording import LaneKind, PhaseKind, Recording
from tracer.recording.nouns import I8

CONNECTIONS = "connections"


@dataclass(frozen=True, slots=True)
class Queue:
    """What was waited for; a hop's connections are told as one.

    `full_delay_s` is the part of the delay while all of its `capacity` was held (None: unlimited, or many
    lanes), `mostly` the text and kind of what cost most of it, with its share.
    """

    hop: str
    lane: str
    kind: str
    capacity: int | None
    delayed_requests: int
    delay_s: float
    wake_up_s: float
    full_delay_s: float | None
    most_in_line: int
    mostly_what: str | None
    mostly_kind: str | None
    mostly_share: float | None


def queues(
    recording: Recording, waiters: Waiters, found: Followed, group: I8, firsts: I8
) -> tuple[Queue, ...]:
    """Describe each queue that somebody stood in, the one with the most delay first."""
    told = names(recording)
    where = _places(recording)
    standing = where[waiters.lane]
    made = [
        _queue(recording, told, int(place), waiters.rows(standing == place), found, (where, group, firsts))
        for place in np.unique(standing)
    ]
    return tuple(sorted(made, key=lambda queue: -queue.delay_s))


def _places(recording: Recording) -> NDArray[np.int64]:
    """Give the lane that tells each lane's queue: itself, for connections the first of their hop."""
    lanes = recording.lanes
    place = np.arange(len(lanes.kind))
    wires = np.flatnonzero(lanes.kind == LaneKind.CONNECTION)
    _, first, which = np.unique(lanes.hop[wires], return_index=True, return_inverse=True)
    place[wires] = wires[first[which.reshape(-1)]]
    return place


def _queue(
    recording: Recording,
    told: list[str | None],
    place: int,
    standing: Waiters,
    found: Followed,
    grouped: tuple[NDArray[np.int64], I8, I8],
) -> Queue:
    lanes = recording.lanes
    wires = lanes.kind[place] == LaneKind.CONNECTION
    capacity = int(lanes.capacity[place])
    limited = capacity > 0 and not wires
    what, kind, share = _mostly(recording, place, found, grouped)
    return Queue(
        hop=recording.text(recording.hops.name[lanes.hop[place]]),
        lane=CONNECTIONS if wires else told[place] or "",
        kind=LaneKind(int(lanes.kind[place])).name.lower(),
        capacity=capacity if limited else None,
        delayed_requests=len(np.unique(standing.request)),
        delay_s=int((standing.end - standing.start).sum()) / SECOND,
        wake_up_s=float(found.wake_up[grouped[0] == place].sum()) / SECOND,
        full_delay_s=_full(found, place, capacity) if limited else None,
        most_in_line=most_at_once(standing.start, standing.end),
        mostly_what=what,
        mostly_kind=kind,
        mostly_share=share,
    )


def _full(found: Followed, lane: int, capacity: int) -> float:
    """Sum what was waited while all of a lane's capacity was held."""
    segments = found.queues
    first, after = (np.searchsorted(segments.node, lane, side) for side in ("left", "right"))
    full = segments.holding[first:after] >= capacity
    return float((segments.waiting * segments.span)[first:after][full].sum()) / SECOND


def _mostly(
    recording: Recording, place: int, found: Followed, grouped: tuple[NDArray[np.int64], I8, I8]
) -> tuple[str | None, str | None, float | None]:
    """Name what cost most of a queue's delay, over all lanes that did the same."""
    where, group, firsts = grouped
    mine = np.flatnonzero(where[found.causes.origin] == place)
    if not len(mine):
        return None, None, None
    phases = recording.phases
    phase = firsts[group[mine]]
    alike, which = np.unique(np.stack((phases.what[phase], phases.kind[phase])), axis=1, return_inverse=True)
    cost = np.bincount(which.reshape(-1), found.causes.delay[mine])
    most = int(cost.argmax())
    what = int(alike[0, most])
    share = float(cost[most] / cost.sum())
    return recording.text(what) if what >= 0 else None, PhaseKind(int(alike[1, most])).name, share
