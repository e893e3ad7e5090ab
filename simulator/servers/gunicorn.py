"""gunicorn: an arbiter that forks workers, which all accept from one socket."""

from __future__ import annotations

from simulator.distributions import constant
from simulator.engine import steps
from simulator.program import Assembler, Label, Visit
from simulator.servers.app import Application
from simulator.servers.balance import pick
from simulator.servers.costs import GUNICORN
from simulator.servers.places import Loop, Place, Worker
from simulator.stack import Endpoint, Gunicorn
from tracer.recording.nouns import LaneKind, PhaseKind, Role


class SyncModel:
    """Worker class sync: a process serves one request at a time and does nothing else until it is done."""

    def __init__(self, asm: Assembler, gunicorn: Gunicorn, cores: int) -> None:
        self.asm, self.gunicorn, self.cores = asm, gunicorn, cores
        self.hop = asm.hop(gunicorn.name, Role.GATEWAY, "gunicorn", "http/1.1")
        timeout = gunicorn.timeout or -1
        self.pool = asm.workers(self.hop, gunicorn.workers, "worker", LaneKind.PROCESS, timeout)

    def serve(self, endpoint: Endpoint, send: int, app: Application) -> None:
        """Accept, read, call the app, write, close. A worker that takes too long is killed."""
        asm = self.asm
        with asm.visit(self.hop, PhaseKind.AWAITING) as visit:
            seat = asm.seat()
            asm.acquire(self.pool, seat, limit=self.gunicorn.backlog, full=asm.turned_away(visit))
            asm.rescue = self._killed(visit, seat)
            serve_wsgi(Worker(asm, seat, cores=self.cores), self.gunicorn, endpoint, app)
            if send >= 0:
                asm.hold(send, PhaseKind.TRANSFER, seat, "to a slow client")
            asm.rescue = None
            asm.release(seat)

    def _killed(self, visit: Visit, seat: int) -> Label:
        """The arbiter kills the worker: the caller sees the connection break, the lane starts up again."""
        asm, killed, booting = self.asm, Label(), Label()
        law = asm.law(constant(self.gunicorn.boot), "boot")
        caller_sees = 502 if asm.depth > 1 else steps.BROKEN

        def boot() -> None:
            asm.here(booting)
            asm.hold(law, PhaseKind.RUNNING, seat, "boot")
            asm.release(seat)
            asm.emit(steps.END)

        def block() -> None:
            asm.here(killed)
            asm.emit(steps.BOOT, a=booting, b=seat)
            asm.status(steps.BROKEN)
            asm.leave(visit.entered)
            asm.status(caller_sees)
            asm.jump(visit.after)

        asm.later(block)
        asm.later(boot)
        return killed


class GthreadModel:
    """Worker class gthread: each process has threads, of which one computes at a time."""

    def __init__(self, asm: Assembler, gunicorn: Gunicorn, cores: int) -> None:
        self.asm, self.gunicorn, self.cores = asm, gunicorn, cores
        self.hop = asm.hop(gunicorn.name, Role.GATEWAY, "gunicorn", "http/1.1")
        processes = range(1, gunicorn.workers + 1)
        own = [asm.lane(self.hop, f"worker {i}", LaneKind.PROCESS, gunicorn.threads) for i in processes]
        locks = [asm.lane(self.hop, "gil", LaneKind.LOCK, 1, lane) for lane in own]
        shared = [asm.lane(self.hop, "threads", LaneKind.POOL, gunicorn.threads, lock) for lock in locks]
        labels = [[f"worker {i} thread {t + 1}" for t in range(gunicorn.threads)] for i in processes]
        self.pool = asm.threads(self.hop, labels, shared)
        self.gil = asm.gils(locks)
        self.reg = asm.register()

    def serve(self, endpoint: Endpoint, send: int, app: Application) -> None:
        """A process takes the connection, one of its threads the request."""
        asm, gunicorn = self.asm, self.gunicorn
        with asm.visit(self.hop, PhaseKind.AWAITING) as visit:
            pick(asm, gunicorn.balance, gunicorn.workers, self.pool, self.reg, gunicorn.name)
            seat = asm.seat()
            asm.acquire(self.pool, seat, self.reg, gunicorn.backlog, asm.turned_away(visit))
            serve_wsgi(Worker(asm, seat, self.gil, self.reg, self.cores), gunicorn, endpoint, app)
            if send >= 0:
                asm.hold(send, PhaseKind.TRANSFER, seat, "to a slow client")
            asm.release(seat)


class GeventModel:
    """Worker class gevent: greenlets on one hub a process; whatever waits lets the others run."""

    def __init__(self, asm: Assembler, gunicorn: Gunicorn, cores: int) -> None:
        self.asm, self.gunicorn, self.cores = asm, gunicorn, cores
        self.hop = asm.hop(gunicorn.name, Role.GATEWAY, "gunicorn", "http/1.1")
        labels = [f"hub {i + 1}" for i in range(gunicorn.workers)]
        self.pool = asm.loops(self.hop, labels, LaneKind.GREENLET_HUB)
        self.reg = asm.register()

    def serve(self, endpoint: Endpoint, send: int, app: Application) -> None:
        """A process takes the connection and gives it a greenlet."""
        asm, gunicorn = self.asm, self.gunicorn
        with asm.visit(self.hop, PhaseKind.AWAITING) as visit:
            pick(asm, gunicorn.balance, gunicorn.workers, self.pool, self.reg, gunicorn.name)
            hub = Loop(asm, self.pool, asm.seat(), reg=self.reg, cores=self.cores)
            hub.take(gunicorn.backlog, asm.turned_away(visit))
            serve_wsgi(hub, gunicorn, endpoint, app)
            hub.let_go()
            if send >= 0:
                asm.hold(send, PhaseKind.TRANSFER, what="to a slow client")


def serve_wsgi(place: Place, gunicorn: Gunicorn, endpoint: Endpoint, app: Application) -> None:
    """Read the request, call the app, write the answer."""
    whole = gunicorn.overhead if gunicorn.overhead is not None else GUNICORN[gunicorn.worker_class]
    half = app.asm.law(constant(whole // 2), gunicorn.name)
    place.compute(half, "read the request")
    app.visit(place, endpoint)
    place.compute(half, "write the answer")
