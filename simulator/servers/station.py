"""A station: a queue of the textbook."""

from __future__ import annotations

from simulator.distributions import chance
from simulator.engine import steps
from simulator.program import Assembler, Label
from simulator.stack import Stack, Station
from tracer.recording.nouns import LaneKind, PhaseKind, Role


def station_model(asm: Assembler, station: Station, _stack: Stack, _cores: int) -> StationModel:
    """Give a queue; its lanes are machines of their own."""
    return StationModel(asm, station)


class StationModel:
    """First come, first served on some lanes, or all at once with the lanes shared (ps)."""

    def __init__(self, asm: Assembler, station: Station) -> None:
        self.asm, self.station = asm, station
        self.hop = asm.hop(station.name, Role.GATEWAY, "station")
        self.shared = station.discipline == "ps"
        if self.shared:
            self.lane = asm.lane(self.hop, "station", LaneKind.PROCESS, 0)
            self.cores = asm.cores(station.lanes)
            asm.layout.shared[self.hop] = self.lane, self.cores
        else:
            self.pool = asm.workers(self.hop, station.lanes, "lane")

    def serve(self, refused: Label) -> None:
        """Queue, be served, go on; `refused` is where to go from a full queue."""
        asm, station = self.asm, self.station
        law = asm.law(station.service, f"{station.name}|service")
        entered = asm.enter(self.hop, PhaseKind.AWAITING)
        seat = asm.seat()
        if self.shared:
            asm.compute(law, cores=self.cores, what="service")
        else:
            limit = -1 if station.queue is None else station.queue
            asm.acquire(self.pool, seat, limit=limit, full=self._full(entered, refused))
            asm.compute(law, seat, what="service")
            asm.release(seat)
        asm.leave(entered)
        asm.free_seat -= 1

    def _full(self, entered: int, refused: Label) -> Label:
        asm, full = self.asm, Label()

        def block() -> None:
            asm.here(full)
            asm.status(steps.REFUSED)
            asm.leave(entered)
            asm.jump(refused)

        asm.later(block)
        return full

    def feed_back(self, first: Label) -> None:
        """Send some back to the first station."""
        if self.station.again > 0:
            law = self.asm.law(chance(self.station.again), f"{self.station.name}|again")
            self.asm.emit(steps.AGAIN, a=first, draw=law)
