"""gunicorn 27: the asgi worker, on asyncio and uvloop.

connection_made -> read -> headers complete -> task -> application, step by step -> send
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic_ns
from types import ModuleType
from typing import Any

from ..adapted import Asked, Client, call
from ..loops import loop_here, step_tasks
from ..points import fault, install
from ..ring import ring
from ..waits import install_waits
from .gunicorn import _listen


def protocol(module: ModuleType, version: str) -> None:
    """Hook connections and their requests."""
    _named(version)
    install("gunicorn.asgi.accept", module.ASGIProtocol, "connection_made", _connection)
    install("gunicorn.asgi.parsed", module.ASGIProtocol, "_on_headers_complete", _parsed)
    install_waits()


def worker(module: ModuleType, version: str) -> None:
    """Hook the worker's start."""
    from gunicorn import sock

    _named(version)
    install("gunicorn.listen", sock.BaseSocket, "set_options", _listen)
    install("gunicorn.asgi.startup", module.ASGIWorker, "_serve", _serve)


def _named(version: str) -> None:
    ring.server, ring.version = "gunicorn asgi", version


def _serve(real: Callable[..., Any]) -> Callable[..., Any]:
    """Step the tasks of requests, once the loop runs."""

    async def _serve(self: Any) -> Any:
        try:
            step_tasks(asyncio.get_running_loop())
            loop_here().tell()
        except Exception as error:
            fault("gunicorn.asgi.startup", error)
        return await real(self)

    return _serve


def _connection(real: Callable[..., Any]) -> Callable[..., Any]:
    def connection_made(self: Any, transport: Any) -> Any:
        try:
            client = self._hopscope = Client(self, transport)
            self.app = _called(self.app, client)
        except Exception as error:
            self._hopscope = None
            fault("gunicorn.asgi.accept", error)
        return real(self, transport)

    return connection_made


def _parsed(real: Callable[..., Any]) -> Callable[..., Any]:
    def _on_headers_complete(self: Any) -> Any:
        result = real(self)
        client = getattr(self, "_hopscope", None)
        if client is not None:
            client.parsed = monotonic_ns()
        return result

    return _on_headers_complete


def _called(app: Callable[..., Any], client: Client) -> Callable[..., Any]:
    def application(scope: Any, receive: Any, send: Any) -> Any:
        return call("gunicorn.asgi.request", asked, app, scope, receive, send)

    def asked(scope: Any, send: Any) -> Asked:
        return Asked(client, scope, send, alone=scope["http_version"] in ("1.0", "1.1"))

    return application
