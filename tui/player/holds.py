"""Holds: who held a lane when, and how much of any span of time it was held."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tracer.recording import PhaseKind, Recording
from tui.player.glyphs import IDLE
from tui.player.steps import FOREVER

Times = NDArray[np.int64]
KINDS = IDLE + 1


class Holder(NamedTuple):
    """Who sits in a lane at an instant."""

    request: int  # -1: nobody's (boot, an idle connection)
    kind: int
    phase: int
    start: int  # of the phase


@dataclass(frozen=True, eq=False, repr=False)
class LaneHolds:
    """The phases that hold one exclusive lane, by start; all arrays have shape (n,), times in ns."""

    starts: Times
    ends: Times  # FOREVER while open
    kinds: NDArray[np.int64]  # PhaseKind, or IDLE if no request has it
    requests: NDArray[np.int64]
    phases: NDArray[np.int64]

    def at(self, time: int) -> Holder | None:
        """Give who holds the lane at `time`."""
        i = int(np.searchsorted(self.starts, time, "right")) - 1
        if i < 0 or self.ends[i] <= time:
            return None
        kind = int(self.kinds[i])
        return Holder(int(self.requests[i]), kind, int(self.phases[i]), int(self.starts[i]))

    @cached_property
    def _sums(self) -> Times:
        """Time held in each kind by all phases before the i-th, shape (KINDS, n + 1)."""
        sums = np.zeros((KINDS, len(self.starts) + 1), np.int64)
        lengths = np.where(self.ends == FOREVER, 0, self.ends - self.starts)
        sums[self.kinds, np.arange(1, len(self.starts) + 1)] = lengths
        return np.cumsum(sums, axis=1)

    def spent(self, times: Times) -> Times:
        """Give the time that the lane was held in each kind up to each time, shape (KINDS, times)."""
        count = np.searchsorted(self.starts, times, "right")
        sums = self._sums[:, count]
        if len(self.starts):
            last = np.maximum(count - 1, 0)
            ends = self.ends[last]
            over = np.where(ends == FOREVER, self.starts[last] - times, np.maximum(ends - times, 0))
            sums[self.kinds[last], np.arange(len(times))] -= np.where(count > 0, over, 0)
        return sums

    def held(self, start: int, end: int) -> int:
        """Give how long the lane was held within [start, end)."""
        before, after = self.spent(np.array([start, end])).sum(axis=0)
        return int(after - before)

    @cached_property
    def runs(self) -> tuple[Times, Times, Times]:
        """Join neighbouring phases of one request: starts, ends, requests."""
        if not len(self.starts):
            return self.starts, self.ends, self.requests
        new = np.ones(len(self.starts), bool)
        new[1:] = (self.requests[1:] != self.requests[:-1]) | (self.starts[1:] > self.ends[:-1])
        firsts = np.flatnonzero(new)
        lasts = np.append(firsts[1:], len(new)) - 1
        return self.starts[firsts], self.ends[lasts], self.requests[firsts]


NOBODY = LaneHolds(*(np.empty(0, np.int64),) * 5)


def holds_by_lane(recording: Recording, origin: int) -> dict[int, LaneHolds]:
    """Sort the phases that hold a lane by lane; times count from `origin`."""
    phases = recording.phases
    ids = np.flatnonzero((phases.holds == 1) & (phases.lane >= 0))
    ids = ids[np.argsort(phases.lane[ids], kind="stable")]
    lanes, firsts = np.unique(phases.lane[ids], return_index=True)
    parts = np.split(ids, firsts)[1:]
    return {int(lane): _of(recording, part, origin) for lane, part in zip(lanes, parts, strict=True)}


def holds_of_lock(recording: Recording, under: list[int], origin: int) -> LaneHolds:
    """Give who held a lock: a lane under it holds it only while it runs."""
    phases = recording.phases
    runs = (phases.kind == PhaseKind.RUNNING) & (phases.holds == 1)
    return _of(recording, np.flatnonzero(runs & np.isin(phases.lane, under)), origin)


def _of(recording: Recording, ids: NDArray[np.int64], origin: int) -> LaneHolds:
    phases = recording.phases
    visit = phases.visit[ids]
    requests = np.where(visit >= 0, recording.visits.request[visit], -1).astype(np.int64)
    kinds = np.where(requests >= 0, phases.kind[ids], IDLE).astype(np.int64)
    ends = np.where(phases.end[ids] < 0, FOREVER, phases.end[ids] - origin)
    return LaneHolds(phases.start[ids] - origin, ends, kinds, requests, ids.astype(np.int64))
