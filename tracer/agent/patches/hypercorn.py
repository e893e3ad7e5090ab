"""hypercorn 0.18: the asyncio worker, on asyncio and uvloop; HTTP/1 and HTTP/2.

TCPServer.run -> read -> head parsed -> spawn_app -> application, step by step -> app_send
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import ContextVar
from time import monotonic_ns
from types import ModuleType
from typing import Any

from ..adapted import Asked, Client, call
from ..loops import loop_here, step_tasks
from ..points import fault, install
from ..ring import ring
from ..waits import install_waits
from .uvicorn import _stamp

_client: ContextVar[Client | None] = ContextVar("hopscope_hypercorn", default=None)
"""The connection that this task serves; the applications' tasks inherit it."""


def config(module: ModuleType, version: str) -> None:
    """Hook the listeners."""
    ring.server, ring.version = "hypercorn", version
    install("hypercorn.listen", module.Config, "create_sockets", _listen)


def tcp_server(module: ModuleType, version: str) -> None:
    """Hook connections."""
    ring.server, ring.version = "hypercorn", version
    install("hypercorn.accept", module.TCPServer, "run", _connection)
    install_waits()


def task_group(module: ModuleType, version: str) -> None:
    """Hook the start of an application's task."""
    ring.server, ring.version = "hypercorn", version
    install("hypercorn.parsed", module.TaskGroup, "spawn_app", _parsed)


def lifespan(module: ModuleType, version: str) -> None:
    """Hook the start of a worker."""
    ring.server, ring.version = "hypercorn", version
    install("hypercorn.startup", module.Lifespan, "wait_for_startup", _started)


def wrappers(module: ModuleType, version: str) -> None:
    """Hook the call of the application, ASGI or WSGI."""
    ring.server, ring.version = "hypercorn", version
    install("hypercorn.request", module.ASGIWrapper, "__call__", _called)
    install("hypercorn.request", module.WSGIWrapper, "__call__", _called)


def _listen(real: Callable[..., Any]) -> Callable[..., Any]:
    """Have the kernel stamp what arrives; accepted sockets inherit it."""

    def create_sockets(self: Any, *args: Any, **kwargs: Any) -> Any:
        sockets = real(self, *args, **kwargs)
        try:
            for sock in (*sockets.secure_sockets, *sockets.insecure_sockets):
                _stamp(sock)
        except Exception as error:
            fault("hypercorn.listen", error)
        return sockets

    return create_sockets


def _started(real: Callable[..., Any]) -> Callable[..., Any]:
    """Step the tasks of requests, once the loop runs."""

    async def wait_for_startup(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            step_tasks(asyncio.get_running_loop())
            loop_here().tell()
        except Exception as error:
            fault("hypercorn.startup", error)
        return await real(self, *args, **kwargs)

    return wait_for_startup


def _connection(real: Callable[..., Any]) -> Callable[..., Any]:
    async def run(self: Any) -> Any:
        try:
            transport = self.writer.transport
            _client.set(Client(transport.get_protocol(), transport))
        except Exception as error:
            fault("hypercorn.accept", error)
        return await real(self)

    return run


def _parsed(real: Callable[..., Any]) -> Callable[..., Any]:
    """The head is parsed; the application is about to be given a task."""

    def spawn_app(self: Any, *args: Any, **kwargs: Any) -> Any:
        client = _client.get()
        if client is not None:
            client.parsed = monotonic_ns()
        return real(self, *args, **kwargs)

    return spawn_app


def _called(real: Callable[..., Any]) -> Callable[..., Any]:
    def __call__(  # noqa: N807
        self: Any, scope: Any, receive: Any, send: Any, sync_spawn: Any, call_soon: Any
    ) -> Any:
        def app(scope: Any, receive: Any, send: Any) -> Any:
            return real(self, scope, receive, send, sync_spawn, call_soon)

        return call("hypercorn.request", _asked, app, scope, receive, send)

    return __call__


def _asked(scope: Any, send: Any) -> Asked:
    return Asked(_client.get(), scope, send, alone=scope["http_version"] in ("1.0", "1.1"))
