"""The part: what of a stack one band shows. Of a stack of one server it is all of it, else one hop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tracer.recording import LaneKind, PhaseKind, Role
from tui.player.stack import Stack
from tui.player.steps import FOREVER, Steps

ALL = -1
"""In place of a hop: all hops but the client's."""

Ids = NDArray[np.intp]


@dataclass(frozen=True, eq=False, repr=False)
class Part:
    """The hop `hop` of a stack (ALL: every one), with what runs in it: an app, which has no lanes."""

    stack: Stack
    hop: int

    @property
    def name(self) -> str:
        """Give the hop's name; "" of a whole stack."""
        return (
            ""
            if self.hop == ALL
            else self.stack.recording.text(int(self.stack.recording.hops.name[self.hop]))
        )

    @cached_property
    def first(self) -> bool:
        """Whether requests come here from the client."""
        return self.hop in (ALL, *hops_with_bands(self.stack)[:1])

    @cached_property
    def visits(self) -> NDArray[np.bool_]:
        """Which visits are its own, shape (visits,)."""
        if self.hop == ALL:
            return ~self.stack.client_hops[self.stack.recording.visits.hop]
        return np.equal(banded(self.stack), self.hop)

    def _of(self, lanes: list[int]) -> list[int]:
        hops = self.stack.recording.lanes.hop
        return lanes if self.hop == ALL else [lane for lane in lanes if hops[lane] == self.hop]

    @cached_property
    def executing(self) -> list[int]:
        """The innermost lanes that execute."""
        return self._of(self.stack.tree.executing)

    @cached_property
    def serving(self) -> list[int]:
        """The executing lanes that can serve."""
        return self._of(self.stack.serving)

    @cached_property
    def pools(self) -> list[int]:
        """The pools that a map can show."""
        return self._of(self.stack.tree.pools)

    @cached_property
    def locks(self) -> list[int]:
        """The locks that lanes stand under, such as the GIL of a worker with threads."""
        tree = self.stack.tree
        return self._of([n for n in tree.served if tree.kinds[n] == LaneKind.LOCK and tree.children.get(n)])

    def _steps(self, kind: PhaseKind, whole: Callable[[], Steps]) -> Steps:
        if self.hop == ALL:
            return whole()
        phases, origin = self.stack.recording.phases, self.stack.origin
        ids = np.flatnonzero((phases.kind == kind) & (phases.holds == 0) & (phases.visit >= 0))
        ids = ids[self.visits[phases.visit[ids]]]
        ends = phases.end[ids]
        return Steps.of(phases.start[ids] - origin, np.where(ends < 0, FOREVER, ends - origin))

    @cached_property
    def queued(self) -> Steps:
        """Requests that wait here for a lane somebody else holds."""
        return self._steps(PhaseKind.QUEUED, lambda: self.stack.queued)

    @cached_property
    def outside(self) -> Steps:
        """Requests that wait outside and hold nothing."""
        return self._steps(PhaseKind.AWAITING, lambda: self.stack.outside)

    @cached_property
    def connections(self) -> tuple[Steps, Steps] | None:
        """Count the connections that are open, and the visits that have one; None where none are known."""
        lanes, visits = self.stack.recording.lanes, self.stack.recording.visits
        kept = (lanes.kind == LaneKind.CONNECTION) & ~self.stack.client_hops[lanes.hop]
        if self.hop != ALL:
            kept &= lanes.hop == self.hop
        if not (lanes.end[kept] >= 0).any():  # hooks see connections open, and not close
            return None
        busy = (visits.connection >= 0) & self.visits
        return self._spans(lanes.start[kept], lanes.end[kept]), self._spans(
            visits.start[busy], visits.answered[busy]
        )

    def _spans(self, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> Steps:
        """Count spans of the recording's own time; what has no start began before it, no end: is open."""
        origin = self.stack.origin
        first = np.where(starts < 0, 0, starts - origin)
        return Steps.of(first, np.where(ends < 0, FOREVER, ends - origin))

    def held_share(self, time: int) -> float:
        """Give the share of the time since 0 that its executing lanes were held, 0 to 1."""
        return self.stack.held_share(time, self.executing)


def banded(stack: Stack) -> NDArray[np.int64]:
    """Give for each visit the hop in whose band it stands: its own, or if that has none, its parent's."""
    visits = stack.recording.visits
    own = np.isin(visits.hop, hops_with_bands(stack))
    found = np.where(own, visits.hop, ALL).astype(np.int64)
    up = visits.parent.astype(np.int64)
    for _ in range(64):
        open_ones = np.flatnonzero((found == ALL) & (up >= 0))
        if not len(open_ones):
            break
        found[open_ones] = found[up[open_ones]]
        up[open_ones] = np.where(found[open_ones] == ALL, visits.parent[up[open_ones]], ALL)
    return found


def hops_with_bands(stack: Stack) -> list[int]:
    """List the hops that have a band: those with lanes that execute, and those that are no app, by path."""
    hops, lanes = stack.recording.hops, stack.recording.lanes
    with_lanes = set(lanes.hop[stack.tree.executing].tolist())
    visited = set(np.unique(stack.recording.visits.hop).tolist())
    return [
        hop
        for hop, role in enumerate(hops.role.tolist())
        if role != Role.CLIENT and (hop in with_lanes or (role != Role.APP and hop in visited))
    ]


def parts_of(stack: Stack) -> tuple[Part, ...]:
    """Part a stack by hops, in path order; one of a single server stays whole."""
    hops = hops_with_bands(stack)
    return tuple(Part(stack, hop) for hop in hops) if len(hops) > 1 else (Part(stack, ALL),)


def busiest(parts: tuple[Part, ...]) -> int:
    """Give the part that opens first: where most time was queued, else where lanes were held longest."""
    ends = [part.stack.end for part in parts]
    queued = [float(part.queued.integral(np.array([end]))[0]) for part, end in zip(parts, ends, strict=True)]
    if max(queued) > 0:
        return int(np.argmax(queued))
    return int(np.argmax([part.held_share(end) for part, end in zip(parts, ends, strict=True)]))
