"""Apache: whoever takes a request, a process or a thread, has it until it is answered."""

from __future__ import annotations

from collections.abc import Callable

from simulator.distributions import constant
from simulator.program import Assembler
from simulator.servers.balance import pick
from simulator.servers.costs import APACHE_PROXY, APACHE_STATIC
from simulator.servers.places import Worker
from simulator.stack import Apache, Endpoint, Stack
from tracer.recording.nouns import LaneKind, PhaseKind, Role


def apache_model(asm: Assembler, apache: Apache, _stack: Stack, cores: int) -> ApacheModel:
    """Give Apache with the lanes of its MPM."""
    return ApacheModel(asm, apache, cores)


class ApacheModel:
    """Take a process or thread, pass on, wait with it held, pass the answer back; or serve a file."""

    def __init__(self, asm: Assembler, apache: Apache, cores: int) -> None:
        self.asm, self.apache, self.cores = asm, apache, cores
        self.hop = asm.hop(apache.name, Role.PROXY, "apache", "http/1.1")
        self.reg = -1
        if apache.mpm == "prefork":
            self.pool = asm.workers(self.hop, apache.workers, "process", LaneKind.PROCESS)
        else:
            self._with_threads()

    def _with_threads(self) -> None:
        asm, apache = self.asm, self.apache
        processes = range(1, apache.workers + 1)
        own = [asm.lane(self.hop, f"process {i}", LaneKind.PROCESS, apache.threads) for i in processes]
        labels = [[f"process {i} thread {t + 1}" for t in range(apache.threads)] for i in processes]
        self.pool = asm.threads(self.hop, labels, own)
        self.reg = asm.register()

    def serve(self, endpoint: Endpoint, send: int, inner: Callable[[int], None]) -> None:
        """Serve a request; `send` is the law of a slow client's download (-1: none)."""
        asm, apache = self.asm, self.apache
        static = endpoint.served_by == apache.name
        measured = APACHE_STATIC if static else APACHE_PROXY
        half = asm.law(constant((measured if apache.overhead is None else apache.overhead) // 2), apache.name)
        with asm.served(self.hop) as visit:
            if self.reg >= 0:
                pick(asm, apache.balance, apache.workers, self.pool, self.reg, apache.name)
            seat = asm.seat()
            asm.acquire(self.pool, seat, self.reg, apache.backlog, asm.turned_away(visit))
            place = Worker(asm, seat, reg=self.reg, cores=self.cores)
            place.compute(half, "read the request")
            if not static:
                with asm.meanwhile(PhaseKind.BLOCKED, seat):
                    inner(-1)
            place.compute(half, "send the answer")
            self._send(send, seat)

    def _send(self, send: int, seat: int) -> None:
        """Write to a slow client: event hands that to its poller, the others hold their lane for it."""
        asm, polled = self.asm, self.apache.mpm == "event"
        if polled:
            asm.release(seat)
        if send >= 0:
            asm.hold(send, PhaseKind.TRANSFER, -1 if polled else seat, "to a slow client")
        if not polled:
            asm.release(seat)
