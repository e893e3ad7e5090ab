"""Small recordings told by hand, in ms: a visit is a list of steps, each lasting until the next."""

from __future__ import annotations

from dataclasses import dataclass, field

from tracer.recording import (
    Clock,
    Hop,
    Lane,
    Mark,
    Outcome,
    Phase,
    PhaseKind,
    Recording,
    Request,
    Rows,
    Visit,
)
from tracer.recording.nouns import UNKNOWN, Evidence

MS = 1_000_000
HOLDING = (PhaseKind.RUNNING, PhaseKind.BLOCKED, PhaseKind.TRANSFER)


def ns(ms: float | None) -> int:
    return UNKNOWN if ms is None else round(ms * MS)


@dataclass
class Step:
    kind: PhaseKind
    until: float | None  # None: still open
    on: int = UNKNOWN
    holds: bool | None = None
    waits: int = UNKNOWN
    what: str | None = None
    cpu: float | None = None
    evidence: int = Evidence.HOOK
    frames: tuple[int, int] = (UNKNOWN, UNKNOWN)

    def row(self, visit: int, start: int) -> Phase:
        holds = self.kind in HOLDING and self.on >= 0 if self.holds is None else self.holds
        return Phase(
            visit, self.kind, start, ns(self.until), self.on, int(holds), self.waits, ns(self.cpu), self.what,
            self.evidence, *self.frames,
        )  # fmt: skip


@dataclass
class Story:
    rows: Rows = field(default_factory=Rows)
    clocks: list[Clock] = field(default_factory=lambda: [Clock("monotonic")])

    def hop(self, name: str, role: int = 2) -> int:
        self.rows.hops.append(Hop(len(self.rows.hops), name, role))
        return len(self.rows.hops) - 1

    def lane(
        self, hop: int, label: str, kind: int, *, capacity=1, parent=UNKNOWN, born=0.0, died=None
    ) -> int:
        number = len(self.rows.lanes)
        lane = Lane(number, hop, label, kind, capacity, parent, start=ns(born), end=ns(died))
        self.rows.lanes.append(lane)
        return number

    def request(self, start=0.0, end=None, outcome=Outcome.OK, status=200) -> int:
        number = len(self.rows.requests)
        if outcome != Outcome.OK and status == 200:
            status = UNKNOWN
        self.rows.requests.append(
            Request(number, ns(start), "GET", "/", status, ns(end), outcome=outcome)
        )  # fmt: skip
        return number

    def visit(self, request: int, hop: int, start: float, steps: list[Step], *, answered=None, **more) -> int:
        number = len(self.rows.visits)
        end = steps[-1].until if steps else start
        outcome = more.pop("outcome", Outcome.OPEN if end is None and answered is None else Outcome.OK)
        if outcome == Outcome.OK and answered is None:
            answered = end
        self.rows.visits.append(
            Visit(
                number, request, hop, ns(start), answered=ns(answered), end=ns(end), outcome=outcome, **more
            )
        )
        for step in steps:
            self.rows.phases.append(step.row(number, ns(start)))
            start = step.until
        return number

    def held(self, lane: int, start: float, end: float | None, what: str, kind=PhaseKind.BLOCKED) -> None:
        """A lane held by no request."""
        self.rows.phases.append(Step(kind, end, lane, True, what=what).row(UNKNOWN, ns(start)))

    def mark(self, time: float, kind: int, **more) -> None:
        self.rows.marks.append(Mark(ns(time), kind, **more))

    def meta(self) -> dict:
        return {"source": "hook", "clocks": [clock.as_meta() for clock in self.clocks]}

    def recording(self) -> Recording:
        return Recording.of(self.rows, self.meta())
