"""Processes, and threads of processes, that have a request to themselves: what most WSGI servers are."""

from __future__ import annotations

from simulator.distributions import Distribution, constant
from simulator.engine import steps
from simulator.program import Assembler, Label, Visit
from simulator.servers.app import Application
from simulator.servers.balance import pick
from simulator.servers.places import Place, Worker
from simulator.stack import Endpoint, FastCgi, Granian, Gunicorn, ModPython, ModWsgi, Uwsgi
from tracer.recording.nouns import LaneKind, PhaseKind, Role

HTTP = "http/1.1"


WsgiServer = Gunicorn | Uwsgi | Granian | FastCgi | ModWsgi | ModPython


class Processes:
    """Processes: each serves one request at a time and does nothing else until it is done."""

    def __init__(
        self,
        asm: Assembler,
        server: WsgiServer,
        cores: int,
        overhead: int,
        protocol: str = HTTP,
        linger: int = 0,
    ) -> None:
        self.asm, self.server, self.cores, self.overhead = asm, server, cores, overhead
        self.linger = linger
        self.hop = asm.hop(server.name, Role.GATEWAY, server.server, protocol)
        timeout = server.timeout or -1
        self.pool = asm.workers(self.hop, server.workers, "worker", LaneKind.PROCESS, timeout)

    def serve(self, endpoint: Endpoint, send: int, app: Application, *, shielded: bool = False) -> None:
        """Accept, read, call the app, write, close. A worker that takes too long is killed."""
        asm = self.asm
        with asm.served(self.hop) as visit:
            seat = asm.seat()
            asm.acquire(self.pool, seat, limit=self.server.backlog, full=asm.turned_away(visit))
            asm.rescue = self._killed(visit, seat)
            serve_wsgi(Worker(asm, seat, cores=self.cores), self.server.name, self.overhead, endpoint, app)
            if send >= 0 and not shielded:
                asm.hold(send, PhaseKind.TRANSFER, seat, "to a slow client")
            asm.rescue = None
            self._close(seat)
            if send >= 0 and shielded:
                asm.hold(send, PhaseKind.TRANSFER, what="to a slow client")

    def _close(self, seat: int) -> None:
        """Let go of the worker, at once or when the client, which has its answer by now, has closed."""
        asm = self.asm
        if self.linger:
            self._hand_over(seat, constant(self.linger), PhaseKind.BLOCKED, "lingering close")
        else:
            asm.release(seat)

    def _hand_over(self, seat: int, time: Distribution, kind: int, what: str) -> None:
        """Leave the worker to itself for a time; its request goes on."""
        asm, alone = self.asm, Label()
        law = asm.law(time, what)

        def block() -> None:
            asm.here(alone)
            asm.hold(law, kind, seat, what)
            asm.release(seat)
            asm.emit(steps.END)

        asm.emit(steps.BOOT, a=alone, b=seat)
        asm.later(block)

    def _killed(self, visit: Visit, seat: int) -> Label:
        """The arbiter kills the worker: the caller sees the connection break, the lane starts up again."""
        asm, killed = self.asm, Label()
        caller_sees = 502 if asm.depth > 1 else steps.BROKEN

        def block() -> None:
            asm.here(killed)
            self._hand_over(seat, constant(self.server.boot), PhaseKind.RUNNING, "boot")
            asm.status(steps.BROKEN)
            asm.leave(visit.entered)
            asm.status(caller_sees)
            asm.jump(visit.after)

        asm.later(block)
        return killed


class Threads:
    """Processes with threads, of which one computes at a time."""

    def __init__(
        self, asm: Assembler, server: WsgiServer, cores: int, overhead: int, protocol: str = HTTP
    ) -> None:
        self.asm, self.server, self.cores, self.overhead = asm, server, cores, overhead
        self.hop = asm.hop(server.name, Role.GATEWAY, server.server, protocol)
        processes = range(1, server.workers + 1)
        own = [asm.lane(self.hop, f"worker {i}", LaneKind.PROCESS, server.threads) for i in processes]
        locks = [asm.lane(self.hop, "gil", LaneKind.LOCK, 1, lane) for lane in own]
        shared = [asm.lane(self.hop, "threads", LaneKind.POOL, server.threads, lock) for lock in locks]
        labels = [[f"worker {i} thread {t + 1}" for t in range(server.threads)] for i in processes]
        self.pool = asm.threads(self.hop, labels, shared)
        self.gil = asm.gils(locks)
        self.reg = asm.register()

    def serve(self, endpoint: Endpoint, send: int, app: Application, *, shielded: bool = False) -> None:
        """A process takes the connection, one of its threads the request."""
        asm, server = self.asm, self.server
        with asm.served(self.hop) as visit:
            pick(asm, server.balance, server.workers, self.pool, self.reg, server.name)
            seat = asm.seat()
            asm.acquire(self.pool, seat, self.reg, server.backlog, asm.turned_away(visit))
            place = Worker(asm, seat, self.gil, self.reg, self.cores)
            serve_wsgi(place, server.name, self.overhead, endpoint, app)
            if send >= 0 and not shielded:
                asm.hold(send, PhaseKind.TRANSFER, seat, "to a slow client")
            asm.release(seat)
            if send >= 0 and shielded:
                asm.hold(send, PhaseKind.TRANSFER, what="to a slow client")


def serve_wsgi(place: Place, name: str, overhead: int, endpoint: Endpoint, app: Application) -> None:
    """Read the request, call the app, write the answer."""
    half = app.asm.law(constant(overhead // 2), name)
    place.compute(half, "read the request")
    app.visit(place, endpoint)
    place.compute(half, "write the answer")


def workers_of(
    asm: Assembler, server: WsgiServer, cores: int, overhead: int, protocol: str = HTTP
) -> Processes | Threads:
    """Give processes, or where each has several threads, those."""
    kind = Threads if server.threads > 1 else Processes
    return kind(asm, server, cores, overhead, protocol)
