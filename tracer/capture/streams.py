"""Layer 3: from segments to connections: their bytes in order, gaps, and what happened to them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, islice, pairwise

import numpy as np

from tracer.capture.capture import Capture
from tracer.capture.events import End, Event
from tracer.capture.flow import Run
from tracer.capture.grouping import Group, Grouping, Key, grouping
from tracer.capture.headers import Dissector, Segments
from tracer.capture.records import UNKNOWN
from tracer.capture.tracked import Segment, Tracked
from tracer.capture.whole import Over, Wholes, whole

LINGER = 2 * 10**9
"""What comes within 2 s after the end of a connection is taken for late segments of it."""
MOST_CLOSED = 1 << 16
"""Closed connections of which late segments are still expected, at most."""

WORTH = 24
"""With fewer smooth segments in a row, looking at each is as fast as the short cut."""


class Streams:
    """Puts TCP connections together, chunk after chunk; what it keeps is what is open.

    Of a connection the first event is OPENED and the last CLOSED (none if it stays open). Data and gaps
    of a direction come in the order of their bytes. Within one `feed` the events of a connection stand
    together, and data to the server before data to the client; notes have their own times.
    """

    def __init__(self) -> None:
        self._table: dict[Key, Tracked | Over] = {}
        self._waiting: dict[int, Tracked] = {}  # those with a hole, by id
        self._closed: dict[int, tuple[Key, Tracked | Over]] = {}  # by id, in the order in which they closed
        self.short_cuts = True  # off, every segment is looked at alone: for tests, the result is the same

    def feed(self, segments: Segments) -> list[Event]:
        """Take in the next chunk of segments; give what they bring about."""
        events: list[Event] = []
        if len(segments):
            self._groups(grouping(segments).groups(), segments, events)
            self._sweep(int(segments.time[-1]), events)
        return events

    def feed_columns(self, segments: Segments) -> list[Event | Wholes]:
        """Do the same; connections that are whole in the chunk are told in columns, not by events."""
        told: list[Event | Wholes] = []
        if not len(segments):
            return told
        grouped = grouping(segments)
        known = np.fromiter((key in self._table for key in grouped.keys), np.bool_, len(grouped.keys))
        fresh = whole(grouped, segments) & ~known
        groups = grouped.groups()
        edges = [0, *(np.flatnonzero(np.diff(fresh)) + 1).tolist(), len(groups)]
        for begin, end in pairwise(edges):
            if fresh[begin]:
                told.append(self._whole(grouped, begin, end, segments))
            else:
                events: list[Event] = []
                self._groups(groups[begin:end], segments, events)
                told += events
        late: list[Event] = []
        self._sweep(int(segments.time[-1]), late)
        return [*told, *late]

    def _whole(self, grouped: Grouping, begin: int, end: int, segments: Segments) -> Wholes:
        """Take in connections that are whole."""
        bounds = grouped.bounds[begin : end + 1]
        cut = np.s_[bounds[0] : bounds[-1]]
        keys = grouped.keys[begin:end]
        wholes = Wholes(segments, keys, grouped.rows[cut], bounds - bounds[0], grouped.upward[cut])
        for over in wholes.over():
            self._table[over.key] = over
            self._closed[over.id] = (over.key, over)
        return wholes

    def _groups(self, groups: list[Group], segments: Segments, events: list[Event]) -> None:
        """Take in the segments of connections."""
        small = in_order([one for one in groups if len(one.rows) <= WORTH], segments)
        for one in groups:
            if len(one.rows) <= WORTH:
                self._one_by_one(one.key, islice(small, len(one.rows)), events)
            else:
                self._large(one, segments, events)
            if isinstance(tracked := self._table.get(one.key), Tracked):
                self._settle(one.key, tracked, events)

    def waiting(self) -> tuple[int, int] | None:
        """Give the first frame, and the earliest time, of what waits behind holes; None: nothing does."""
        held = [piece for t in self._waiting.values() for flow in t.flows for piece in flow.held]
        return (min(p.frame for p in held), min(p.time for p in held)) if held else None

    def finish(self) -> list[Event]:
        """Give what still waits behind holes, at the end of the capture."""
        events: list[Event] = []
        for tracked in self._waiting.values():
            tracked.give_up()
            tracked.flush(events)
        self._waiting.clear()
        return events

    def _large(self, whole: Group, segments: Segments, events: list[Event]) -> None:
        """Take in the many segments of one connection, by short cuts where there can be some."""
        for part in self._stretches(whole):
            tracked = self._table.get(part.key)
            if len(part.rows) >= WORTH and isinstance(tracked, Tracked) and fits(tracked, part, segments):
                take_smooth(tracked, part, segments)
            else:
                self._one_by_one(part.key, in_order([part], segments), events)

    def _stretches(self, whole: Group) -> Iterator[Group]:
        """Split a connection's segments where there are enough smooth ones in a row for the short cut."""
        begin = 0
        if self.short_cuts:
            rough = np.flatnonzero(~whole.smooth)
            edges = np.concatenate(([-1], rough, [len(whole.rows)]))
            for edge in np.flatnonzero(np.diff(edges) > WORTH).tolist():
                first, last = int(edges[edge]) + 1, int(edges[edge + 1])
                if begin < first:
                    yield whole.part(begin, first)
                yield whole.part(first, last)
                begin = last
        if begin < len(whole.rows):
            yield whole.part(begin, len(whole.rows))

    def _one_by_one(self, key: Key, segments: Iterable[tuple[bool, Segment]], events: list[Event]) -> None:
        """Take in segments of one connection, each with whether it goes upward."""
        tracked = self._table.get(key)
        for upward, segment in segments:
            if tracked is not None and tracked.over(segment.time, LINGER):
                if isinstance(tracked, Tracked):
                    self._settle(key, tracked, events)
                tracked = None
            if tracked is not None and not tracked.continues(upward, segment):
                if isinstance(tracked, Tracked):
                    tracked.close(End.REUSED, segment)
                    self._settle(key, tracked, events)
                tracked = None
            if tracked is None:
                if not Tracked.begins(segment):
                    continue
                tracked = self._table[key] = Tracked(key, segment, upward)
            if isinstance(tracked, Tracked) and tracked.closed == UNKNOWN:
                tracked.take(upward, segment)

    def _settle(self, key: Key, tracked: Tracked, events: list[Event]) -> None:
        """Give the events of a connection, and note what it waits for."""
        tracked.flush(events)
        number = tracked.connection.id
        if tracked.waits:
            self._waiting[number] = tracked
        else:
            self._waiting.pop(number, None)
        if tracked.connection.closed != UNKNOWN:
            self._closed.setdefault(number, (key, tracked))

    def _sweep(self, now: int, events: list[Event]) -> None:
        """Give up holes that are too old, and forget connections that closed long ago."""
        for tracked in [t for t in self._waiting.values() if t.expire(now)]:
            tracked.flush(events)
            if not tracked.waits:
                del self._waiting[tracked.id]
            if tracked.closed != UNKNOWN:
                self._closed[tracked.id] = (tracked.key, tracked)
        while self._closed:
            number, (key, over) = next(iter(self._closed.items()))
            if not over.over(now, LINGER) and len(self._closed) <= MOST_CLOSED:
                break
            del self._closed[number]
            if self._table.get(key) is over:
                del self._table[key]


def fits(tracked: Tracked, part: Group, segments: Segments) -> bool:
    """Say whether smooth segments go on where the connection's flows stand."""
    if tracked.waits or tracked.connection.closed != UNKNOWN or not part.smooth.all():
        return False
    for upward in (True, False):
        rows, flow = part.rows[part.upward == upward], tracked.flow(upward)
        if len(rows) and (flow.fin is not None or flow.seq != int(segments.seq[rows[0]])):
            return False
    return True


def take_smooth(tracked: Tracked, part: Group, segments: Segments) -> None:
    """Take in segments that `fits` has found to need no thought, all at once."""
    tracked.connection.last = max(tracked.connection.last, int(segments.time[part.rows].max()))
    data = memoryview(segments.data)
    for upward in (True, False):
        rows, flow = part.rows[part.upward == upward], tracked.flow(upward)
        if not len(rows):
            continue
        flow.shut = False
        rows = rows[segments.length[rows] > 0]
        if not len(rows):
            continue
        starts, lengths = segments.offset[rows], segments.length[rows]
        pieces = [data[a:b] for a, b in zip(starts.tolist(), (starts + lengths).tolist(), strict=True)]
        flow.extend(Run(flow.next, pieces, segments.frame[rows], segments.time[rows]), int(lengths.sum()))


def in_order(parts: list[Group], s: Segments) -> Iterator[tuple[bool, Segment]]:
    """Give the segments of groups, group by group, one at a time, each with whether it goes upward.

    Columns become Python values once for all groups: for short connections that is most of the work.
    """
    if not parts:
        return
    rows = np.concatenate([part.rows for part in parts])
    upward = np.concatenate([part.upward for part in parts]).tolist()
    columns = (s.frame, s.time, s.seq, s.ack, s.flags, s.window, s.length, s.offset, s.offset + s.captured)
    lists = [column[rows].tolist() for column in columns]
    data = memoryview(s.data)
    for up, frame, time, seq, ack, flags, window, length, begin, end in zip(upward, *lists, strict=True):
        yield up, Segment(frame, time, seq, ack, flags, window, length, data[begin:end])


def told(wholes: Wholes) -> list[list[Event]]:
    """Give the events of connections that were told in columns, of each its own."""
    bounds, every = wholes.bounds.tolist(), []
    for key, a, b in zip(wholes.keys, bounds[:-1], bounds[1:], strict=True):
        rows, upward = wholes.rows[a:b], wholes.upward[a:b]
        segments = in_order([Group(key, rows, upward, upward)], wholes.segments)
        first = next(segments)
        tracked, events = Tracked(key, first[1], first[0]), list[Event]()
        for up, segment in chain([first], segments):
            if tracked.closed == UNKNOWN:
                tracked.take(up, segment)
        tracked.flush(events)
        every.append(events)
    return every


def connections(capture: Capture) -> Iterator[list[Event]]:
    """Give the events of a whole capture, chunk by chunk."""
    dissector, streams = Dissector(), Streams()
    for records in capture:
        if events := streams.feed(dissector(records)):
            yield events
    if events := streams.finish():
        yield events
