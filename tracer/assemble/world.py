"""What all processes of a run share: ids, hops, the pools of arbiters, and the rows that are finished."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from tracer.observe.rings import Identity
from tracer.recording import Hop, Lane, LaneKind, Mark, Phase, Role, Rows, Visit

CLIENT, APP = 0, 1000
"""Ids of hops. A hop's id says where it stands in the path: servers count from 1."""


class World:
    """Gives ids and collects rows. All times here are CLOCK_MONOTONIC ns."""

    def __init__(self, saved: dict[str, Any] | None = None) -> None:
        """Begin, or go on from what `cursor` gave."""
        saved = saved or {}
        self.out = Rows()  # finished, and not yet fetched
        self.faults: list[str] = saved.get("faults", [])  # hooks that failed, in words
        self.points: dict[str, None] = dict.fromkeys(saved.get("points", ()))  # live points, of all processes
        self.unsupported: dict[str, None] = dict.fromkeys(saved.get("unsupported", ()))
        self.lost: int = saved.get("lost", 0)  # records
        self.workers: int = saved.get("workers", 1)  # that an arbiter is to have
        self.requests: int = saved.get("requests", 0)  # emitted
        self.passed_on: bool = saved.get("passed_on", False)  # whether an X-Request-Start was read
        self._last: int = saved.get("last", -1)  # id given
        self.hops: dict[str, int] = saved.get("hops", {})
        self.servers: dict[str, str] = saved.get("servers", {})  # server -> version
        self._arbiters: dict[int, Lane] = {}  # by pid
        for arbiter in saved.get("arbiters", ()):
            self._arbiters[arbiter["pid"]] = Lane(**arbiter)

    def cursor(self) -> dict[str, Any]:
        """Say where it is, as JSON."""
        return {
            "faults": self.faults,
            "points": list(self.points),
            "unsupported": list(self.unsupported),
            "lost": self.lost,
            "workers": self.workers,
            "requests": self.requests,
            "passed_on": self.passed_on,
            "last": self._last,
            "hops": self.hops,
            "servers": self.servers,
            "arbiters": [asdict(lane) for lane in self._arbiters.values()],
        }

    def id(self) -> int:
        """Give an id that no row of this recording has."""
        self._last += 1
        return self._last

    def server(self, ring: Identity) -> int:
        """Give the hop of a server by its product: "gunicorn sync" is a `gunicorn`."""
        self.servers[ring.server] = ring.server_version
        product = (ring.server.split() or ["server"])[0].lower()
        number = len([number for number in self.hops.values() if CLIENT < number < APP]) + 1
        return self._hop(
            product, number, Role.GATEWAY, f"{ring.server} {ring.server_version}".strip(), "http"
        )

    def app(self) -> int:
        """Give the hop of the application."""
        return self._hop("app", APP, Role.APP)

    def client(self) -> int:
        """Give the hop of the client that recorded itself."""
        return self._hop("client", CLIENT, Role.CLIENT, "hopscope")

    def _hop(
        self, name: str, number: int, role: Role, software: str | None = None, protocol: str | None = None
    ) -> int:
        if name not in self.hops:
            self.hops[name] = number
            self.out.hops.append(Hop(number, name, role, software, protocol))
        return self.hops[name]

    def arbiter(self, pid: int, capacity: int, hop: int, start: int) -> int:
        """Give the lane of an arbiter, a pool of which each worker's lane is one."""
        if pid not in self._arbiters:
            lane = Lane(self.id(), hop, "arbiter", LaneKind.POOL, capacity, pid=pid, start=start)
            self._arbiters[pid] = lane
        lane = self._arbiters[pid]
        lane.start = min(lane.start, start)
        return lane.id

    def arbiters(self) -> list[Lane]:
        """List the pools of arbiters."""
        return list(self._arbiters.values())

    def held(self, lane: Lane, start: int) -> None:
        """Note that a lane is held from `start`: it was there by then, though it may have been told later."""
        if start < lane.start:
            lane.start = start
        for arbiter in self._arbiters.values():
            if arbiter.id == lane.parent:
                arbiter.start = min(arbiter.start, start)

    def tell(self, row: Lane | Phase | Mark | Visit) -> None:
        """Take a finished row."""
        name = {Lane: "lanes", Phase: "phases", Mark: "marks", Visit: "visits"}[type(row)]
        getattr(self.out, name).append(row)

    def fetch(self) -> Rows:
        """Give what was finished since the last call."""
        rows, self.out = self.out, Rows()
        return rows
