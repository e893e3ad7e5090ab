"""The stack: one side of a chapter with the indexes that a frame is made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tracer.recording import LaneKind, MarkKind, Outcome, PhaseKind, Recording, Role
from tui.player.blocks import Blocks
from tui.player.holds import NOBODY, LaneHolds, holds_by_lane, holds_of_lock
from tui.player.lanes import LaneTree
from tui.player.ranks import EXACT, Ranks
from tui.player.steps import FOREVER, Steps

Times = NDArray[np.int64]
FEW = 20  # answers: from so many on a percentile may lie between two of them


@dataclass(frozen=True, eq=False, repr=False)
class Stack:
    """A recording, seen from the instant at which its first request was due (time 0, in ns).

    Requests go by their place in order of arrival, from 0. Every index is made when first asked for.
    """

    recording: Recording
    kind: str = ""
    label: str = ""

    @cached_property
    def origin(self) -> int:
        """Time 0 in the recording's own time."""
        starts = self.recording.requests.start
        return int(starts[0]) if len(starts) else 0

    @cached_property
    def due(self) -> Times:
        """When each request was due, sorted."""
        return self.recording.requests.start - self.origin

    @cached_property
    def ended(self) -> Times:
        """When each request ended for its client; FOREVER if it never did."""
        end = self.recording.requests.end
        return np.where(end < 0, FOREVER, end - self.origin)

    @cached_property
    def bad(self) -> NDArray[np.bool_]:
        """Which requests ended badly: refused, timed out, abandoned or in error."""
        outcome = self.recording.requests.outcome
        return np.asarray((outcome != Outcome.OK) & (outcome != Outcome.OPEN))

    @cached_property
    def answered(self) -> NDArray[np.bool_]:
        """Which requests got a whole answer: those whose latency counts."""
        requests = self.recording.requests
        whole = (requests.outcome == Outcome.ERROR) & (requests.status >= 0)
        return np.asarray(((requests.outcome == Outcome.OK) | whole) & (requests.end >= 0))

    @cached_property
    def answers(self) -> tuple[Times, Times]:
        """Times of answers, sorted, and the latency of each, ns."""
        ids = np.flatnonzero(self.answered)
        ids = ids[np.argsort(self.ended[ids], kind="stable")]
        return self.ended[ids], self.ended[ids] - self.due[ids]

    @cached_property
    def failures(self) -> Times:
        """Times of bad ends, sorted."""
        return np.sort(self.ended[self.bad])

    @cached_property
    def end(self) -> int:
        """When the last thing happens, at 1 at least."""
        marks = self.recording.marks
        notes = marks.time[marks.kind == MarkKind.NOTE]
        times = (self.recording.requests.start, self.recording.requests.end, self.recording.visits.end, notes)
        return max([1, *(int(some.max()) - self.origin for some in times if len(some))])

    @cached_property
    def tree(self) -> LaneTree:
        """The lanes."""
        return LaneTree(self.recording)

    @cached_property
    def blocks(self) -> Blocks:
        """The phases by start; times are the recording's own."""
        return Blocks.of(self.recording.phases.start, self.recording.phases.end)

    @cached_property
    def depth(self) -> NDArray[np.int64]:
        """How many visits stand over each visit."""
        parent, depth = self.recording.visits.parent, np.zeros(len(self.recording.visits.parent), np.int64)
        up = parent
        while len(up) and (up >= 0).any() and depth.max() < 64:
            depth += up >= 0
            up = np.where(up >= 0, parent[up], -1)
        return depth

    @cached_property
    def client_hops(self) -> NDArray[np.bool_]:
        """Which hops are the client's own."""
        return np.equal(self.recording.hops.role, Role.CLIENT)

    @cached_property
    def reached(self) -> Times:
        """When a server first took each request up; FOREVER if none did."""
        visits = self.recording.visits
        ids = np.flatnonzero(~self.client_hops[visits.hop]) if len(visits.hop) else np.empty(0, np.int64)
        requests, firsts = np.unique(visits.request[ids], return_index=True)
        found = np.full(len(self.due), FOREVER)
        found[requests] = visits.start[ids[firsts]] - self.origin
        return found

    def _steps(self, kind: PhaseKind) -> Steps:
        phases, visits = self.recording.phases, self.recording.visits
        ids = np.flatnonzero((phases.kind == kind) & (phases.holds == 0) & (phases.visit >= 0))
        ids = ids[~self.client_hops[visits.hop[phases.visit[ids]]]]
        ends = phases.end[ids]
        return Steps.of(phases.start[ids] - self.origin, np.where(ends < 0, FOREVER, ends - self.origin))

    @cached_property
    def queued(self) -> Steps:
        """Requests that wait for a lane somebody else holds."""
        return self._steps(PhaseKind.QUEUED)

    @cached_property
    def outside(self) -> Steps:
        """Requests that wait outside and hold nothing."""
        return self._steps(PhaseKind.AWAITING)

    @cached_property
    def open(self) -> Steps:
        """Requests that were due and have no end yet."""
        return Steps.of(self.due, self.ended)

    @cached_property
    def holds(self) -> dict[int, LaneHolds]:
        """Lane -> who held it when."""
        return holds_by_lane(self.recording, self.origin)

    def held_by(self, lane: int) -> LaneHolds:
        """Give who held a lane when; of a lock, who ran under it."""
        if self.tree.kinds[lane] == LaneKind.LOCK and lane not in self.holds:
            self.holds[lane] = holds_of_lock(self.recording, self.tree.under(lane), self.origin)
        return self.holds.get(lane, NOBODY)

    @cached_property
    def serving(self) -> list[int]:
        """The executing lanes that can serve: without threads that stand alone and never had a request."""
        tree = self.tree
        return [n for n in tree.executing if tree.kinds[n] != LaneKind.THREAD or self._serves(n)]

    def _serves(self, thread: int) -> bool:
        return self.tree.pool_of(thread) >= 0 or bool((self.held_by(thread).requests >= 0).any())

    def held_share(self, time: int, lanes: Sequence[int] | None = None) -> float:
        """Give the share of the time since 0 that the executing lanes, or these, were held, 0 to 1.

        Once all requests have ended it stands still, as what `tracer summary` says of the whole.
        """
        time = min(time, self.over)
        holding, (born, died) = self._use(tuple(self.tree.executing if lanes is None else lanes))
        life = int(np.maximum(np.minimum(died, time) - born, 0).sum())
        before, after = holding.integral(np.array([0, max(time, 0)]))
        return float(after - before) / life if life else 0.0

    @cached_property
    def over(self) -> int:
        """When the last request ended for its client; FOREVER if one never did, or there was none."""
        return int(self.ended.max(initial=0)) or FOREVER

    def _use(self, lanes: tuple[int, ...]) -> tuple[Steps, tuple[Times, Times]]:
        """Give what holds some lanes, and their lives."""
        if lanes not in self._uses:
            held = [self.held_by(lane) for lane in lanes] or [NOBODY]
            starts, ends = np.concatenate([h.starts for h in held]), np.concatenate([h.ends for h in held])
            self._uses[lanes] = Steps.of(starts, ends), self._lives(list(lanes))
        return self._uses[lanes]

    @cached_property
    def _uses(self) -> dict[tuple[int, ...], tuple[Steps, tuple[Times, Times]]]:
        return {}

    def _lives(self, which: list[int]) -> tuple[Times, Times]:
        """Give births (0 at least) and deaths of lanes."""
        lanes = self.recording.lanes
        born, died = lanes.start[which], lanes.end[which]
        born = np.where(born < 0, 0, np.maximum(born - self.origin, 0))
        return born, np.where(died < 0, FOREVER, died - self.origin)

    def what(self, phase: int) -> str:
        """Give the text of a phase: `time.sleep app.py:17`."""
        return self.recording.text(int(self.recording.phases.what[phase]))

    def pooled(self, lane: int) -> Steps:
        """Count the requests that hold a pool itself, one without threads of its own."""
        phases = self.recording.phases
        ids = np.flatnonzero((phases.lane == lane) & (phases.holds == 1))
        ends = phases.end[ids]
        return Steps.of(phases.start[ids] - self.origin, np.where(ends < 0, FOREVER, ends - self.origin))

    def lanes_of(self, request: int) -> list[int]:
        """List the lanes that a request ever held."""
        return [lane for lane, held in self.holds.items() if (held.requests == request).any()]

    @cached_property
    def endings(self) -> tuple[Times, Times]:
        """Times at which requests ended for the client, sorted, and which requests those are."""
        ids = np.flatnonzero(self.ended < FOREVER)
        ids = ids[np.argsort(self.ended[ids], kind="stable")]
        return self.ended[ids], ids

    def percentile(self, done: int, percent: int) -> int:
        """Give a percentile of the latencies of the first `done` >= 1 answers, in ns.

        Of FEW or more it is linear between the two nearest ranks, as `tracer summary` has it: exact up to
        EXACT answers, within 1 % beyond. Of fewer it is one of them, whose bar stands in the strip.
        """
        if done < FEW:
            return self._rank(done, -(-done * percent // 100) - 1)
        below, rest = divmod((done - 1) * percent, 100)
        low, high = self._rank(done, below), self._rank(done, min(below + 1, done - 1))
        return low + (high - low) * rest // 100

    def _rank(self, done: int, rank: int) -> int:
        """Give the latency of a rank, from 0, of the first `done` answers."""
        if done <= EXACT:
            return int(np.partition(self.answers[1][:done], rank)[rank])
        return self._ranks.at(done, rank)

    @cached_property
    def _ranks(self) -> Ranks:
        return Ranks.of(self.answers[1])
