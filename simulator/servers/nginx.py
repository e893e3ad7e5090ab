"""nginx: each worker is one event loop; while the upstream works, the loop is free for others."""

from __future__ import annotations

from collections.abc import Callable

from simulator.distributions import constant
from simulator.program import Assembler
from simulator.servers.balance import pick
from simulator.servers.costs import NGINX_PROXY, NGINX_STATIC
from simulator.servers.places import Loop
from simulator.stack import Endpoint, Nginx
from tracer.recording.nouns import LaneKind, PhaseKind, Role


class NginxModel:
    """Accept and parse, pass on, await the answer, pass it back; or serve a file."""

    def __init__(self, asm: Assembler, nginx: Nginx, cores: int) -> None:
        self.asm, self.nginx, self.cores = asm, nginx, cores
        self.hop = asm.hop(nginx.name, Role.PROXY, "nginx", "http/1.1")
        labels = [f"worker {i + 1}" for i in range(nginx.workers)]
        self.pool = asm.loops(self.hop, labels, LaneKind.LOOP)
        self.reg = asm.register()

    def serve(self, endpoint: Endpoint, send: int, inner: Callable[[int], None]) -> None:
        """Serve a request; `send` is the law of a slow client's download (-1: none)."""
        asm, nginx = self.asm, self.nginx
        static = endpoint.served_by == nginx.name
        whole = nginx.overhead if nginx.overhead is not None else NGINX_STATIC if static else NGINX_PROXY
        half = asm.law(constant(whole // 2), nginx.name)
        with asm.visit(self.hop, PhaseKind.AWAITING) as visit:
            pick(asm, nginx.balance, nginx.workers, self.pool, self.reg, nginx.name)
            loop = Loop(asm, self.pool, asm.seat(), reg=self.reg, cores=self.cores)
            loop.take(nginx.backlog, asm.turned_away(visit))
            loop.compute(half, "read the request")
            if not static:
                loop.let_go()
                inner(-1 if nginx.buffering else send)
            loop.compute(half, "send the answer")
            loop.let_go()
            if send >= 0 and (nginx.buffering or static):
                asm.hold(send, PhaseKind.TRANSFER, what="to a slow client")
