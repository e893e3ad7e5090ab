"""gunicorn: an arbiter that forks workers, which all accept from one socket."""

from __future__ import annotations

from simulator.program import Assembler
from simulator.servers.app import Application
from simulator.servers.balance import pick
from simulator.servers.costs import GUNICORN, GUNICORN_LINGER
from simulator.servers.places import Loop
from simulator.servers.uvicorn import AsgiModel, asgi_model
from simulator.servers.workers import Processes, Threads, serve_wsgi
from simulator.stack import Endpoint, Gunicorn, Stack
from tracer.recording.nouns import LaneKind, PhaseKind, Role


def gunicorn_model(
    asm: Assembler, gunicorn: Gunicorn, stack: Stack, cores: int
) -> Processes | Threads | GeventModel | AsgiModel:
    """Give the model of its worker class."""
    if gunicorn.worker_class == "asgi":
        return asgi_model(asm, gunicorn, stack, cores)
    if gunicorn.worker_class == "gevent":
        return GeventModel(asm, gunicorn, cores)
    if class_of(gunicorn) == "sync":
        linger = GUNICORN_LINGER if gunicorn.overhead is None else 0
        return Processes(asm, gunicorn, cores, overhead_of(gunicorn), linger=linger)
    return Threads(asm, gunicorn, cores, overhead_of(gunicorn))


def class_of(gunicorn: Gunicorn) -> str:
    """Give the class that runs: gunicorn takes gthread for sync workers with several threads."""
    several = gunicorn.worker_class == "sync" and gunicorn.threads > 1
    return "gthread" if several else gunicorn.worker_class


def overhead_of(gunicorn: Gunicorn) -> int:
    """Give the ns of CPU that a request costs it."""
    return gunicorn.overhead if gunicorn.overhead is not None else GUNICORN[class_of(gunicorn)]


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
        with asm.served(self.hop) as visit:
            pick(asm, gunicorn.balance, gunicorn.workers, self.pool, self.reg, gunicorn.name)
            hub = Loop(asm, self.pool, asm.seat(), reg=self.reg, cores=self.cores)
            hub.take(gunicorn.backlog, asm.turned_away(visit))
            serve_wsgi(hub, gunicorn.name, overhead_of(gunicorn), endpoint, app)
            hub.let_go()
            if send >= 0:
                asm.hold(send, PhaseKind.TRANSFER, what="to a slow client")
