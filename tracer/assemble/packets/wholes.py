"""Connections that a chunk has as a whole, with plain exchanges alone: read at once, told in columns."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tracer.assemble.packets.hurry import Plain
from tracer.assemble.packets.line import Line
from tracer.assemble.packets.plain import NOT_PLAIN, Heads
from tracer.assemble.packets.stay import Stay
from tracer.assemble.packets.stretches import I8, Moments
from tracer.capture import Connection, Event, Wholes, told
from tracer.recording import UNKNOWN, Lane, LaneKind

if TYPE_CHECKING:
    from tracer.assemble.packets.world import World


class Read:
    """Wholes with what was read of them: their exchanges, and how many each connection has."""

    def __init__(self, wholes: Wholes, heads: Heads) -> None:
        self.wholes = wholes
        ask, answer = _Bytes(wholes, answering=False), _Bytes(wholes, answering=True)
        asked, counts = heads.requests_of(ask.data, ask.bounds)
        answered, told_of = heads.answers_of(answer.data, answer.bounds, asked.method, counts)
        self.plain = Plain(
            asked,
            answered,
            ask.at(asked.start),
            ask.at(asked.end, before=1),
            answer.at(answered.start),
            answer.at(answered.end, before=1),
        )
        self._first = np.concatenate(([0], np.cumsum(np.maximum(counts, 0))))  # exchange of each connection
        self.counts = np.where(self._in_turns(), told_of, NOT_PLAIN)

    def _in_turns(self) -> NDArray[np.bool_]:
        """Say of each connection whether each exchange was over when the next one began."""
        found, counts = self.plain, np.diff(self._first)
        number = np.repeat(np.arange(len(counts)), counts)
        wrong = (found.first.frame < found.sent.frame) | (found.last.frame < found.first.frame)
        wrong[1:] |= (found.start.frame[1:] < found.last.frame[:-1]) & (number[1:] == number[:-1])
        return np.asarray(np.bincount(number, wrong, len(counts)) == 0)

    def runs(self) -> Iterator[tuple[Wholes, Plain | None, I8]]:
        """Give them in order, those that are plain with their exchanges and the counts of these."""
        plain = self.counts != NOT_PLAIN
        edges = [0, *(np.flatnonzero(np.diff(plain)) + 1).tolist(), len(plain)]
        for begin, end in itertools.pairwise(edges):
            wholes = self.wholes.take(np.arange(begin, end)) if end - begin < len(plain) else self.wholes
            found = self.plain.part(*self._first[[begin, end]].tolist()) if plain[begin] else None
            yield wholes, found, self.counts[begin:end]


class _Bytes:
    """All bytes that connections have in one direction, one connection after the other."""

    def __init__(self, wholes: Wholes, *, answering: bool) -> None:
        s = wholes.segments
        own = (wholes.answering == answering) & (s.length[wholes.rows] > 0)
        rows = wholes.rows[own]
        starts, lengths = s.offset[rows], s.length[rows]
        view = memoryview(s.data)
        self.data = b"".join(
            [view[a:b] for a, b in zip(starts.tolist(), (starts + lengths).tolist(), strict=True)]
        )
        sizes = np.bincount(wholes.number[own], lengths, len(wholes)).astype(np.int64)
        self.bounds: list[int] = [0, *np.cumsum(sizes).tolist()]
        self._ends = np.cumsum(lengths)
        # What is not plain may point behind the last byte.
        self._frames, self._times = (np.append(column[rows], UNKNOWN) for column in (s.frame, s.time))

    def at(self, offsets: list[int], before: int = 0) -> Moments:
        """Give the moments of bytes."""
        piece = np.searchsorted(self._ends, np.array(offsets, np.int64) - before, "right")
        return Moments(self._frames[piece], self._times[piece])


def take(wholes: Wholes, found: Plain, counts: I8, world: World, *, alone: bool) -> list[Stay]:
    """Put down the lanes of plain connections, and the exchanges if they are alone; else give their stays."""
    asked = np.flatnonzero(counts > 0)
    if not len(asked):
        return []
    connections, counts = wholes.connections(), counts[asked]
    base = world.id(int(counts.sum()) + len(counts))
    lanes = base + np.cumsum(counts + 1) - counts - 1
    ids = np.arange(len(found.asked.start)) + np.repeat(lanes + 1 - (np.cumsum(counts) - counts), counts)
    lines = []
    for number, lane in zip(asked.tolist(), lanes.tolist(), strict=True):
        one = connections[number]
        lines.append(Line(one, world.listeners(one.server, one.server_port), lane))
        _tell_lane(lines[-1], world)
    owners = [line for line, count in zip(lines, counts.tolist(), strict=True) for _ in range(count)]
    _tell_listeners(owners, found, alone=alone)
    if not alone:
        return found.stays(ids.tolist(), owners)
    listener = np.array([line.listener.number for line in lines])
    world.stretches.append(found.stretch(ids, np.repeat(listener, counts), np.repeat(lanes, counts)))
    return []


def _tell_listeners(owners: list[Line], found: Plain, *, alone: bool) -> None:
    """Tell listeners what was spoken to them, and what they say that they are."""
    servers = (answer.server for answer in found.answered.answer)
    listeners = (line.listener for line in owners)
    for (listener, server), count in Counter(zip(listeners, servers, strict=True)).items():
        listener.depth = max(listener.depth, int(alone))  # else it is told with the requests
        listener.spoke("http", count)
        listener.told(server, count)


def _tell_lane(line: Line, world: World) -> None:
    connection = line.connection
    client, server = connection.name().split(" > ")
    world.ends[line.lane] = (line.listener.number, client, server)
    lane = Lane(line.lane, line.listener.number, client, LaneKind.CONNECTION, 1)
    lane.src, lane.dst, lane.start, lane.end = client, server, connection.start, connection.closed
    world.rows.lanes.append(lane)


def events_of(wholes: Wholes) -> list[tuple[Connection, list[Event]]]:
    """Tell connections in events after all."""
    return [(events[0].connection, events) for events in told(wholes)]
