"""CGI: a process for each request, which starts an interpreter, imports, answers, and is gone."""

from __future__ import annotations

from simulator.distributions import constant
from simulator.program import Assembler
from simulator.servers.app import Application
from simulator.servers.costs import CGI_START
from simulator.servers.places import Worker
from simulator.stack import Cgi, Endpoint, Stack
from tracer.recording.nouns import LaneKind, PhaseKind, Role


def cgi_model(asm: Assembler, cgi: Cgi, _stack: Stack, cores: int) -> CgiModel:
    """Give places for so many processes."""
    return CgiModel(asm, cgi, cores)


class CgiModel:
    """A lane is a place for a process: it is held from the fork to the exit, and empty else."""

    def __init__(self, asm: Assembler, cgi: Cgi, cores: int) -> None:
        self.asm, self.cgi, self.cores = asm, cgi, cores
        self.hop = asm.hop(cgi.name, Role.GATEWAY, "cgi", "cgi")
        self.pool = asm.workers(self.hop, cgi.workers, "process", LaneKind.PROCESS)

    def serve(self, endpoint: Endpoint, send: int, app: Application) -> None:
        """Fork, start up, run, end."""
        asm, cgi = self.asm, self.cgi
        start = asm.law(constant(CGI_START if cgi.boot is None else cgi.boot), f"{cgi.name}|start-up")
        with asm.served(self.hop) as visit:
            seat = asm.seat()
            asm.acquire(self.pool, seat, limit=cgi.backlog, full=asm.turned_away(visit))
            place = Worker(asm, seat, cores=self.cores)
            place.compute(start, "start-up")
            app.visit(place, endpoint)
            if send >= 0:
                asm.hold(send, PhaseKind.TRANSFER, seat, "to a slow client")
            asm.release(seat)
