"""Requests as records, each with its visits: what `tracer requests` prints, piece by piece."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracer.analysis.lanes import names
from tracer.analysis.lookup import at
from tracer.analysis.queues import queued_ns
from tracer.recording import CERTAIN, UNKNOWN, LaneKind, Match, Outcome, PhaseKind, Recording, Role
from tracer.recording.nouns import I4

PIECE = 10_000  # requests turned into records at once

REQUEST_FIELDS = (
    *("id", "method", "target", "status", "outcome", "start_ns", "end_ns"),
    *("request_body_bytes", "response_body_bytes"),
)
VISIT_FIELDS = (
    *("hop", "visit", "parent", "attempt", "outcome", "protocol", "src", "dst", "lane"),
    *("start_ns", "first_byte_ns", "end_ns", "released_ns", "status", "queued_ns", "match", "confidence"),
)

Record = dict[str, Any]
Numbers = tuple[NDArray[np.int64], NDArray[np.int64]]
"""Of a part of a recording: the numbers that its requests and visits have in the whole."""
_OUTCOMES = [outcome.name.lower() for outcome in Outcome]
_MATCHES = [match.name.lower() if match else None for match in Match]


def records(
    recording: Recording,
    piece: int = PIECE,
    numbers: Numbers | None = None,
    chosen: NDArray[np.bool_] | None = None,
) -> Iterator[Record]:
    """Give each request, or those `chosen`, with its visits under `hops`, by start, the client's left out.

    What is not known is None. `numbers`: those to print, where the recording is a part of another. Only the
    visits' order, queues and lanes are worked out for the whole recording (24 bytes a visit); records are
    made `piece` requests at a time.
    """
    listing = _Listing(recording, numbers, chosen)
    for first in range(0, len(listing.kept), piece):
        yield from listing.records(first, first + piece)


def flat(record: Record) -> Iterator[Record]:
    """Give one row a visit, its fields as `hops.hop`, `hops.lane`, …; one row if there is none."""
    request = {name: record[name] for name in record if name != "hops"}
    for visit in record["hops"] or [{}]:
        yield request | {f"hops.{name}": value for name, value in visit.items()}


FLAT_FIELDS = (*REQUEST_FIELDS, *(f"hops.{name}" for name in VISIT_FIELDS))


def rows(
    recording: Recording,
    piece: int = PIECE,
    numbers: Numbers | None = None,
    chosen: NDArray[np.bool_] | None = None,
) -> Iterator[list[tuple[Any, ...]]]:
    """Give the values of FLAT_FIELDS, one row a visit, in pieces: as `flat`, but several times as fast."""
    listing = _Listing(recording, numbers, chosen)
    for first in range(0, len(listing.kept), piece):
        yield listing.rows(first, first + piece)


class _Listing:
    """A recording with its visits in order of request, and what its phases say of each visit.

    Requests go by their place among those that are kept.
    """

    def __init__(
        self, recording: Recording, numbers: Numbers | None, chosen: NDArray[np.bool_] | None
    ) -> None:
        self.recording = recording
        self.numbers = numbers or (
            np.arange(len(recording.requests.start)),
            np.arange(len(recording.visits.start)),
        )
        visits = recording.visits
        self.client = recording.hops.role == Role.CLIENT
        shown = np.flatnonzero((visits.request >= 0) & ~self.client[visits.hop])
        self.kept = np.arange(len(recording.requests.start)) if chosen is None else np.flatnonzero(chosen)
        place = visits.request
        if chosen is not None:
            shown = shown[chosen[visits.request[shown]]]
            place = at(np.cumsum(chosen, dtype=np.int32) - 1, visits.request, UNKNOWN)
        # Visits stand by start, and a stable sort keeps that within a request.
        self.order = shown[np.argsort(place[shown], kind="stable")]
        self.request = place[self.order]
        self.queued = queued_ns(recording, recording.phases.end)
        self.lane = first_lanes(recording)
        self.names = names(recording)

    def records(self, first: int, after: int) -> Iterator[Record]:
        """Give the records of some requests."""
        begin, end = np.searchsorted(self.request, [first, after])
        rows = self.order[begin:end]
        visits = [
            dict(zip(VISIT_FIELDS, values, strict=True)) for values in zip(*self._visits(rows), strict=True)
        ]
        ends = np.searchsorted(self.request[begin:end], np.arange(first, after), "right").tolist()
        start = 0
        for number, values in enumerate(zip(*self._requests(first, after), strict=True)):
            yield {**dict(zip(REQUEST_FIELDS, values, strict=True)), "hops": visits[start : ends[number]]}
            start = ends[number]

    def rows(self, first: int, after: int) -> list[tuple[Any, ...]]:
        """Give some requests as rows of FLAT_FIELDS; a request without visits is a row as well."""
        after = min(after, len(self.kept))
        begin, end = np.searchsorted(self.request, [first, after])
        bare = np.setdiff1d(np.arange(first, after), self.request[begin:end])
        visits = self._visits(self.order[begin:end])
        of_row = np.concatenate([self.request[begin:end], bare])
        order = np.argsort(of_row, kind="stable").tolist()
        columns: list[list[Any]] = [
            [column[row] for row in (of_row[order] - first).tolist()]
            for column in self._requests(first, after)
        ]
        nothing = [None] * len(bare)
        columns += [[(values + nothing)[row] for row in order] for values in visits] if len(bare) else visits
        return list(zip(*columns, strict=True))

    def _requests(self, first: int, after: int) -> list[list[Any]]:
        """Give the columns of REQUEST_FIELDS."""
        table, rows = self.recording.requests, self.kept[first:after]
        return [
            self.numbers[0][rows].tolist(),
            self._texts(table.method[rows]),
            self._texts(table.target[rows]),
            _known(table.status[rows]),
            [_OUTCOMES[value] for value in table.outcome[rows].tolist()],
            *(_known(column[rows]) for column in (table.start, table.end, table.bytes_in, table.bytes_out)),
        ]

    def _visits(self, rows: NDArray[np.intp]) -> list[list[Any]]:
        """Give the columns of VISIT_FIELDS."""
        table, lanes = self.recording.visits, self.recording.lanes
        connection = table.connection[rows]
        return [
            self._texts(self.recording.hops.name[table.hop[rows]]),
            self.numbers[1][rows].tolist(),
            _known(self._parents(rows)),
            _known(table.attempt[rows]),
            [_OUTCOMES[value] for value in table.outcome[rows].tolist()],
            self._texts(table.protocol[rows]),
            self._texts(at(lanes.src, connection, UNKNOWN)),
            self._texts(at(lanes.dst, connection, UNKNOWN)),
            [self.names[lane] if lane >= 0 else None for lane in self.lane[rows].tolist()],
            *(_known(column[rows]) for column in (table.start, table.first_byte, table.answered, table.end)),
            _known(table.status[rows]),
            _known(self.queued[rows]),
            [_MATCHES[value] for value in table.match[rows].tolist()],
            _known(table.confidence[rows], lambda value: value / CERTAIN),
        ]

    def _parents(self, rows: NDArray[np.intp]) -> NDArray[np.int64]:
        """Give the parents that are listed: the client's visit is not."""
        parent = self.recording.visits.parent[rows]
        listed = (parent >= 0) & ~self.client[self.recording.visits.hop[parent]]
        return np.where(listed, self.numbers[1][parent], UNKNOWN)

    def _texts(self, numbers: NDArray[np.int32]) -> list[str | None]:
        texts = self.recording.texts.some(np.unique(numbers))
        return [texts.get(number) for number in numbers.tolist()]


def first_lanes(recording: Recording) -> I4:
    """Give for each visit the first lane that it held and that is no connection; -1 if none.

    While a visit is CALLING, the visit nested in it says who holds: gunicorn's holds what its app does.
    """
    phases = recording.phases
    rows = np.flatnonzero((phases.holds == 1) & (phases.lane >= 0) & (phases.visit >= 0))
    rows = rows[recording.lanes.kind[phases.lane[rows]] != LaneKind.CONNECTION][::-1]
    lane = np.full(len(recording.visits.start), UNKNOWN, np.int32)
    lane[phases.visit[rows]] = phases.lane[rows]  # backwards, so that the first phase is written last
    return _nested(recording, lane)


def _nested(recording: Recording, lane: I4) -> I4:
    """Hand lanes up from visits to those that called them and hold none themselves."""
    phases, parent = recording.phases, recording.visits.parent
    calling = np.zeros(len(lane), bool)
    calling[phases.visit[(phases.kind == PhaseKind.CALLING) & (phases.visit >= 0)]] = True
    while True:
        rows = np.flatnonzero((lane >= 0) & (parent >= 0))
        rows = rows[calling[parent[rows]] & (lane[parent[rows]] == UNKNOWN)][::-1]
        if not len(rows):
            return lane
        lane[parent[rows]] = lane[rows]


def _known(column: NDArray[Any], as_: Callable[[Any], Any] | None = None) -> list[Any]:
    if as_ is None and not (column == UNKNOWN).any():
        return list(column.tolist())
    return [None if value == UNKNOWN else as_(value) if as_ else value for value in column.tolist()]
