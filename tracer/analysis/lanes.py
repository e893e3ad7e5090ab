"""Lanes: which of them execute, how long each lived and was held, and by what."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracer.analysis.intervals import Intervals, union
from tracer.analysis.window import Window
from tracer.recording import UNKNOWN, LaneKind, PhaseKind, Recording
from tracer.recording.nouns import I4, I8

EXECUTING = (LaneKind.PROCESS, LaneKind.THREAD, LaneKind.LOOP, LaneKind.GREENLET_HUB)
_DEEPEST = 64  # lanes stand four or five deep; a ring of parents, which check() refuses, must still end


@dataclass(frozen=True, slots=True)
class LaneUse:
    """Per lane, shape (lanes,): whether it executes, its life and held time within the window (ns)."""

    executing: NDArray[np.bool_]
    life: I8
    held: I8


def use(recording: Recording, window: Window, ends: I8) -> LaneUse:
    """Measure every lane that executes; the others have held 0."""
    runs = executing(recording)
    lives = _lives(recording, window)
    holds = holding(recording, ends).clipped(window.start, window.end)
    # What outlasts its lane, by the clocks' tolerance, does not count.
    start, end = lives.start[holds.key], lives.end[holds.key]
    holds = Intervals.of(holds.key, np.maximum(holds.start, start), np.minimum(holds.end, end))
    life = np.maximum(0, lives.end - lives.start)
    return LaneUse(runs & (lives.end >= lives.start), life, union(holds).lengths(len(life)))


def executing(recording: Recording) -> NDArray[np.bool_]:
    """Say which lanes execute: processes, threads, loops and hubs that have none such below them."""
    runs = np.isin(recording.lanes.kind, EXECUTING)
    above = np.zeros(len(runs), bool)
    climbing = np.unique(recording.lanes.parent[runs])
    for _ in range(_DEEPEST):
        climbing = climbing[climbing >= 0]
        if not len(climbing):
            break
        above[climbing] = True
        climbing = np.unique(recording.lanes.parent[climbing])
    return runs & ~above


def names(recording: Recording) -> list[str | None]:
    """Name each lane: by its label, and where its hop has that label twice by its process's before it.

    Of two workers with threads each has a "thread 1": one is "worker 1 thread 1". Connections keep theirs.
    """
    lanes = recording.lanes
    told = [recording.text(label) if label >= 0 else None for label in lanes.label.tolist()]
    several = np.flatnonzero(lanes.kind != LaneKind.CONNECTION)
    keys = np.stack((lanes.hop[several], lanes.label[several]), axis=1)
    _, which, counts = np.unique(keys, axis=0, return_inverse=True, return_counts=True)
    made = list(told)
    for lane in several[counts[which.reshape(-1)] > 1].tolist():
        process = _process_of(recording, lane)
        if process != lane and told[lane]:
            made[lane] = f"{told[process]} {told[lane]}"
    return made


def _process_of(recording: Recording, lane: int) -> int:
    """Climb to the nearest process; the lane itself if there is none."""
    lanes, up = recording.lanes, lane
    for _ in range(_DEEPEST):
        if up < 0 or lanes.kind[up] == LaneKind.PROCESS:
            break
        up = int(lanes.parent[up])
    return up if up >= 0 and lanes.label[up] >= 0 else lane


def executors(recording: Recording) -> I4:
    """Give for each lane itself or its nearest ancestor that executes; -1 if there is none."""
    runs, parent = executing(recording), recording.lanes.parent
    nearest = np.arange(len(runs), dtype=np.int32)
    for _ in range(_DEEPEST):
        up = (nearest >= 0) & ~runs[nearest]
        if not up.any():
            return nearest
        nearest[up] = parent[nearest[up]]
    return np.where(runs[nearest], nearest, np.int32(UNKNOWN))


def holding(recording: Recording, ends: I8) -> Intervals:
    """Give the intervals in which lanes that execute are held; the key is the lane."""
    rows, lane = _held_rows(recording)
    return Intervals.of(lane, recording.phases.start[rows], ends[rows])


def held_by_kind(recording: Recording, window: Window, ends: I8) -> I8:
    """Sum what holds the lanes of each hop within the window; shape (hops, phase kinds), ns."""
    rows, lane = _held_rows(recording)
    kinds = len(PhaseKind)
    key = recording.lanes.hop[lane].astype(np.int64) * kinds + recording.phases.kind[rows]
    held = Intervals.of(key, recording.phases.start[rows], ends[rows]).clipped(window.start, window.end)
    return held.lengths(len(recording.hops.name) * kinds).reshape(-1, kinds)


def _held_rows(recording: Recording) -> tuple[NDArray[np.intp], I4]:
    """Give the phases that hold a lane that executes, and that lane."""
    phases = recording.phases
    rows = np.flatnonzero((phases.holds == 1) & (phases.lane >= 0))
    if not len(rows):
        return rows, np.empty(0, np.int32)
    lane = executors(recording)[phases.lane[rows]]
    return rows[lane >= 0], lane[lane >= 0]


def _lives(recording: Recording, window: Window) -> Intervals:
    """Give one interval a lane, in their order; end < start of a lane that did not live in the window."""
    lanes = recording.lanes
    start = np.where(lanes.start == UNKNOWN, window.start, np.maximum(lanes.start, window.start))
    end = np.where(lanes.end == UNKNOWN, window.end, np.minimum(lanes.end, window.end))
    return Intervals(np.arange(len(start)), start, end)
