"""waitress: a loop reads whole requests and writes answers from a buffer, threads call the application."""

from __future__ import annotations

from simulator.distributions import constant
from simulator.program import Assembler
from simulator.servers.app import Application
from simulator.servers.costs import WAITRESS
from simulator.servers.places import Loop, Worker
from simulator.stack import Endpoint, Stack, Waitress
from tracer.recording.nouns import LaneKind, PhaseKind, Role


def waitress_model(asm: Assembler, waitress: Waitress, _stack: Stack, cores: int) -> WaitressModel:
    """Give one process with its loop and its threads."""
    return WaitressModel(asm, waitress, cores)


class WaitressModel:
    """A request waits for a thread, never a thread for a slow client."""

    def __init__(self, asm: Assembler, waitress: Waitress, cores: int) -> None:
        self.asm, self.waitress, self.cores = asm, waitress, cores
        self.hop = asm.hop(waitress.name, Role.GATEWAY, "waitress", "http/1.1")
        process = asm.lane(self.hop, "process", LaneKind.PROCESS, 0)
        lock = asm.lane(self.hop, "gil", LaneKind.LOCK, 1, process)
        pool = asm.lane(self.hop, "threads", LaneKind.POOL, waitress.threads, lock)
        self.loop = asm.loops(self.hop, ["main loop"], LaneKind.LOOP, [lock])
        self.threads = asm.threads(self.hop, [[f"thread {t + 1}" for t in range(waitress.threads)]], [pool])
        self.gil = asm.gils([lock])
        self.reg = asm.register()

    def serve(self, endpoint: Endpoint, send: int, app: Application) -> None:
        """Read on the loop, run in a thread, write on the loop."""
        asm, waitress = self.asm, self.waitress
        half = asm.law(
            constant((WAITRESS if waitress.overhead is None else waitress.overhead) // 2), waitress.name
        )
        with asm.served(self.hop) as visit:
            loop = Loop(asm, self.loop, asm.seat(), self.gil, cores=self.cores)
            loop.take(waitress.backlog, asm.turned_away(visit))
            loop.compute(half, "read the request")
            loop.let_go()
            seat = asm.seat()
            asm.acquire(self.threads, seat)
            app.visit(Worker(asm, seat, self.gil, cores=self.cores), endpoint)
            asm.release(seat)
            loop.compute(half, "write the answer")
            loop.let_go()
            if send >= 0:
                asm.hold(send, PhaseKind.TRANSFER, what="to a slow client")
