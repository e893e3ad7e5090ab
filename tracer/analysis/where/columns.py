"""The columns that fields stand for, made from a Recording when they are first asked for, and kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tracer.analysis.lanes import names
from tracer.analysis.listing import Numbers, first_lanes
from tracer.analysis.queues import queued_ns
from tracer.analysis.where.spans import Spans
from tracer.recording import UNKNOWN, Match, Outcome, PhaseKind, Recording, Role
from tracer.recording.nouns import I4, I8

_KINDS = {kind.name.lower(): kind for kind in PhaseKind if kind not in (PhaseKind.QUEUED, PhaseKind.CALLING)}


@dataclass(frozen=True, slots=True)
class Column:
    """Values of one field: numbers in its unit, or numbers of `texts`; -1 is not known.

    `request` says of each value whose it is; None: value i is request i's.
    """

    values: NDArray[np.integer]
    texts: Spans | None = None
    request: I4 | None = None


class Columns:
    """The columns of a recording, by field. Of a part of one: its requests' numbers, and when time 0 is."""

    def __init__(
        self, recording: Recording, numbers: Numbers | None = None, origin: int | None = None
    ) -> None:
        self.recording = recording
        self.requests = len(recording.requests.start)
        self._numbers, self._origin = numbers, origin
        self._made: dict[str, Column] = {}

    def __getitem__(self, name: str) -> Column:
        """Give the column of a field."""
        if name not in self._made:
            self._made[name] = _MAKERS[name](self)
        return self._made[name]

    @cached_property
    def origin(self) -> int:
        """When the first request was due: time 0 of `start` and `end`."""
        starts = self.recording.requests.start
        if self._origin is not None:
            return self._origin
        return int(starts[0]) if self.requests else 0

    @cached_property
    def spans(self) -> Spans:
        """The texts of the recording."""
        return Spans.of(self.recording.texts)

    @cached_property
    def paths(self) -> Spans:
        """The texts of the recording, cut to paths."""
        return self.spans.paths()

    @cached_property
    def listed(self) -> NDArray[np.intp]:
        """The visits that count: of requests, the client's left out; in order of start."""
        visits = self.recording.visits
        client = self.recording.hops.role == Role.CLIENT
        return np.flatnonzero((visits.request >= 0) & ~client[visits.hop])

    @cached_property
    def visitor(self) -> I4:
        """The request of each visit listed."""
        return self.recording.visits.request[self.listed]

    @cached_property
    def journeys(self) -> tuple[NDArray[np.intp], I4]:
        """The visits listed in order of request, each request's by start; and the request of each."""
        order = np.argsort(self.visitor, kind="stable")
        return self.listed[order], self.visitor[order]

    def made(self, name: str) -> bool:
        """Whether the column of a field was made already."""
        return name in self._made

    def visit(self, values: NDArray[np.integer], texts: Spans | None = None) -> Column:
        """Give a column of the visits listed, of one of all visits."""
        return Column(values[self.listed], texts, self.visitor)

    @cached_property
    def stayed(self) -> tuple[NDArray[np.intp], I4]:
        """The phases of visits listed, and the request of each."""
        of_visit = np.full(len(self.recording.visits.request) + 1, UNKNOWN, np.int32)
        of_visit[self.listed] = self.visitor
        request = of_visit[self.recording.phases.visit]  # -1, no visit, reads the last place: no request
        rows = np.flatnonzero(request >= 0)
        return rows, request[rows]

    def spent(self, kind: PhaseKind) -> I8:
        """Sum what requests spent in phases of a kind; UNKNOWN where one is still open."""
        phases, (rows, request) = self.recording.phases, self.stayed
        some = phases.kind[rows] == kind
        rows, request = rows[some], request[some]
        lengths = phases.end[rows] - phases.start[rows]
        total = np.bincount(request, lengths, self.requests).astype(np.int64)
        total[request[phases.end[rows] == UNKNOWN]] = UNKNOWN
        return total

    @cached_property
    def unseen(self) -> I8:
        """The time of each request of which nothing was seen."""
        return self.spent(PhaseKind.UNSEEN)


def _since(column: I8, origin: int) -> I8:
    return np.where(column == UNKNOWN, np.int64(UNKNOWN), column - origin)


def _id(columns: Columns) -> Column:
    numbers = np.arange(columns.requests) if columns._numbers is None else columns._numbers[0]  # noqa: SLF001
    return Column(numbers)


def _latency(columns: Columns) -> Column:
    table = columns.recording.requests
    known = (table.end != UNKNOWN) & (table.start != UNKNOWN)
    return Column(np.where(known, table.end - table.start, np.int64(UNKNOWN)))


def _queued(columns: Columns) -> Column:
    """Sum over the visits where queueing can be seen; UNKNOWN where it can be seen at none."""
    ns = queued_ns(columns.recording, columns.recording.phases.end)[columns.listed]
    known = ns != UNKNOWN
    request = columns.visitor[known]
    total = np.bincount(request, ns[known], columns.requests).astype(np.int64)
    seen = np.zeros(columns.requests, bool)
    seen[request] = True
    return Column(np.where(seen, total, np.int64(UNKNOWN)))


def _spent(kind: PhaseKind) -> Callable[[Columns], Column]:
    def made(columns: Columns) -> Column:
        """Give the sums; nothing, where there was time unseen, is not known to be nothing."""
        if kind is PhaseKind.UNSEEN:
            return Column(columns.unseen)
        total = columns.spent(kind)
        return Column(np.where((total == 0) & (columns.unseen != 0), np.int64(UNKNOWN), total))

    return made


def _match(columns: Columns) -> Column:
    match = columns.recording.visits.match
    texts = Spans.made(one.name.lower() for one in Match)
    return columns.visit(np.where(match == Match.NONE, np.int8(UNKNOWN), match), texts)


def _hop(columns: Columns) -> Column:
    recording = columns.recording
    return columns.visit(recording.hops.name[recording.visits.hop], columns.spans)


def _lane(columns: Columns) -> Column:
    told = Spans.made(name or "" for name in names(columns.recording))
    return columns.visit(first_lanes(columns.recording), told)


def _what(columns: Columns) -> Column:
    rows, request = columns.stayed
    return Column(columns.recording.phases.what[rows], columns.spans, request)


def _outcome(columns: Columns) -> Column:
    return Column(columns.recording.requests.outcome, Spans.made(one.name.lower() for one in Outcome))


def _visits(columns: Columns) -> Column:
    return Column(np.bincount(columns.visitor, minlength=columns.requests))


_MAKERS: dict[str, Callable[[Columns], Column]] = {
    "id": _id,
    "method": lambda c: Column(c.recording.requests.method, c.spans),
    "path": lambda c: Column(c.recording.requests.target, c.paths),
    "target": lambda c: Column(c.recording.requests.target, c.spans),
    "status": lambda c: Column(c.recording.requests.status),
    "outcome": _outcome,
    "latency": _latency,
    "start": lambda c: Column(_since(c.recording.requests.start, c.origin)),
    "end": lambda c: Column(_since(c.recording.requests.end, c.origin)),
    "queued": _queued,
    "bytes_in": lambda c: Column(c.recording.requests.bytes_in),
    "bytes_out": lambda c: Column(c.recording.requests.bytes_out),
    "visits": _visits,
    "hop": _hop,
    "lane": _lane,
    "protocol": lambda c: c.visit(c.recording.visits.protocol, c.spans),
    "attempt": lambda c: c.visit(c.recording.visits.attempt),
    "match": _match,
    "confidence": lambda c: c.visit(c.recording.visits.confidence),
    "what": _what,
    **{name: _spent(kind) for name, kind in _KINDS.items()},
}
"""Field -> what makes its column."""
