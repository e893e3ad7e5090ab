"""The connections of one server process, by the numbers that its ring gives them."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from tracer.assemble.lanes import words
from tracer.assemble.story import Connection
from tracer.assemble.world import World
from tracer.observe.records import Record
from tracer.recording import UNKNOWN, Lane, LaneKind

MOST = 4096  # remembered for each process; the agent tells a connection again now and then


class Connections:
    """The connections heard of last, each with a lane."""

    def __init__(self, pid: int, world: World, hop: int, saved: dict[str, Any]) -> None:
        """Begin, or go on from what `cursor` gave."""
        self._pid, self._world, self._hop = pid, world, hop
        self._known = OrderedDict((int(n), Connection(lane, peer)) for n, (lane, peer) in saved.items())

    def told(self, record: Record) -> None:
        """Take in a CONN record."""
        if record.visit in self._known:
            self._known.move_to_end(record.visit)
            return
        peer, local = words(record.peer), words(record.local)
        connection = self._known[record.visit] = Connection(self._world.id(), peer)
        if len(self._known) > MOST:
            self._known.popitem(last=False)
        start = min((time for time in (record.accepted, record.arrived) if time), default=UNKNOWN)
        label = f"connection {record.visit}"
        lane = Lane(connection.id, self._hop, label, LaneKind.CONNECTION, 1, pid=self._pid, start=start)
        lane.src, lane.dst = peer or None, local or None
        self._world.tell(lane)

    def get(self, number: int) -> Connection | None:
        """Give a connection, unless it was not told or is forgotten."""
        return self._known.get(number)

    def cursor(self) -> dict[int, tuple[int, str]]:
        """Give number -> lane and client, which a restart begins with."""
        return {number: (at.id, at.peer) for number, at in self._known.items()}
