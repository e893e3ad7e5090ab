"""http.client, which urllib.request, urllib3 (so requests) and most SDKs of clouds are built on."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

from ..points import fault, install
from .onward import NAME, traceparent
from .tell import blocking
from .url import exchange

_STARTED = "Request-started"


def patch(module: ModuleType) -> None:
    """Hook the request going out, the end of its head, and the wait for the head of its answer."""
    connection = module.HTTPConnection
    install("http.client", connection, "request", blocking("http.client", _request))
    install("http.client", connection, "getresponse", blocking("http.client", _response))
    install("http.client.traceparent", connection, "endheaders", _passing_on)


def _passing_on(real: Callable[..., Any]) -> Callable[..., Any]:
    def endheaders(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            if (
                self._HTTPConnection__state == _STARTED
                and not _has(self._buffer)
                and (value := traceparent())
            ):
                self.putheader(NAME, value)
        except Exception as error:
            fault("http.client.traceparent", error)
        return real(self, *args, **kwargs)

    return endheaders


def _has(lines: list[bytes]) -> bool:
    """Whether a head, line by line, has a traceparent."""
    return any(line[:12].lower() == b"traceparent:" for line in lines)


def _request(connection: Any, method: Any = "", *_: Any, **__: Any) -> str:
    return exchange(method, connection.host, connection.port)


def _response(connection: Any, *_: Any) -> str:
    return exchange(getattr(connection, "_method", ""), connection.host, connection.port)
