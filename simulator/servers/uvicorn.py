"""uvicorn, and what is like it: an event loop a process, and threads for `def` handlers."""

from __future__ import annotations

from simulator.distributions import constant
from simulator.engine import steps
from simulator.program import Assembler
from simulator.servers.app import Application
from simulator.servers.balance import pick
from simulator.servers.costs import ASGI, ASGI_CONNECTION, THREAD_HOP
from simulator.servers.places import Loop, PoolThread
from simulator.stack import Endpoint, Granian, Gunicorn, Hypercorn, Stack, Uvicorn
from tracer.recording.nouns import LaneKind, PhaseKind, Role

AsgiServer = Uvicorn | Gunicorn | Hypercorn | Granian


def asgi_model(asm: Assembler, server: Uvicorn | Gunicorn, stack: Stack, cores: int) -> AsgiModel:
    """Give the model with what its loop and parser cost, or what the user says of it."""
    if server.overhead is not None:
        return AsgiModel(asm, server, cores, server.overhead, 0, threads=has_def(stack))
    overhead = ASGI[server.loop, server.http]
    return AsgiModel(asm, server, cores, overhead, ASGI_CONNECTION, threads=has_def(stack))


def has_def(stack: Stack) -> bool:
    """Whether some endpoint is to run in a thread."""
    endpoints = stack.app.endpoints if stack.app else ()
    return any(endpoint.handler == "def" and endpoint.served_by is None for endpoint in endpoints)


class AsgiModel:
    """Callbacks of all requests take turns on the loop; each `await` lets the next one run."""

    def __init__(
        self, asm: Assembler, server: AsgiServer, cores: int, overhead: int, connection: int, *, threads: bool
    ) -> None:
        self.asm, self.server, self.cores = asm, server, cores
        self.overhead, self.connection = overhead, connection
        self.hop = asm.hop(server.name, Role.GATEWAY, server.server, "http/1.1")
        self.threads, self.gil = -1, -1
        if threads:
            self._with_threads()
        else:
            self.loop = asm.loops(self.hop, self._labels(), LaneKind.LOOP)
        self.reg = asm.register()

    def _labels(self) -> list[str]:
        count = self.server.workers
        return [f"loop {i + 1}" for i in range(count)] if count > 1 else ["loop"]

    def _with_threads(self) -> None:
        """Give each process a GIL that its loop and its pool's threads compute under."""
        asm, count, size = self.asm, self.server.workers, self.server.thread_pool
        own = [asm.lane(self.hop, f"process {i + 1}", LaneKind.PROCESS, 0) for i in range(count)]
        locks = [asm.lane(self.hop, "gil", LaneKind.LOCK, 1, lane) for lane in own]
        shared = [asm.lane(self.hop, "thread pool", LaneKind.POOL, size, lock) for lock in locks]
        self.loop = asm.loops(self.hop, self._labels(), LaneKind.LOOP, locks)
        labels = [[f"thread {i + 1}.{t + 1}" for t in range(size)] for i in range(count)]
        self.threads = asm.threads(self.hop, labels, shared)
        self.gil = asm.gils(locks)

    def serve(self, endpoint: Endpoint, send: int, app: Application) -> None:
        """Read, run the handler on the loop or in a thread, write."""
        asm, server = self.asm, self.server
        half = asm.law(constant(self.overhead // 2), server.name)
        with asm.served(self.hop) as visit:
            pick(asm, server.balance, server.workers, self.loop, self.reg, server.name)
            loop = Loop(asm, self.loop, asm.seat(), self.gil, self.reg, self.cores)
            loop.take(server.backlog, asm.turned_away(visit))
            self._connect(loop)
            loop.compute(half, "read the request")
            app.visit(loop, endpoint, self._thread(loop, endpoint))
            loop.compute(half, "write the answer")
            loop.let_go()
            if send >= 0:
                asm.hold(send, PhaseKind.TRANSFER, what="to a slow client")

    def _connect(self, loop: Loop) -> None:
        """A new connection costs more than one that was kept alive."""
        if not self.connection:
            return
        asm = self.asm
        skip = asm.emit(steps.REUSED, a=-1)
        loop.compute(asm.law(constant(self.connection), self.server.name), "accept")
        asm.layout.steps[skip].a = asm.here()

    def _thread(self, loop: Loop, endpoint: Endpoint) -> PoolThread | None:
        """Give the place of a `def` handler: a thread, and what it costs to go there and back."""
        if endpoint.handler != "def":
            return None
        asm = self.asm
        hop = asm.law(constant(THREAD_HOP), "thread hop")
        return PoolThread(asm, asm.seat(), self.gil, self.reg, self.cores, loop, self.threads, hop)
