"""One server process: turns the records of its ring into lanes, stories, marks and idle holds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from tracer.agent import layout
from tracer.assemble.connections import Connections
from tracer.assemble.lanes import Lanes, words
from tracer.assemble.loops import Loops
from tracer.assemble.stalls import Stall, Stalls
from tracer.assemble.stamps import CLOCK, Stamps
from tracer.assemble.story import Story
from tracer.assemble.tiling import tile
from tracer.assemble.world import World
from tracer.observe.records import Record
from tracer.observe.rings import Batch, Identity
from tracer.recording import UNKNOWN, Lane, LaneKind, Mark, MarkKind, Phase, PhaseKind

_MARKS = {
    layout.MARK_NAMES.index(name): kind
    for name, kind in {
        "fork": MarkKind.FORK,
        "exit": MarkKind.EXIT,
        "disconnect": MarkKind.DISCONNECT,
        "timeout": MarkKind.TIMEOUT,
        "lost": MarkKind.LOST,
    }.items()
}
_LIVE, _UNSUPPORTED, _REQUEST_START, _CALL = (
    layout.MARK_NAMES.index(name) for name in ("live", "unsupported", "request_start", "call")
)


class Listener(Protocol):
    """Who wants to know of stories."""

    def opened(self, story: Story) -> None:
        """A request has reached an application."""

    def called(self, story: Story, span: bytes) -> None:
        """It sends a request with its own trace id and this parent id (8 bytes)."""

    def over(self, story: Story) -> None:
        """Nothing more will be told of it."""


class Process:
    """State of one ring. `take` reads a batch; what is finished goes to `world` and `listener`."""

    def __init__(
        self, ring: Identity, world: World, listener: Listener, saved: dict[str, Any] | None = None
    ) -> None:
        """Begin, or go on from what `cursor` gave."""
        saved = saved or {}
        self.ring, self._world, self._listener = ring, world, listener
        self.hop = world.server(ring)
        self.open: dict[int, Story] = {}  # not emitted yet, by number of the visit
        ids = {int(number): lane for number, lane in saved.get("lanes", {}).items()}
        self.lanes = Lanes(ring, world, self.hop, ids)
        self.ended: bool = saved.get("ended", False)
        self._last = ring.created  # the latest time at which it is known to have lived
        self._next: int = saved.get("next", 1)  # what comes before it was taken in, but for open visits
        self._resume: int = saved.get("resume", 1)
        self._done: dict[int, int] = {int(k): v for k, v in saved.get("done", {}).items()}
        self._texts: dict[int, str] = {}
        self._connections = Connections(ring.pid, world, self.hop, saved.get("connections", {}))
        self._loops = Loops()
        self._stamps = Stamps(ring)
        self._inner: list[Phase] = []
        self._stalls = Stalls()
        self._over: list[Story] = []
        self._recalled: dict[int, int] = {}  # visits that were out before a restart: when they entered
        self._good_end = False
        self._do: dict[int, Callable[[Record], None]] = {
            layout.LANE: self._lane,
            layout.TEXT: self._text,
            layout.CONN: self._connections.told,
            layout.OPEN: self._open,
            layout.TARGET: self._target,
            layout.PHASE: self._phase,
            layout.CLOSE: self._close,
            layout.MARK: self._mark,
            layout.FAULT: self._fault,
            layout.END: self._end,
            layout.STALL: self._stall,
        }

    def take(self, batch: Batch) -> None:
        """Take in a batch."""
        if self.ended:
            return
        self._lost(batch)
        for record in batch.records:
            if record.seq >= self._next or self._again(record):
                self._do[record.kind](record)
            else:
                self._recall(record)
        self._next = max(self._next, batch.next)
        self._last = max(self._last, batch.alive)
        over, self._over = self._over, []
        for story in over:  # only now: what stalled it may have been told after its end
            self._listener.over(story)
        if batch.ended:
            self._gone()

    def _again(self, record: Record) -> bool:
        """Whether a record from before a restart is wanted again: for a visit that is not emitted."""
        if record.kind in (layout.LANE, layout.TEXT, layout.CONN, layout.STALL, layout.END):
            return True
        if record.kind == layout.MARK and record.what == CLOCK:
            return True
        if record.kind == layout.OPEN:
            return bool(record.seq >= self._resume and record.visit not in self._done)
        return record.visit in self.open

    def _recall(self, record: Record) -> None:
        """Of what was taken in before a restart, others need to know who held the loop."""
        lane = self.lanes.get(record.lane)
        if lane is None or lane.kind != LaneKind.LOOP:
            return
        if record.kind == layout.PHASE and record.holds:
            self._loops.hold(record.lane, record.start, record.end, record.visit)
        elif record.kind == layout.OPEN:
            self._loops.idle(record.lane, record.taken, record.parsed, record.visit)
            self._recalled[record.visit] = record.entered
        elif record.kind == layout.CLOSE and record.visit in self._recalled:
            entered = self._recalled.pop(record.visit)
            if record.flags & layout.ONE_STEP:
                self._loops.hold(record.lane, entered, record.left, record.visit)

    def emitted(self, story: Story) -> None:
        """Forget a story: its rows are out."""
        del self.open[story.opened.visit]
        self._done[story.opened.visit] = story.opened.seq

    def living(self) -> list[Lane]:
        """List its lanes if they have not ended."""
        return [] if self.ended else list(self.lanes.values())

    def cursor(self) -> dict[str, Any]:
        """Say where it is, as JSON: after a restart, records from `resume` on are read again.

        Of those, the visits in `done` are out already, and all else before `next` was taken in.
        """
        waiting = [story.opened.seq for story in self.open.values() if not story.gap]
        self._resume = min(waiting, default=self._next)
        self._done = {visit: seq for visit, seq in self._done.items() if seq >= self._resume}
        return {
            "ended": self.ended,
            "next": self._next,
            "resume": self._resume,
            "done": self._done,
            "lanes": self.lanes.cursor(),
            "connections": self._connections.cursor(),
        }

    # Records, kind by kind.

    def _lane(self, record: Record) -> None:
        self.lanes.told(record)
        if record.parent in self.lanes:
            self._last = max(self._last, record.start)

    def _text(self, record: Record) -> None:
        self._texts[record.visit] = words(record.text)

    def _open(self, record: Record) -> None:
        record = self._stamps.converted(record)
        lane = self.lanes.get(record.lane)
        story = Story(
            self.ring.name,
            record,
            self.hop,
            server_visit=self._world.id(),
            app_visit=self._world.id(),
            lane=lane,
            queue=self._queue_of(record, lane),
            connection=self._connections.get(record.conn),
            method=self._texts.get(record.method, ""),
            protocol=self._texts.get(record.protocol, ""),
            stalls=self._stalls,
        )
        story.target += record.target
        story.follow()
        if story.on_loop:
            story.reading = self._loops.idle(record.lane, record.taken, record.parsed, record.visit)
        self._seen(lane, min(record.taken or record.entered, record.entered), record.entered)
        self.open[record.visit] = story
        self._listener.opened(story)

    def _queue_of(self, record: Record, lane: Lane | None) -> int:
        """What it waited for: the lane that was told, else the arbiter's pool, else the lane itself."""
        if record.queue_lane in self.lanes:
            return self.lanes[record.queue_lane].id
        if lane is None:
            return UNKNOWN
        arbiters = {arbiter.id for arbiter in self._world.arbiters()}
        return lane.parent if lane.parent in arbiters else lane.id

    def _target(self, record: Record) -> None:
        story = self.open.get(record.visit)
        if story is not None and len(story.target) == record.offset:
            story.target += record.text[: record.length]

    def _phase(self, record: Record) -> None:
        lane = self.lanes.get(record.lane)
        queue = self.lanes.get(record.waits_for)
        phase = Phase(UNKNOWN, record.phase, record.start, record.end, cpu_ns=record.cpu)
        phase.what = self._texts.get(record.what)
        phase.waits_for = queue.id if queue and record.phase == PhaseKind.QUEUED else UNKNOWN
        if lane is not None and record.holds:
            phase.lane, phase.holds = lane.id, 1
        self._seen(lane, record.start, record.end)
        story = self.open.get(record.visit)
        if story is not None:
            self._told(story, phase, record)
        elif not record.visit and phase.holds:
            self._unclaimed(phase, record.lane)

    def _unclaimed(self, phase: Phase, lane: int) -> None:
        """A hold by no request. On a loop a wait is told before the step around it, which is cut by it."""
        if self.lanes[lane].kind != LaneKind.LOOP:
            self._world.tell(phase)
        elif phase.kind != PhaseKind.RUNNING:
            self._inner.append(phase)
        else:
            self._loops.hold(lane, phase.start, phase.end, 0)
            inner, self._inner = self._inner, []
            for piece in tile(phase.start, phase.end, [phase, *inner], lambda _a, _b: []):
                self._world.tell(piece)

    def _told(self, story: Story, phase: Phase, record: Record) -> None:
        if phase.kind == PhaseKind.QUEUED and phase.waits_for < 0:
            phase.kind = PhaseKind.UNSEEN
        if phase.holds and self.lanes[record.lane].kind == LaneKind.LOOP:
            story.before[phase.start] = self._loops.hold(record.lane, phase.start, phase.end, record.visit)
        own = story.app_phases if record.flags & layout.APP else story.phases
        phase.visit = story.app_visit if record.flags & layout.APP else story.server_visit
        own.append(phase)

    def _close(self, record: Record) -> None:
        story = self.open.get(record.visit)
        if story is None:
            return
        story.close(record)
        if record.flags & layout.ONE_STEP and story.lane is not None:
            start, end = story.opened.entered, record.left
            step = Phase(story.app_visit, PhaseKind.RUNNING, start, end, lane=story.lane.id, holds=1)
            story.app_phases.append(step)
            self._loops.hold(story.opened.lane, start, end, record.visit)
        self._seen(story.lane, story.opened.entered, max(record.end, record.left))
        self._over.append(story)

    def _mark(self, record: Record) -> None:
        text = self._texts.get(record.value, "")
        if record.what == _LIVE:
            self._world.points[text] = None
        elif record.what == _UNSUPPORTED:
            self._world.unsupported[text] = None
        elif record.what == CLOCK:
            self._stamps.told(record)
        elif record.what == _REQUEST_START and record.visit in self.open:
            self._world.passed_on = True
            self.open[record.visit].passed_on = self._stamps.monotonic(record.value)
        elif record.what == _CALL and record.visit in self.open:
            self._listener.called(self.open[record.visit], record.value.to_bytes(8, "big", signed=True))
        kind = _MARKS.get(record.what)
        if kind is None:
            return
        story = self.open.get(record.visit)
        if story is not None:
            story.marks.append((record.time, kind, record.value))
        else:
            self._world.tell(Mark(record.time, kind, lane=self.lanes.id_of(record.lane), value=record.value))

    def _stall(self, record: Record) -> None:
        lane, what = self.lanes.get(record.lane), self._texts.get(record.what)
        if lane is not None and what:
            gil, idle = (bool(record.flags & flag) for flag in (layout.STALL_GIL, layout.STALL_IDLE))
            self._stalls.add(lane.id, Stall(record.start, record.end, what, gil, idle))

    def _fault(self, record: Record) -> None:
        self._world.faults.append(f"process {self.ring.pid}: {words(record.text)}")
        self._world.tell(Mark(record.time, MarkKind.HOOK_FAULT, value=record.count))

    def _end(self, record: Record) -> None:
        self._good_end = True
        self._last = max(self._last, record.time)

    # What becomes of it all.

    def _seen(self, lane: Lane | None, start: int, end: int) -> None:
        """Note when it lived, and a lane of it."""
        self._last = max(self._last, end)
        self.lanes.seen(lane, start)

    def _lost(self, batch: Batch) -> None:
        """Records are missing: what is open may have been told more than is known."""
        first = batch.records[0].seq if batch.records else batch.next
        missing = batch.torn + max(0, first - max(self._next, 1)) if batch.lost or batch.torn else 0
        if not missing:
            return
        self._world.lost += missing
        self._world.tell(Mark(self._last, MarkKind.LOST, value=missing))
        for story in self.open.values():
            story.gap = True

    def _gone(self) -> None:
        """The process is no more: its lanes end, and what is open stays so."""
        self.ended = True
        killed = any(not story.over for story in self.open.values()) and not self._good_end
        for story in list(self.open.values()):
            if not story.over:
                story.dead = True
                self._listener.over(story)
        for lane in self.lanes.values():
            lane.end = max(self._last, lane.start)
            self._world.tell(lane)
        if killed:
            first = min(self.lanes, default=0)
            self._world.tell(
                Mark(self._last, MarkKind.WORKER_KILLED, lane=self.lanes.id_of(first), value=self.ring.pid)
            )
