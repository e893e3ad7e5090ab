"""How an outgoing request is called: `http GET 127.0.0.1:8001`, its path and its query left out."""

from __future__ import annotations

from typing import Any

from ..ring import METHODS

_PORTS = {"http": 80, "https": 443}


def exchange(method: Any, host: Any, port: Any) -> str:
    """Return the name of a wait for another server.

    >>> exchange("get", "db.internal", None), exchange("SECRET", "::1", 8001)
    ('http GET db.internal', 'http OTHER [::1]:8001')
    """
    upper = str(method or "").upper()
    host = f"[{host}]" if ":" in str(host) else str(host)
    return f"http {upper if upper in METHODS else 'OTHER'} {host if port is None else f'{host}:{port}'}"


def to(method: Any, url: str) -> str:
    """Return the name of a request by its URL.

    >>> to("GET", "https://user:secret@api.example/v1?key=secret")
    'http GET api.example:443'
    """
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    return exchange(method, parts.hostname or "", parts.port or _PORTS.get(parts.scheme))
