"""A capture, chunk by chunk, to a Recording."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, groupby
from typing import TYPE_CHECKING, Any

import numpy as np

from tracer.assemble.packets.journeys import CLIENT, tell
from tracer.assemble.packets.stay import Stay
from tracer.assemble.packets.sweep import FOREVER, Sweep
from tracer.assemble.packets.talk import Talk
from tracer.assemble.packets.wholes import Read, events_of, take
from tracer.assemble.packets.world import World
from tracer.capture import Capture, Connection, Data, Dissector, Event, Streams, Wholes
from tracer.recording import UNKNOWN, Clock, Hop, Interner, Meta, Recording, Role, Rows
from tracer.recording.columns import Raw, arrange, encode, joined
from tracer.wire.tls import Keys

if TYPE_CHECKING:
    from numpy.typing import NDArray


Chunk = list["tuple[Talk, list[Event]] | Wholes"]
"""What a chunk has, connection by connection."""


def _connection(event: Event | Wholes) -> Connection | None:
    return None if isinstance(event, Wholes) else event.connection


class Reader:
    """Takes the events of connections; gives the raw columns of requests that are complete."""

    def __init__(self, keys: Keys | None = None) -> None:
        self.world = World(keys)
        self.intern = Interner()
        self._talks: dict[int, Talk] = {}
        self._sweep = Sweep()
        self.short_cuts = True  # off, every exchange is looked at alone: for tests, the result is the same

    def feed(self, events: Iterable[Event | Wholes], horizon: int, *, whole: bool = False) -> list[Raw]:
        """Take in a chunk's events, all of them that are of frames up to `horizon`.

        `whole`: no byte of a frame up to there is still waited for.
        """
        chunk = self._by_connection(events)
        alone = whole and self.short_cuts and self._alone(chunk)
        for item in chunk:
            if isinstance(item, Wholes):
                self._take_wholes(item, alone=alone)
            else:
                self._take(*item, alone=alone)
        return self._tell(self._sweep.advance(horizon))

    def _take(self, talk: Talk, own: list[Event], *, alone: bool) -> None:
        talk.take(own, plain=self.short_cuts, alone=alone)
        for stay in talk.fetch():
            self._sweep.add(stay)
        if talk.closed:
            self._talks.pop(talk.connection.id, None)

    def _take_wholes(self, wholes: Wholes, *, alone: bool) -> None:
        """Take in connections told in columns; those that are not plain are told by events after all."""
        for some, found, counts in Read(wholes, self.world.heads).runs():
            if found is not None:
                for stay in take(some, found, counts, self.world, alone=alone):
                    self._sweep.add(stay)
            else:
                for connection, own in events_of(some):
                    self._take(self._talk(connection), own, alone=alone)

    def finish(self) -> list[Raw]:
        """Give the rest, at the end of the capture."""
        for talk in self._talks.values():
            talk.finish()
        return self._tell(self._sweep.finish())

    def earliest(self) -> int:
        """Give the earliest time, in ns, at which a request that is still to be given may begin."""
        unread = (time for talk in self._talks.values() if (time := talk.unread()) is not None)
        return min(self._sweep.earliest(), min(unread, default=FOREVER))

    def in_path_order(self) -> list[int]:
        """List the numbers by which rows know the hops, the client's first."""
        listeners = [one.number for one in self.world.listeners.in_path_order() if one.depth]
        return [CLIENT, *listeners] if listeners else []

    def hops(self) -> Raw:
        """Give the rows of the hops, in path order, as far as they are known by now."""
        listeners = [one for one in self.world.listeners.in_path_order() if one.depth]
        client = [Hop(0, "client", Role.CLIENT)] if listeners else []
        return encode(Rows(hops=[*client, *(one.hop(n) for n, one in enumerate(listeners, 1))]), self.intern)

    def _talk(self, connection: Connection) -> Talk:
        if connection.id not in self._talks:
            self._talks[connection.id] = Talk(connection, self.world)
        return self._talks[connection.id]

    def _by_connection(self, events: Iterable[Event | Wholes]) -> Chunk:
        """Put the events of each connection together; they stand together."""
        chunk: Chunk = []
        for connection, own in groupby(events, key=_connection):
            if connection is None:
                wholes = [one for one in own if isinstance(one, Wholes)]
                for end in chain.from_iterable(one.servers() for one in wholes):
                    self.world.listeners(*end)  # they are numbered as they are met
                chunk += wholes
            else:
                chunk.append((self._talk(connection), [one for one in own if not isinstance(one, Wholes)]))
        return chunk

    def _alone(self, chunk: Chunk) -> bool:
        """Whether all bytes of a chunk are of one listener, and no request of another is open."""
        busy = set()
        for item in chunk:
            if isinstance(item, Wholes):
                busy |= {self.world.listeners(*end) for end in item.servers()}
            elif any(isinstance(event, Data) for event in item[1]):
                busy.add(item[0].listener)
        return len(busy) == 1 and self._sweep.alone(next(iter(busy)))

    def _tell(self, roots: list[Stay]) -> list[Raw]:
        for root in roots:
            tell(root, self.world)
        return self.world.fetch(self.intern)


def batches(capture: Capture, reader: Reader) -> Iterator[tuple[list[Raw], int]]:
    """Give the rows of a capture, batch by batch, each with the time before which no more requests begin.

    Hops are not among the rows: they are known at the end.
    """
    dissector, streams = Dissector(), Streams()
    for records in capture:
        segments, last = dissector(records), int(records.frame[-1])
        events = streams.feed_columns(segments) if reader.short_cuts else streams.feed(segments)
        waiting = streams.waiting()
        horizon, until = (last, int(records.time[-1])) if waiting is None else (waiting[0] - 1, waiting[1])
        yield reader.feed(events, horizon, whole=waiting is None), min(until, reader.earliest())
    yield reader.feed(streams.finish(), FOREVER), reader.earliest()
    yield reader.finish(), FOREVER


def recording_of(
    capture: Capture, title: str | None = None, *, keys: Keys | None = None, short_cuts: bool = True
) -> Recording:
    """Read a whole capture. What was wrong with it stands in meta["faults"], a sentence each.

    keys: secrets of TLS sessions; what they do not open is told as one visit a connection.
    """
    reader = Reader(keys)
    reader.short_cuts = short_cuts
    parts = [raw for batch, _ in batches(capture, reader) for raw in batch]
    return made_of(joined([*parts, reader.hops()]), reader, meta_of(capture, reader, title))


def made_of(raw: Raw, reader: Reader, meta: Meta) -> Recording:
    """Make a recording of raw columns that number listeners, not hops."""
    _point_at(raw, reader.in_path_order())
    tables, texts = arrange(raw, reader.intern.texts())
    return Recording(**tables, texts=texts, meta=meta)


def meta_of(capture: Capture, reader: Reader, title: str | None) -> Meta:
    """Give the meta data."""
    meta: Meta = {"source": "packets", "clocks": [Clock("capture").as_meta()]}
    meta["faults"] = faults_of(capture, reader)
    if capture.drops:
        meta["dropped"] = sum(capture.drops.values())
    return meta | ({"title": title} if title else {})


def faults_of(capture: Capture, reader: Reader) -> list[str]:
    """List what was wrong with the file, and with the bytes in it, a sentence each."""
    world = reader.world
    more = [f"and {world.not_told} more"] if world.not_told else []
    return [str(fault) for fault in capture.faults] + world.faults + more


def _point_at(raw: Raw, order: list[int]) -> None:
    """Turn the numbers of listeners into ids of hops, and give marks the request of their visit."""
    ids = np.full(max(order, default=0) + 1, UNKNOWN, np.int64)
    ids[order] = np.arange(len(order))
    for table in ("lanes", "visits"):
        raw[table]["hop"] = ids[raw[table]["hop"]]
    raw["marks"]["request"] = _looked_up(raw["marks"]["visit"], raw["visits"]["id"], raw["visits"]["request"])


def _looked_up(wanted: NDArray[Any], ids: NDArray[Any], values: NDArray[Any]) -> NDArray[Any]:
    order = np.argsort(ids, kind="stable")
    place = np.minimum(np.searchsorted(ids[order], wanted), max(len(ids) - 1, 0))
    return np.where(wanted >= 0, values[order][place], UNKNOWN) if len(ids) else wanted
