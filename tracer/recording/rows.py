"""Rows, which a source writes one at a time, before they become columns.

The fields are those of the tables in `nouns`, with text as str (None: no text). Hops, lanes, requests and
visits carry an `id` while they are rows; `Recording.of` sorts them and makes the row's number its id.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tracer.recording.nouns import UNKNOWN, Evidence, LaneKind, MarkKind, Match, Outcome, PhaseKind, Role


@dataclass(slots=True)
class Hop:
    """One stage of the stack."""

    id: int
    name: str
    role: int = Role.GATEWAY
    software: str | None = None
    protocol: str | None = None


@dataclass(slots=True)
class Lane:
    """One thing that can execute or carry in a hop."""

    id: int
    hop: int
    label: str
    kind: int = LaneKind.PROCESS
    capacity: int = 1
    parent: int = UNKNOWN
    pid: int = UNKNOWN
    tid: int = UNKNOWN
    src: str | None = None
    dst: str | None = None
    start: int = UNKNOWN
    end: int = UNKNOWN


@dataclass(slots=True)
class Request:
    """One end-to-end exchange."""

    id: int
    start: int
    method: str | None = None
    target: str | None = None
    status: int = UNKNOWN
    end: int = UNKNOWN
    bytes_in: int = UNKNOWN
    bytes_out: int = UNKNOWN
    outcome: int = Outcome.OPEN


@dataclass(slots=True)
class Visit:
    """One stay of one request at one hop."""

    id: int
    request: int
    hop: int
    start: int
    parent: int = UNKNOWN
    attempt: int = 1
    connection: int = UNKNOWN
    stream: int = UNKNOWN
    protocol: str | None = None
    status: int = UNKNOWN
    outcome: int = Outcome.OPEN
    detached: int = 0
    first_byte: int = UNKNOWN
    answered: int = UNKNOWN
    end: int = UNKNOWN
    match: int = Match.NONE
    confidence: int = UNKNOWN


@dataclass(slots=True)
class Phase:
    """An interval of a visit in one state."""

    visit: int
    kind: int
    start: int
    end: int = UNKNOWN
    lane: int = UNKNOWN
    holds: int = 0
    waits_for: int = UNKNOWN
    cpu_ns: int = UNKNOWN
    what: str | None = None
    evidence: int = Evidence.HOOK
    first_frame: int = UNKNOWN
    last_frame: int = UNKNOWN


@dataclass(slots=True)
class Mark:
    """An instant."""

    time: int
    kind: int = MarkKind.NOTE
    request: int = UNKNOWN
    visit: int = UNKNOWN
    lane: int = UNKNOWN
    value: int = UNKNOWN
    evidence: int = Evidence.HOOK
    first_frame: int = UNKNOWN
    last_frame: int = UNKNOWN


Row = Hop | Lane | Request | Visit | Phase | Mark


@dataclass(slots=True)
class Rows:
    """Rows of all six nouns, in any order; the names are those of the tables."""

    hops: list[Hop] = field(default_factory=list)
    lanes: list[Lane] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)
    phases: list[Phase] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)


__all__ = ["Hop", "Lane", "Mark", "Phase", "PhaseKind", "Request", "Row", "Rows", "Visit"]
