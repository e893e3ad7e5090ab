"""The lanes of one server process, by the numbers that its ring gives them."""

from __future__ import annotations

from tracer.assemble.world import World
from tracer.observe.records import Record
from tracer.observe.rings import Identity
from tracer.recording import UNKNOWN, Lane


class Lanes(dict[int, Lane]):
    """Number in the ring -> lane. `ids` are those of lanes that were told before a restart."""

    def __init__(self, ring: Identity, world: World, hop: int, ids: dict[int, int]) -> None:
        super().__init__()
        self._ring, self._world, self._hop, self._ids = ring, world, hop, ids

    def told(self, record: Record) -> None:
        """Take in a LANE record; lanes are told again twice a round of the ring."""
        if record.lane in self:
            return
        number = self._ids.get(record.lane)
        lane = Lane(
            self._world.id() if number is None else number, self._hop, words(record.label), record.lane_kind
        )
        lane.capacity, lane.pid, lane.tid = record.capacity, self._ring.pid, record.tid
        lane.start = record.start
        lane.parent = self._parent(record)
        self[record.lane] = lane

    def _parent(self, record: Record) -> int:
        """Give the id of the lane above it: its arbiter's, or another of this process."""
        if record.parent_pid:
            self._world.workers = max(self._world.workers, record.parent_capacity)
            capacity = record.parent_capacity * record.capacity  # as much as all its workers can hold
            return self._world.arbiter(record.parent_pid, capacity, self._hop, record.start)
        if record.parent in self:
            self.seen(self[record.parent], record.start)
        return self.id_of(record.parent)

    def id_of(self, number: int) -> int:
        """Give the id of a lane by its number; UNKNOWN if it was not told."""
        return self[number].id if number in self else UNKNOWN

    def seen(self, lane: Lane | None, start: int) -> None:
        """Note when a lane, and so each above it, was there: it may have been told later."""
        while lane is not None and start < lane.start:
            self._world.held(lane, start)
            parent = lane.parent
            lane = next((other for other in self.values() if other.id == parent), None)

    def cursor(self) -> dict[int, int]:
        """Give number -> id of all that were ever told, which a restart begins with."""
        return self._ids | {number: lane.id for number, lane in self.items()}


def words(data: bytes) -> str:
    """Decode what the agent wrote: labels are cut at a byte, not at a character."""
    return data.decode("utf-8", "replace")
