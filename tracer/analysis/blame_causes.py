"""From waits to causes: follows the queues of a recording to the phases that are to blame, level by level."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tracer.analysis.blame_holds import Holds, distinct, holds, repeated, waited_for
from tracer.analysis.blame_sweep import F8, Segments, Shares, Waits, passed_on, share
from tracer.analysis.intervals import Intervals, joined, union
from tracer.recording import PhaseKind, Recording
from tracer.recording.nouns import I8

_DEEPEST = 8  # holders that wait for holders that wait …; whoever waits in a ring waits for nobody


class Waiters(NamedTuple):
    """Visits that stood in line: phases, the lane they waited for, their times and requests; (n,) each."""

    phase: I8
    lane: I8
    start: I8
    end: I8
    request: I8

    def rows(self, chosen: NDArray[np.bool_] | NDArray[np.intp]) -> Waiters:
        """Keep some of them."""
        return Waiters(*(column[chosen] for column in self))


class Causes(NamedTuple):
    """Holds that made others wait: for queue `origin[i]`, `phase[i]` in [start, end) cost `delay[i]` ns.

    `level` is 0 if it held the queue's own lane, else by how many holders in line the delay was passed on;
    `node` numbers the pairs of origin and lane of all levels.
    """

    origin: I8
    phase: I8
    start: I8
    end: I8
    delay: F8
    level: I8
    node: I8

    def rows(self, chosen: NDArray[np.bool_]) -> Causes:
        """Keep some of them."""
        return Causes(*(column[chosen] for column in self))  # type: ignore[arg-type]  # floats among ints


class Followed(NamedTuple):
    """All causes; the delay (ns) of which there is none, by origin's lane; and what is seen on the way.

    `passed` are the spans of passed-on waits by node, `queues` the segments of the queues' own lanes.
    """

    causes: Causes
    wake_up: F8
    passed: Intervals
    queues: Segments


def follow(recording: Recording, waiters: Waiters, ends: I8) -> Followed:
    """Find who is to blame for the delay of waiters."""
    held = holds(recording, ends)
    waits = Waits(waiters.lane, waiters.start, waiters.end, np.ones(len(waiters.lane)))
    level = _Level(0, 0, np.tile(np.arange(len(recording.lanes.kind)), (2, 1)), waits)
    wake_up = np.zeros(len(recording.lanes.kind))
    parts, spans, queues = [], [], None
    while True:
        here, found, to = _shared(recording, held, level)
        queues = found.segments if queues is None else queues
        onward = (to >= 0) & (found.delay > 0) & (level.number < _DEEPEST)
        parts.append(_causes(here.rows(to == _FINAL), found.delay[to == _FINAL], level))
        _add_idle(wake_up, found.segments, level)
        lost = (to != _FINAL) & ~onward
        np.add.at(wake_up, level.nodes[0][here.lane[lost]], found.delay[lost])
        if level.number:
            spans.append(Intervals.of(level.waits.node + level.base, level.waits.start, level.waits.end))
        if not onward.any():
            break
        level = _next(level, found.segments, here.rows(onward), to[onward])
    causes = Causes(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
    return Followed(causes.rows(causes.delay > 0), wake_up, union(joined(_NONE, *spans)), queues)


_FINAL = -2  # a holder that is not itself QUEUED
_NONE = Intervals(*(np.empty(0, np.int64) for _ in range(3)))


class _Level(NamedTuple):
    """How deep delay was passed on: `nodes` are origins and lanes, shape (2, n), `base` earlier ones."""

    number: int
    base: int
    nodes: I8
    waits: Waits


def _shared(recording: Recording, held: Holds, level: _Level) -> tuple[Holds, Shares, I8]:
    """Share a level's delay among the holders of its nodes, and say for which lane each is QUEUED."""
    here = _at_nodes(held, level.nodes[1], level.waits.node)
    to = waited_for(recording, here.phase).astype(np.int64)
    to[recording.phases.kind[here.phase] != PhaseKind.QUEUED] = _FINAL
    return here, share(level.waits, here), to


def _next(level: _Level, found: Segments, queued: Holds, to: I8) -> _Level:
    """Pass on what QUEUED holders took."""
    nodes, number = distinct(level.nodes[0][queued.lane], to)
    waits = passed_on(found, queued, number)
    return _Level(level.number + 1, level.base + level.nodes.shape[1], nodes, waits)


def _add_idle(wake_up: F8, found: Segments, level: _Level) -> None:
    """Add the time in which somebody waited and nobody held."""
    idle = found.holding == 0
    np.add.at(wake_up, level.nodes[0][found.node[idle]], found.waiting[idle] * found.span[idle])


def _at_nodes(held: Holds, lane_of: I8, wanted: I8) -> Holds:
    """Give the holds of the lanes of some nodes; their `lane` is the node."""
    nodes = np.unique(wanted)
    order = np.argsort(held.lane, kind="stable")
    lanes = lane_of[nodes]
    first, after = (np.searchsorted(held.lane[order], lanes, side) for side in ("left", "right"))
    rows, each = repeated(first, after - first)
    return held.rows(order[rows])._replace(lane=nodes[each])


def _causes(held: Holds, delay: F8, level: _Level) -> Causes:
    levels = np.full(len(delay), level.number, np.int64)
    origin, node = level.nodes[0][held.lane], held.lane + level.base
    return Causes(origin, held.phase, held.start, held.end, delay, levels, node)


def delayed(causes: Causes, passed: Intervals, group: I8, waiters: Waiters) -> NDArray[np.int64]:
    """Give pairs (group, request), each once, shape (2, n): who waited while a cause of the group held."""
    combos, of = distinct(causes.origin, group)
    spans = _spans(causes, passed, of)
    order = np.argsort(waiters.lane, kind="stable")
    lanes = waiters.lane[order]
    first, after = (np.searchsorted(lanes, combos[0], side) for side in ("left", "right"))
    found = [np.empty((2, 0), np.int64)]
    for begin, end in _batches(after - first):
        rows, combo = repeated(first[begin:end], (after - first)[begin:end])
        some = waiters.rows(order[rows])
        first_met, after_met = _met(Intervals(combo + begin, some.start, some.end), spans)
        hit = after_met > first_met
        found.append(distinct(combos[1][combo[hit] + begin], some.request[hit])[0])
    return distinct(*np.concatenate(found, axis=1))[0]


def _spans(causes: Causes, passed: Intervals, combo: I8) -> Intervals:
    """Give when causes made their queue wait, by combo; what was passed on only while it was."""
    direct = causes.level == 0
    rest = np.flatnonzero(~direct)
    held = Intervals(causes.node[rest], causes.start[rest], causes.end[rest])
    first, after = _met(held, passed)
    rows, each = repeated(first, after - first)
    start = np.maximum(passed.start[rows], held.start[each])
    end = np.minimum(passed.end[rows], held.end[each])
    spans = (
        Intervals(combo[direct], causes.start[direct], causes.end[direct]),
        Intervals.of(combo[rest][each], start, end),
    )
    return union(joined(*spans))


_PAIRS = 4_000_000  # looked at together


def _batches(counts: I8) -> list[tuple[int, int]]:
    """Cut a list of combos where their waiters add up to some millions."""
    piece = np.cumsum(counts) // _PAIRS
    edges = [0, *(np.flatnonzero(np.diff(piece)) + 1).tolist(), len(counts)]
    return [(begin, end) for begin, end in pairwise(edges) if end > begin]


def _met(asked: Intervals, spans: Intervals) -> tuple[I8, I8]:
    """Give of each interval the first span of its key that it overlaps, and the first after those.

    Spans are sorted and overlap none of each other. Times are ranked, so that key and time fit one number.
    """
    ranks, place = np.unique(np.concatenate((spans.start, spans.end)), return_inverse=True)
    starts, ends = np.split(place.reshape(-1), 2)
    size = len(ranks) + 1
    until, since = np.searchsorted(ranks, asked.end), np.searchsorted(ranks, asked.start, "right")
    after = np.searchsorted(spans.key * size + starts, asked.key * size + until)
    first = np.searchsorted(spans.key * size + ends, asked.key * size + since - 1, "right")
    return first.astype(np.int64), after.astype(np.int64)
