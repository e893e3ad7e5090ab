"""By what an upstream's request can be known to be a client's: identifiers in heads."""

from __future__ import annotations

from typing import NamedTuple

from tracer.wire import Head
from tracer.wire.message import Pairs

IDS = frozenset({
    "x-request-id", "request-id", "x-correlation-id", "x-amzn-trace-id", "x-amzn-requestid",
    "x-trace-id", "x-b3-traceid", "x-cloud-trace-context", "uber-trace-id", "x-unique-id",
})  # fmt: skip
"""Header fields that carry one id from hop to hop."""
VARIABLES = frozenset({"REQUEST_ID", "UNIQUE_ID"})
"""CGI variables that carry one."""
SHORTEST = 8
"""Characters of an id; shorter ones are counters that others use too."""
FORWARDED = frozenset({"x-forwarded-for", "x-real-ip", "forwarded", "via", "x-forwarded-proto"})
"""Header fields that proxies add."""
TRACE = "traceparent"
NO_IDS: frozenset[str] = frozenset()


class Identity(NamedTuple):
    """What a request says of where it comes from."""

    peer: tuple[str | None, int] | None = None  # REMOTE_ADDR (None: not told) and REMOTE_PORT
    ids: frozenset[str] = frozenset()
    trace: str | None = None  # the trace id of traceparent (W3C Trace Context, 3.2.2.3)
    forwarded: bool = False  # a proxy, or a server that speaks a gateway protocol, sent it
    agent: str | None = None  # User-Agent and cookies, which proxies hand on

    def with_answer(self, head: Head) -> Identity:
        """Add the ids that the answer tells."""
        return self.with_ids(_ids(head))

    def with_ids(self, more: frozenset[str]) -> Identity:
        """Add ids."""
        return self._replace(ids=self.ids | more) if more else self


NOBODY = Identity()


def identity(head: Head) -> Identity:
    """Read the identity of a request."""
    plain = identity_of(head.headers)
    if not head.variables:
        return plain
    return plain._replace(peer=_peer(head), ids=_ids(head), forwarded=True)


def identity_of(headers: Pairs) -> Identity:
    """Read it of a request that has header fields alone."""
    found, trace, forwarded, agent = ids_of(headers), None, False, None
    for name, value in headers:
        if name in FORWARDED:
            forwarded = True
        elif name == TRACE:
            parts = value.split("-")
            trace = parts[1] if len(parts) >= 4 and len(parts[1]) == 32 else None
        elif name in ("user-agent", "cookie"):
            agent = f"{agent}\n{value}" if agent else value
    return Identity(None, found, trace, forwarded, agent)


def _ids(head: Head) -> frozenset[str]:
    found = [value for name, value in head.variables if name in VARIABLES and len(value) >= SHORTEST]
    return ids_of(head.headers).union(found)


def ids_of(headers: Pairs) -> frozenset[str]:
    """List the ids that header fields tell."""
    found = [value for name, value in headers if name in IDS and len(value) >= SHORTEST]
    return frozenset(found) if found else NO_IDS


def _peer(head: Head) -> tuple[str | None, int] | None:
    port = head.variable("REMOTE_PORT", "") if head.variables else ""
    if not port or not port.isdecimal() or not 0 < int(port) < 1 << 16:
        return None
    return head.variable("REMOTE_ADDR"), int(port)
