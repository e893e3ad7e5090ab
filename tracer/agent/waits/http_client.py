"""http.client, which urllib.request, urllib3 and most SDKs of clouds are built on."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from ..points import install
from .tell import blocking
from .url import exchange


def patch(module: ModuleType) -> None:
    """Hook the request going out and the wait for the head of its answer."""
    connection = module.HTTPConnection
    install("http.client", connection, "request", blocking("http.client", _request))
    install("http.client", connection, "getresponse", blocking("http.client", _response))


def _request(connection: Any, method: Any = "", *_: Any, **__: Any) -> str:
    return exchange(method, connection.host, connection.port)


def _response(connection: Any, *_: Any) -> str:
    return exchange(getattr(connection, "_method", ""), connection.host, connection.port)
