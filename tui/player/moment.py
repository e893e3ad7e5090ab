"""The moment: where every open request of one stack is at one time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tracer.recording import PhaseKind
from tui.player.part import Part
from tui.player.stack import Stack

_RANK = np.zeros(len(PhaseKind), np.int64)
for _rank, _kind in enumerate(
    (
        PhaseKind.CALLING,
        PhaseKind.UNSEEN,
        PhaseKind.AWAITING,
        PhaseKind.QUEUED,
        PhaseKind.TRANSFER,
        PhaseKind.BLOCKED,
        PhaseKind.RUNNING,
    )
):
    _RANK[_kind] = _rank

Ids = NDArray[np.int64]


@dataclass(frozen=True, eq=False, repr=False)
class Moment:
    """One stack at `time` (ns since its time 0). Requests and phases are given by their numbers.

    A request stands in one innermost place: in the `queue`, in a lane (`seated`), `outside`, or, if no
    server has it, on the `wire` or on its way `back`.
    """

    stack: Stack
    time: int
    part: Part | None = None  # of a stack of several hops: the one whose requests these are

    @cached_property
    def innermost(self) -> tuple[Ids, Ids]:
        """The innermost phase of each request that a server has: phases by start, and their requests.

        A phase that only calls the next hop gives way to any other; of phases of visits that overlap the
        deepest counts, of several there the one that house.md's first invariant puts first.
        """
        phases, visits = self.stack.recording.phases, self.stack.recording.visits
        ids = self.stack.blocks.alive(self.time + self.stack.origin)
        ids = ids[phases.visit[ids] >= 0]
        visit = phases.visit[ids]
        served = ~self.stack.client_hops[visits.hop[visit]] if self.part is None else self.part.visits[visit]
        ids, visit = ids[served], visit[served]
        requests, kinds = visits.request[visit], phases.kind[ids]
        calling = kinds != PhaseKind.CALLING
        order = np.lexsort((_RANK[kinds], self.stack.depth[visit], calling, requests))
        ordered = requests[order]
        last = np.ones(len(order), bool)
        last[:-1] = ordered[1:] != ordered[:-1]
        chosen = np.sort(order[last])
        return ids[chosen].astype(np.int64), requests[chosen].astype(np.int64)

    def _where(self, mask: NDArray[np.bool_]) -> tuple[Ids, Ids]:
        phases, requests = self.innermost
        return phases[mask], requests[mask]

    @cached_property
    def _kinds(self) -> NDArray[np.int8]:
        return self.stack.recording.phases.kind[self.innermost[0]]

    @cached_property
    def _holding(self) -> NDArray[np.bool_]:
        return np.asarray(self.stack.recording.phases.holds[self.innermost[0]] == 1)

    @cached_property
    def queue(self) -> tuple[Ids, Ids]:
        """Phases and requests that stand in line, the head first."""
        return self._where((self._kinds == PhaseKind.QUEUED) & ~self._holding)

    @cached_property
    def seated(self) -> tuple[Ids, Ids]:
        """Phases and requests that hold a lane."""
        return self._where(self._holding)

    @cached_property
    def outside(self) -> tuple[Ids, Ids]:
        """Phases and requests that hold nothing and wait for no lane, the oldest first."""
        return self._where((self._kinds != PhaseKind.QUEUED) & ~self._holding)

    @cached_property
    def _away(self) -> Ids:
        """Open requests that no server has at this time."""
        stack = self.stack
        due = int(np.searchsorted(stack.due, self.time, "right"))
        still = np.flatnonzero(stack.ended[:due] > self.time)
        return np.setdiff1d(still, self.innermost[1], assume_unique=True)

    @cached_property
    def wire(self) -> Ids:
        """Requests that were sent and that no server has taken up yet, the oldest first."""
        if self.part is not None and not self.part.first:
            return np.empty(0, np.int64)
        return self._away[self.stack.reached[self._away] > self.time]

    @cached_property
    def back(self) -> Ids:
        """Requests that the servers are done with and the client is not."""
        return self._away[self.stack.reached[self._away] <= self.time]
