"""A stay: one visit while its messages come in, and while it is not yet known whose child it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tracer.assemble.packets.places import Moment
from tracer.recording import UNKNOWN, Match, Outcome

if TYPE_CHECKING:
    from tracer.assemble.packets.identity import Identity
    from tracer.assemble.packets.line import Line

GATEWAY_TIMEOUT = 504


@dataclass(slots=True, eq=False)
class Stay:
    """One exchange of a connection. Moments are None as long as they have not come."""

    id: int
    talk: Line
    stream: int
    method: str
    target: str
    protocol: str
    identity: Identity
    start: Moment  # first byte in
    head: Moment  # last byte of the head
    sent: Moment | None = None  # last byte in
    first: Moment | None = None  # first byte out, of the answer proper
    last: Moment | None = None  # last byte out
    freed: Moment | None = None  # until then it stood behind another (pipelining)
    waiting: bool = False  # it still does
    end: Moment | None = None  # None: open
    status: int = UNKNOWN
    bytes_in: int = UNKNOWN
    bytes_out: int = UNKNOWN
    encoded: bool = False  # the answer's body has a content coding
    outcome: Outcome = Outcome.OPEN
    switched: str = ""  # the protocol that its connection went over to

    # What it is joined to

    parent: Stay | None = None
    match: Match = Match.NONE
    confidence: int = UNKNOWN
    attempt: int = 1
    children: list[Stay] = field(default_factory=list)
    keys: tuple[object, ...] = ()  # by which it is found, as a parent

    # While that is not decided

    passed: bool = False  # the sweep has come to its end
    decided: bool = False
    complete: bool = False  # and so are all its children
    by: Match = Match.NONE
    maybe: list[Stay] = field(default_factory=list)  # stays that may be its parent
    left: int = 0  # of these, the ones that have not passed
    claims: list[Stay] = field(default_factory=list)  # stays whose parent it may be
    claimants: int = 0  # of these, the undecided ones

    @property
    def simple(self) -> bool:
        """It had the connection from its start on, and its moments came one after the other."""
        sent, first, last = self.sent, self.first, self.last
        if sent is None or first is None or last is None or self.waiting or self.freed:
            return False
        start = self.start
        by_frame = start.frame <= sent.frame < first.frame <= last.frame
        return by_frame and start.time <= sent.time <= first.time <= last.time

    @property
    def broken(self) -> bool:
        """It ended without a whole answer."""
        return self.outcome in (Outcome.ERROR, Outcome.ABANDONED) and self.last is None

    @property
    def gave_up(self) -> bool:
        """What it called may have gone on without it: it broke off, or had waited long enough (504)."""
        return self.broken or self.status == GATEWAY_TIMEOUT

    @property
    def over(self) -> bool:
        """Whether nothing more will be told of it."""
        return self.outcome != Outcome.OPEN or self.end is not None

    @property
    def lasting(self) -> bool:
        """Answered, and going on in another protocol."""
        return bool(self.switched) and self.last is not None

    def break_off(self, moment: Moment, outcome: Outcome) -> None:
        """End it before its answer was whole; nothing ends before it starts."""
        self.outcome = outcome
        if outcome == Outcome.ERROR and self.status < 500:
            self.status = UNKNOWN
        seen = [m for m in (self.start, self.sent, self.first, self.freed, moment) if m is not None]
        self.end = Moment(max(m.frame for m in seen), max(m.time for m in seen))
