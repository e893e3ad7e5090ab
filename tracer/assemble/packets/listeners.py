"""Listening addresses, which are the hops of a capture, and what they are called."""

from __future__ import annotations

from collections import Counter

from tracer.recording import Hop, Role

PROXIES = frozenset({
    "nginx", "openresty", "tengine", "apache", "haproxy", "envoy", "caddy", "traefik", "varnish",
    "istio-envoy", "cloudflare", "awselb", "microsoft-iis", "litespeed", "h2o", "squid", "angie", "freenginx",
})  # fmt: skip
"""Products that hand requests on."""
APP_SERVERS = frozenset({
    "gunicorn", "uvicorn", "hypercorn", "waitress", "granian", "werkzeug", "wsgiserver", "cheroot",
    "daphne", "wsgidav", "aiohttp", "python", "basehttp", "simplehttp", "tornadoserver", "uwsgi",
})  # fmt: skip
"""Products that run an application, and are no proxy."""
GATEWAYS = frozenset({"uwsgi", "fastcgi", "scgi"})
"""Protocols that only a web server speaks to what runs applications."""
MOST = 32
"""Distinct Server fields that are counted of a listener."""


class Listener:
    """One listening address."""

    def __init__(self, number: int, host: str, port: int) -> None:
        self.number, self.host, self.port = number, host, port
        self.depth = 0  # hops between it and the client, the most that was seen
        self.calls = False  # a request was handed on from here
        self._servers: Counter[str] = Counter()
        self._protocols: Counter[str] = Counter()

    def told(self, server: str | None, count: int = 1) -> None:
        """Take in the Server field of an answer, or of so many."""
        if server and (server in self._servers or len(self._servers) < MOST):
            self._servers[server] += count

    def spoke(self, protocol: str, count: int = 1) -> None:
        """Take in what was spoken to it."""
        self._protocols[protocol] += count

    @property
    def product(self) -> str | None:
        """The Server product in lower case; None: it never said."""
        return _product(self.software) if self._servers else None

    @property
    def software(self) -> str | None:
        """The Server field, the most frequent one."""
        return self._servers.most_common(1)[0][0] if self._servers else None

    @property
    def protocol(self) -> str | None:
        """What is spoken to it: "http" or a gateway protocol."""
        return self._protocols.most_common(1)[0][0] if self._protocols else None

    @property
    def name(self) -> str:
        """The hop's name."""
        address = f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"
        return self.product or self.protocol or address

    def hop(self, number: int) -> Hop:
        """Give the row of it."""
        role = Role.PROXY if self.calls or self.product in PROXIES else Role.GATEWAY
        return Hop(number, self.name, role, self.software, self.protocol)


def _product(server: str | None) -> str | None:
    words = (server or "").replace("/", " ").split()
    return words[0].lower() if words else None


class Listeners:
    """All of them, by address."""

    def __init__(self) -> None:
        self._all: dict[tuple[str, int], Listener] = {}

    def __call__(self, host: str, port: int) -> Listener:
        """Give the listener of an address."""
        key = (host, port)
        if key not in self._all:
            self._all[key] = Listener(len(self._all) + 1, host, port)
        return self._all[key]

    def in_path_order(self) -> list[Listener]:
        """List them, the client's side first."""
        return sorted(self._all.values(), key=lambda one: (one.depth, one.number))
