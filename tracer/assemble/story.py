"""The story of one visit to a server, as far as its ring has told it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tracer.agent import layout
from tracer.assemble.loops import Hold
from tracer.assemble.stalls import Stalls
from tracer.observe.records import Record
from tracer.recording import UNKNOWN, Lane, LaneKind, Outcome, Phase, Visit

Key = tuple[Any, ...]
"""By what visits are found to be of one request."""

LONGEST_PASS = 60_000_000_000
"""ns. Proxies give up after a minute; an X-Request-Start that is older was sent by somebody else."""


@dataclass(slots=True)
class Connection:
    """A client's connection, as far as the requests on it need to know of each other."""

    id: int  # of its lane
    peer: str  # the client's address
    current: Story | None = None  # the request that came last
    free: int = 0  # when the answer before `current` was out


@dataclass(slots=True)
class Story:
    """What OPEN, TARGET, PHASE, MARK and CLOSE said of one visit. Times are CLOCK_MONOTONIC ns."""

    ring: str
    opened: Record
    server: int  # the hop
    server_visit: int  # ids
    app_visit: int
    lane: Lane | None  # that runs it
    queue: int  # the lane that it waited for, -1 if it is not known
    connection: Connection | None
    method: str
    protocol: str
    stalls: Stalls = field(default_factory=Stalls)  # of its process
    reading: bool = True  # whether the lane was held while the head was read
    target: bytearray = field(default_factory=bytearray)
    phases: list[Phase] = field(default_factory=list)  # of the server's own visit
    app_phases: list[Phase] = field(default_factory=list)
    before: dict[int, Hold | None] = field(default_factory=dict)  # start of a step -> the hold before it
    marks: list[tuple[int, int, int]] = field(default_factory=list)  # time, kind, value
    closed: Record | None = None
    passed_on: int = 0  # by its X-Request-Start: a proxy passed it on then, or earlier; 0 if there is none
    caller: Story | None = None  # whose handler sent it
    calls: list[Key] = field(default_factory=list)  # that its handler sent
    dead: bool = False  # its process is gone: no more will be told
    gap: bool = False  # records were lost while it was open
    previous: Story | None = None  # on its connection, as long as that is not answered
    free: int = 0  # when the answer before it on its connection was out

    @property
    def start(self) -> int:
        """When a proxy passed it on; else when its first byte came."""
        seen, ago = self.seen, self.seen - self.passed_on
        known = self.passed_on and 0 < ago < LONGEST_PASS and (self.connection or self.queue >= 0)
        return self.passed_on if known else seen

    @property
    def seen(self) -> int:
        """Its first byte; if that is not known, the first that was seen of it."""
        opened = self.opened
        return int(opened.arrived or min(t for t in (opened.taken, opened.parsed, opened.entered) if t))

    @property
    def first(self) -> Story:
        """The visit above all callers."""
        return self if self.caller is None else self.caller.first

    @property
    def over(self) -> bool:
        """Whether nothing more will be told of it."""
        return self.closed is not None or self.dead

    @property
    def on_loop(self) -> bool:
        """Whether an event loop runs it."""
        return self.lane is not None and self.lane.kind in (LaneKind.LOOP, LaneKind.GREENLET_HUB)

    @property
    def stepped(self) -> bool:
        """Whether its application is a coroutine, or on a greenlet, the steps of which are told."""
        return bool(self.opened.flags & (layout.ASGI | layout.STEPPED))

    @property
    def lane_id(self) -> int:
        """The id of its lane, -1 if that is not known."""
        return self.lane.id if self.lane else UNKNOWN

    @property
    def peer(self) -> str:
        """The client's address."""
        return self.connection.peer if self.connection else ""

    def follow(self) -> None:
        """Take the place of the request before it on its connection."""
        if self.connection is None:
            return
        before, self.connection.current = self.connection.current, self
        if before is not None and before.closed is None:
            self.previous = before
        self.free = self.connection.free

    def close(self, record: Record) -> None:
        """Take its CLOSE."""
        self.closed = record
        if self.connection is not None:
            self.connection.free = max(self.connection.free, self.answered)

    @property
    def outcome(self) -> Outcome:
        """How it ended, by what the server saw."""
        closed = self.closed
        if closed is None:
            return Outcome.OPEN
        if closed.flags & layout.ABORTED:
            return Outcome.ABANDONED
        whole = 0 < closed.status < 500 and closed.answered and not closed.flags & layout.ERROR
        return Outcome.OK if whole else Outcome.ERROR

    @property
    def status(self) -> int:
        """Of its answer; -1 if none came, or one was broken off by the server."""
        if self.closed is None or (self.outcome == Outcome.ERROR and self.closed.status < 500):
            return UNKNOWN
        return int(self.closed.status or UNKNOWN)

    @property
    def answered(self) -> int:
        """When the last byte of its answer was out; -1 if it was not."""
        if self.closed is None or self.outcome == Outcome.ABANDONED or self.status < 0:
            return UNKNOWN
        return int(self.closed.answered or UNKNOWN)

    @property
    def freed(self) -> int:
        """When its connection was free for it: before that it stood behind another (pipelining)."""
        if self.previous is not None and self.previous.closed is not None:
            self.free = max(self.free, self.previous.answered)
            self.previous = None
        return self.free


@dataclass(slots=True)
class Stay:
    """A visit with the phases that tile it."""

    visit: Visit
    phases: list[Phase]
