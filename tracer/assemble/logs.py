"""An access log -> a Recording: what a proxy says of each request, and what it cannot see is UNSEEN.

Of an upstream the log says how long it was asked, not when: a proxy asks when it has the head (and a body,
if there is one) and answers when it has the answer, so the attempts are put at the start. Where more than
the log's resolution is left over, that is a guess, and the phase says so: its evidence is INFERRED.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path
from typing import Any

from tracer.observe.logs import Attempt, Log, LogError, Logged
from tracer.recording import (
    Evidence,
    Hop,
    Lane,
    LaneKind,
    Mark,
    MarkKind,
    Outcome,
    Phase,
    PhaseKind,
    Recording,
    Request,
    Role,
    Rows,
    Visit,
)
from tracer.recording.columns import arrange, encode, joined
from tracer.recording.texts import Interner
from tracer.recording.trace import trace_of

UNKNOWN = -1
MILLISECOND = 10**6
LAG = 1_000_000
"""ns by which a proxy's clock is late, besides: nginx reads it once a turn of its loop."""
PIECE = 10_000  # lines that are rows at once
CLOSED_BY_CLIENT = 499  # nginx's own, sent to nobody
NO_ANSWER = 444  # nginx's own: it closes the connection


def recording_of_log(path: Path) -> Recording:
    """Read a log. Raises LogError, one sentence, where no line of it can be read.

    `meta["faults"]` has a sentence for each line that could not be.
    """
    log = Log(path)
    world, intern = _World(), Interner()
    parts = [encode(world.rows(lines), intern) for lines in _pieces(log)]
    if not parts:
        raise LogError(log.faults[0] if log.faults else f"{path}: there is no request in this log")
    parts.append(encode(Rows(hops=list(world.hops.values())), intern))
    tables, texts = arrange(joined(parts), intern.texts())
    return Recording(**tables, texts=texts, meta=_meta(path, world, log.faults))


def _pieces(log: Iterable[Logged]) -> Iterator[list[Logged]]:
    lines = iter(log)
    while piece := list(islice(lines, PIECE)):
        yield piece


def _meta(path: Path, world: _World, faults: list[str]) -> dict[str, Any]:
    doubt = world.resolution + (LAG if world.resolution >= MILLISECOND else 0)
    clock = {"name": "log", "offset_ns": 0, "uncertainty_ns": doubt, "hops": list(world.hops)}
    return {"source": "log", "title": path.name, "clocks": [clock], "faults": faults}


class _World:
    """Ids, and the hops and connections that were met."""

    def __init__(self) -> None:
        self.hops: dict[str, Hop] = {}
        self.resolution = 0
        self._connections: dict[str, int] = {}
        self._ids = count()

    def rows(self, lines: Iterable[Logged]) -> Rows:
        """Tell some lines."""
        rows = Rows()
        for line in lines:
            self.resolution = max(self.resolution, line.resolution)
            _tell(rows, line, self)
        return rows

    def id(self) -> int:
        """Give an id that is new."""
        return next(self._ids)

    def hop(self, name: str, role: Role, protocol: str | None = None) -> int:
        """Give the id of a hop."""
        if name not in self.hops:
            software = name if role == Role.PROXY else None
            self.hops[name] = Hop(len(self.hops), name, role, software, protocol)
        return self.hops[name].id

    def connection(self, rows: Rows, line: Logged, hop: int) -> int:
        """Give the lane of a client's connection; -1 if the log does not say which it was."""
        name = f"{line.src} {line.connection}"
        if line.src is None:
            return UNKNOWN
        if name not in self._connections or line.connection is None:
            lane = Lane(self.id(), hop, f"connection {line.src}", LaneKind.CONNECTION, capacity=0)
            lane.src, lane.dst, lane.start = line.src, line.dst, line.start
            rows.lanes.append(lane)
            self._connections[name] = lane.id
        return self._connections[name]


def _tell(rows: Rows, line: Logged, world: _World) -> None:
    """Tell one line: a request, the proxy's visit, a visit for each upstream that it asked."""
    hop = world.hop(line.server, Role.PROXY, line.protocol)
    outcome, status = _outcome(line)
    request = Request(world.id(), line.start, line.method, line.target, status, line.end, outcome=outcome)
    request.bytes_in, request.bytes_out = line.bytes_in, line.bytes_out
    visit = Visit(world.id(), request.id, hop, line.start, status=status, outcome=outcome, end=line.end)
    visit.protocol, visit.first_byte = line.protocol, line.first_byte
    visit.answered = line.end if status != UNKNOWN else UNKNOWN
    visit.connection = world.connection(rows, line, hop)
    rows.requests.append(request)
    rows.visits.append(visit)
    asked = list(_placed(line))
    rows.phases += _phases(visit, asked, line.resolution)
    for attempt, (start, end, said) in enumerate(asked, 1):
        _upstream(rows, visit, _Asked(attempt, start, end, said), world)
    if line.traceparent and (trace := trace_of(line.traceparent)):
        mark = Mark(line.start, MarkKind.TRACE, request.id, visit.id, value=trace, evidence=Evidence.LOG)
        rows.marks.append(mark)


def _outcome(line: Logged) -> tuple[Outcome, int]:
    """Give the outcome, and the status that was sent (-1: none was)."""
    if line.status == CLOSED_BY_CLIENT:
        return Outcome.ABANDONED, UNKNOWN
    if line.status in (NO_ANSWER, UNKNOWN):
        return Outcome.ERROR, UNKNOWN
    return Outcome.ERROR if line.status >= 500 else Outcome.OK, line.status


def _placed(line: Logged) -> Iterator[tuple[int, int, Attempt]]:
    """Put attempts one after another from the request's start; none goes beyond its end."""
    start = line.start
    for attempt in line.attempts:
        end = min(start + max(attempt.took, 0), line.end)
        yield start, end, attempt
        start = end


def _phases(visit: Visit, asked: list[tuple[int, int, Attempt]], resolution: int) -> list[Phase]:
    """AWAITING while an upstream was asked, UNSEEN for the rest."""
    waited = asked[-1][1] if asked else visit.start
    left = visit.end - waited
    evidence = Evidence.INFERRED if left > 2 * resolution and waited > visit.start else Evidence.LOG
    phases = []
    if waited > visit.start:
        phases.append(Phase(visit.id, PhaseKind.AWAITING, visit.start, waited, evidence=evidence))
    if left or not phases:
        phases.append(Phase(visit.id, PhaseKind.UNSEEN, waited, visit.end, evidence=evidence))
    return phases


@dataclass(frozen=True, slots=True)
class _Asked:
    """An attempt and where it was put."""

    number: int
    start: int
    end: int
    said: Attempt


def _upstream(rows: Rows, parent: Visit, asked: _Asked, world: _World) -> None:
    """Tell what the proxy saw of an upstream: when its head came and when its answer was whole."""
    said, hop = asked.said, world.hop(asked.said.address, Role.GATEWAY)
    outcome, status = _upstream_outcome(said, parent)
    visit = Visit(world.id(), parent.request, hop, asked.start, parent.id, asked.number, outcome=outcome)
    visit.status, visit.end = status, asked.end
    if status != UNKNOWN:
        visit.first_byte, visit.answered = min(asked.start + said.head, asked.end), asked.end
    rows.visits.append(visit)
    rows.phases.append(Phase(visit.id, PhaseKind.UNSEEN, asked.start, asked.end, evidence=Evidence.LOG))


def _upstream_outcome(said: Attempt, parent: Visit) -> tuple[Outcome, int]:
    """Of an attempt whose head never came, nginx logs the status that it made of it itself."""
    if said.head != UNKNOWN:
        return Outcome.ERROR if said.status >= 500 else Outcome.OK, said.status
    if said.connected == UNKNOWN and said.status == 502:
        return Outcome.REFUSED, UNKNOWN
    if said.status == 504:
        return Outcome.TIMEOUT, UNKNOWN
    return (Outcome.ABANDONED if parent.outcome == Outcome.ABANDONED else Outcome.ERROR), UNKNOWN
