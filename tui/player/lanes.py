"""Lanes: which of a recording's lanes execute, which belong to which, and what they are called."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tracer.analysis.lanes import executing, names
from tracer.recording import LaneKind, Recording, Role


@dataclass(frozen=True, eq=False, repr=False)
class LaneTree:
    """The lanes of one recording as a tree."""

    recording: Recording

    @cached_property
    def parents(self) -> list[int]:
        """Lane -> its parent, -1 for none."""
        return [int(parent) for parent in self.recording.lanes.parent]

    @cached_property
    def kinds(self) -> list[int]:
        """Lane -> its LaneKind."""
        return [int(kind) for kind in self.recording.lanes.kind]

    @cached_property
    def children(self) -> dict[int, list[int]]:
        """Lane -> the lanes directly under it."""
        found: dict[int, list[int]] = {}
        for lane, parent in enumerate(self.parents):
            found.setdefault(parent, []).append(lane)
        return found

    def under(self, lane: int) -> list[int]:
        """List a lane and all that stand under it."""
        return [lane, *(deep for child in self.children.get(lane, ()) for deep in self.under(child))]

    def over(self, lane: int) -> list[int]:
        """List a lane and all that it stands under, nearest first."""
        found = []
        while lane >= 0 and lane not in found:
            found.append(lane)
            lane = self.parents[lane]
        return found

    @cached_property
    def served(self) -> list[int]:
        """Lanes of hops other than the client, in order."""
        client = np.flatnonzero(self.recording.hops.role == Role.CLIENT).tolist()
        return [n for n, hop in enumerate(self.recording.lanes.hop.tolist()) if hop not in client]

    @cached_property
    def executing(self) -> list[int]:
        """The innermost lanes that execute, as the analysis has it, of hops other than the client."""
        runs = executing(self.recording)
        return [n for n in self.served if runs[n]]

    @cached_property
    def pools(self) -> list[int]:
        """Pools that a map can show: those that do not stand over whole processes."""
        return [n for n in self.served if self.kinds[n] == LaneKind.POOL and not self._over_processes(n)]

    def _over_processes(self, lane: int) -> bool:
        return any(self.kinds[deep] == LaneKind.PROCESS for deep in self.under(lane))

    def pool_of(self, lane: int) -> int:
        """Give the pool that a lane stands under, -1 for none."""
        return next((up for up in self.over(lane)[1:] if up in self.pools), -1)

    @cached_property
    def _names(self) -> list[str | None]:
        return names(self.recording)

    def label(self, lane: int) -> str:
        """Give what a lane is called: `thread 3`, or `worker 1 thread 3` where two workers have one."""
        return self._names[lane] or f"lane {lane}"

    def short(self, lane: int) -> str:
        """Give what fits beside a strip: `w1 thr 3` for `worker 1 thread 3`, `p79 loop` for a process 12279.

        Names that are not of two parts are as they are.
        """
        whole, own = self.label(lane), self.recording.text(int(self.recording.lanes.label[lane]))
        if whole == own and len(whole) > 8 and len(whole.split()) in (2, 4):
            own = " ".join(whole.split()[-2:])
        words = whole.removesuffix(own).split()
        if len(words) < 2:
            return whole if len(whole) <= 8 or " " not in own else f"{own[:4]} {own.split()[-1]}"
        noun, _, number = own.partition(" ")
        made = f"{words[0][0]}{words[-1]} {noun[:3]} {number}"
        return made if number and len(made) <= 8 else f"{words[0][0]}{words[-1][-2:]} {noun}"

    def capacity(self, lane: int) -> int:
        """Give how many can hold a lane at a time; of an unlimited pool, how many lanes it has."""
        given = int(self.recording.lanes.capacity[lane])
        return given or len(self.children.get(lane, ()))
