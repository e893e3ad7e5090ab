"""httpx, blocking and async: the whole of an exchange, its body if it is read at once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from types import ModuleType
from typing import Any

from ..points import fault, install
from .onward import NAME, traceparent
from .tell import awaiting, blocking
from .url import exchange

POINT = "httpx.traceparent"


def patch(module: ModuleType) -> None:
    """Hook the sending of a request, and of each single one that redirects make of it."""
    install("httpx", module.Client, "send", blocking("httpx", _name))
    install("httpx", module.AsyncClient, "send", awaiting("httpx", _name))
    install(POINT, module.Client, "_send_single_request", _passing_on)
    install(POINT, module.AsyncClient, "_send_single_request", _passing_on_async)


def _passing_on(real: Callable[..., Any]) -> Callable[..., Any]:
    def send(self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        added = _add(request)
        try:
            return real(self, request, *args, **kwargs)
        finally:
            _take_back(request, added)

    return send


def _passing_on_async(real: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    async def send(self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        added = _add(request)
        try:
            return await real(self, request, *args, **kwargs)
        finally:
            _take_back(request, added)

    return send


def _add(request: Any) -> bool:
    """Give a request the header; whether it was given."""
    try:
        if NAME in request.headers or not (value := traceparent()):
            return False
        request.headers[NAME] = value
    except Exception as error:
        fault(POINT, error)
        return False
    return True


def _take_back(request: Any, added: bool) -> None:
    """Leave the handler's own request as it was: it may be sent again, for another request."""
    try:
        if added:
            del request.headers[NAME]
    except Exception as error:
        fault(POINT, error)


def _name(_: Any, request: Any = None, *__: Any) -> str:
    url = request.url
    return exchange(request.method, url.host, url.port or {"http": 80, "https": 443}.get(url.scheme))
