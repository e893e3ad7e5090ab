"""What a load is to be: where to, what, when, and within which limits."""

from __future__ import annotations

import json
import re
import string
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

_METHOD = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_SUPPORTED = "use http://HOST:PORT/PATH"


class LoadError(Exception):
    """A load that cannot be run; the text is one sentence for the user."""


class Planned(NamedTuple):
    """One request to come."""

    offset: int  # ns from the start of the run
    method: str
    target: str  # "/item/7?x=1"


@dataclass(frozen=True, slots=True)
class Plan:
    """A load, whole: a run needs nothing else, and the same plan sends the same requests."""

    host: str
    port: int
    requests: tuple[Planned, ...]  # by offset
    keep_alive: bool = True
    timeout: float = 30.0  # seconds from when a request was due to its last byte
    connections: int = 4096  # open at once, at most; beyond it requests wait, and are late
    seed: int = 0  # of trace and span ids

    def __post_init__(self) -> None:
        if not self.timeout > 0:
            raise LoadError(f"the timeout of a load must be above 0 seconds, not {self.timeout}")
        if self.connections < 1:
            raise LoadError(f"a load needs at least one connection, not {self.connections}")
        if any(a.offset > b.offset for a, b in zip(self.requests, self.requests[1:], strict=False)):
            raise LoadError("the requests of a load must be in order of their offsets")
        for method in {request.method for request in self.requests}:
            if not _METHOD.fullmatch(method) or method == "CONNECT":
                raise LoadError(f"cannot send the HTTP method {method!r}: use GET, HEAD, POST or the like")
        for target in {request.target for request in self.requests}:
            if target != _quoted(target) or not target.startswith(("/", "*")):
                raise LoadError(
                    f"cannot send the request target {target!r}: it must start with / and be quoted"
                )

    @classmethod
    def of(
        cls,
        url: str,
        offsets: Iterable[int],
        *,
        paths: Sequence[str] = (),
        method: str = "GET",
        **limits: Any,
    ) -> Plan:
        """Plan requests for `url` at `offsets` (ns), for `paths` below it in turn if there are any.

        `limits` are keep_alive, timeout, connections and seed. Raises LoadError for a URL that is of no use.
        """
        host, port, own = parse(url)
        base = own.partition("?")[0].rstrip("/")
        targets = [_quoted(base + "/" + path.lstrip("/")) for path in paths] or [own]
        requests = (Planned(offset, method, targets[n % len(targets)]) for n, offset in enumerate(offsets))
        return cls(host, port, tuple(requests), **limits)

    @property
    def authority(self) -> str:
        """The value of the Host header."""
        name = f"[{self.host}]" if ":" in self.host else self.host.encode("idna").decode()
        return name if self.port == 80 else f"{name}:{self.port}"

    def to_json(self) -> bytes:
        """Encode, for the process that will run it."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_json(cls, data: bytes) -> Plan:
        """Undo `to_json`."""
        fields = json.loads(data)
        return cls(**fields | {"requests": tuple(Planned(*request) for request in fields["requests"])})


def parse(url: str) -> tuple[str, int, str]:
    """Split a URL into host, port and target. Raises LoadError, whose text names what is wrong."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
        (host or "").encode("idna")
    except ValueError as error:  # UnicodeError of idna is one
        raise LoadError(f"cannot read the URL {url!r} ({error}): {_SUPPORTED}") from None
    if parts.scheme == "https":
        raise LoadError(f"https is not supported by the load generator ({url!r}): {_SUPPORTED}")
    if parts.scheme != "http" or not host:
        raise LoadError(f"{url!r} is no URL to send a load to: {_SUPPORTED}")
    if parts.username is not None or port == 0:
        raise LoadError(f"cannot send a load to {url!r} (a user name or port 0): {_SUPPORTED}")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return host, 80 if port is None else port, _quoted(target)


def _quoted(target: str) -> str:
    """Percent-encode what may not stand in a request line; what is encoded already stays."""
    return quote(target, safe=string.punctuation)
