"""The bytes of a request: a minimal head, the same for every request but for its trace and span id."""

from __future__ import annotations

from tracer import __version__
from tracer.load.exchange import Exchange
from tracer.load.plan import Plan

BODILESS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "DELETE"})


class Heads:
    """Writes the heads of a plan's requests."""

    def __init__(self, plan: Plan) -> None:
        """Write nothing yet."""
        self._plan = plan
        self._written: dict[tuple[str, str], bytes] = {}  # by method and target, up to the ids

    def __call__(self, exchange: Exchange) -> bytes:
        """Write the head of a request, which is all of it."""
        key = (exchange.method, exchange.target)
        head = self._written.get(key)
        if head is None:
            head = self._written[key] = self._head(*key)
        return head + f"{exchange.trace_id.hex()}-{exchange.span_id.hex()}-01\r\n\r\n".encode()

    def _head(self, method: str, target: str) -> bytes:
        length = "" if method in BODILESS else "Content-Length: 0\r\n"
        keep = "keep-alive" if self._plan.keep_alive else "close"
        return (
            f"{method} {target} HTTP/1.1\r\nHost: {self._plan.authority}\r\n"
            f"User-Agent: hopscope/{__version__}\r\nAccept: */*\r\n{length}Connection: {keep}\r\n"
            "traceparent: 00-"
        ).encode()
