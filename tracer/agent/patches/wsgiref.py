"""wsgiref's server, which Django's `runserver` is made of too.

setup -> head read and parsed -> ServerHandler.run -> application -> write
"""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic_ns
from types import ModuleType
from typing import Any

from ..called import entering, here
from ..handlers import install_server, serving
from ..points import install
from ..ring import ring
from ..waits import install_waits


def simple_server(module: ModuleType, version: str) -> None:
    """Hook the server, its connections and their answers."""
    ring.server, ring.version = "wsgiref", version
    install_server("wsgiref", module.WSGIServer, module.WSGIRequestHandler)
    handler = module.ServerHandler
    install("wsgiref.request", handler, "run", _run)
    install("wsgiref.start_response", handler, "start_response", _start_response)
    install("wsgiref.write", handler, "write", _write)
    install("wsgiref.write", handler, "finish_content", _write)
    install("wsgiref.error", handler, "log_exception", _failed)
    install_waits()


def _run(real: Callable[..., Any]) -> Callable[..., Any]:
    def run(self: Any, application: Any) -> Any:
        handler = getattr(self, "request_handler", None)
        if handler is None:
            return real(self, application)
        hooked = entering("wsgiref.request", application)
        return serving("wsgiref.request", handler, lambda: real(self, hooked))

    return run


def _start_response(real: Callable[..., Any]) -> Callable[..., Any]:
    def start_response(self: Any, status: Any, *args: Any) -> Any:
        result = real(self, status, *args)
        call = here.call
        if call is not None:
            call.started(status)
        return result

    return start_response


def _write(real: Callable[..., Any]) -> Callable[..., Any]:
    def write(self: Any, *data: Any) -> Any:
        call = here.call
        if call is None or (not data and self.headers_sent):
            return real(self, *data)
        start = monotonic_ns()
        try:
            result = real(self, *data)
        except OSError:
            call.aborted = True
            raise
        call.wrote(start, len(data[0]) if data else 0)
        return result

    return write


def _failed(real: Callable[..., Any]) -> Callable[..., Any]:
    def log_exception(self: Any, exc_info: Any) -> Any:
        call = here.call
        if call is not None:
            call.failed = True
        return real(self, exc_info)

    return log_exception
