"""httpx, blocking and async: the whole of an exchange, its body if it is read at once."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from ..points import install
from .tell import awaiting, blocking
from .url import exchange


def patch(module: ModuleType) -> None:
    """Hook the sending of a request."""
    install("httpx", module.Client, "send", blocking("httpx", _name))
    install("httpx", module.AsyncClient, "send", awaiting("httpx", _name))


def _name(_: Any, request: Any = None, *__: Any) -> str:
    url = request.url
    return exchange(request.method, url.host, url.port or {"http": 80, "https": 443}.get(url.scheme))
