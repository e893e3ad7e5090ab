"""nginx: each worker is one event loop; while the upstream works, the loop is free for others."""

from __future__ import annotations

from collections.abc import Callable

from simulator.distributions import constant
from simulator.program import Assembler
from simulator.servers.balance import pick
from simulator.servers.costs import NGINX_PROXY, NGINX_STATIC
from simulator.servers.places import Loop
from simulator.stack import Endpoint, Iis, Nginx, Stack
from tracer.recording.nouns import LaneKind, PhaseKind, Role


def nginx_model(asm: Assembler, nginx: Nginx, _stack: Stack, cores: int) -> LoopProxy:
    """Give nginx with what it costs."""
    return LoopProxy(asm, nginx, cores, "worker", NGINX_PROXY, NGINX_STATIC)


class LoopProxy:
    """Accept and parse, pass on, await the answer, pass it back; or serve a file."""

    def __init__(
        self, asm: Assembler, proxy: Nginx | Iis, cores: int, label: str, passing: int, static: int
    ) -> None:
        self.asm, self.proxy, self.cores = asm, proxy, cores
        self.passing, self.static = passing, static
        self.hop = asm.hop(proxy.name, Role.PROXY, proxy.server, "http/1.1")
        labels = [f"{label} {i + 1}" for i in range(proxy.workers)]
        self.pool = asm.loops(self.hop, labels, LaneKind.LOOP)
        self.reg = asm.register()

    def serve(self, endpoint: Endpoint, send: int, inner: Callable[[int], None]) -> None:
        """Serve a request; `send` is the law of a slow client's download (-1: none)."""
        asm, proxy = self.asm, self.proxy
        static = endpoint.served_by == proxy.name
        measured = self.static if static else self.passing
        whole = measured if proxy.overhead is None else proxy.overhead
        half = asm.law(constant(whole // 2), proxy.name)
        with asm.served(self.hop) as visit:
            pick(asm, proxy.balance, proxy.workers, self.pool, self.reg, proxy.name)
            loop = Loop(asm, self.pool, asm.seat(), reg=self.reg, cores=self.cores)
            loop.take(proxy.backlog, asm.turned_away(visit))
            loop.compute(half, "read the request")
            if not static:
                loop.let_go()
                with asm.meanwhile(PhaseKind.AWAITING):
                    inner(-1 if proxy.buffering else send)
            loop.compute(half, "send the answer")
            loop.let_go()
            if send >= 0 and (proxy.buffering or static):
                asm.hold(send, PhaseKind.TRANSFER, what="to a slow client")
