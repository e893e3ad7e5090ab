"""werkzeug 3: the development server, which `flask run` starts.

setup -> head read and parsed -> run_wsgi -> application -> wfile.write -> waits 10 ms for a late body
"""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic_ns
from types import ModuleType
from typing import Any

from ..called import entering, here
from ..handlers import HandlerLink, install_server, serving
from ..points import fault, install
from ..ring import ring
from ..waits import install_waits

DATA, PARTS = 2, 4
"""A chunk is written in four parts: its length, a line's end, the data, a line's end."""


def serving_module(module: ModuleType, version: str) -> None:
    """Hook the server, its connections and their answers."""
    ring.server, ring.version = "werkzeug", version
    install_server("werkzeug", module.BaseWSGIServer, module.WSGIRequestHandler)
    handler = module.WSGIRequestHandler
    install("werkzeug.write", handler, "setup", _set_up)
    install("werkzeug.request", handler, "run_wsgi", _run_wsgi)
    install("werkzeug.response", handler, "send_response", _send_response)
    install("werkzeug.response", handler, "send_header", _send_header)
    install("werkzeug.response", handler, "end_headers", _end_headers)
    install("werkzeug.error", module.BaseWSGIServer, "log", _log)
    install_waits()


def _set_up(real: Callable[..., Any]) -> Callable[..., Any]:
    """Time what is written to the client."""

    def setup(self: Any) -> Any:
        result = real(self)
        try:
            if self._hopscope is not None:
                self.wfile.write = _writer(self.wfile.write, self._hopscope)
        except Exception as error:
            fault("werkzeug.write", error)
        return result

    return setup


def _writer(real: Callable[..., Any], link: HandlerLink) -> Callable[..., Any]:
    def write(data: Any) -> Any:
        call, start = here.call, monotonic_ns()
        try:
            result = real(data)
        except OSError:
            if call is not None:
                call.aborted = True
            raise
        if call is not None:
            body = link.part < 0 or link.part % PARTS == DATA
            link.part += link.part >= 0
            call.wrote(start, len(data) if body else 0)
        return result

    return write


def _run_wsgi(real: Callable[..., Any]) -> Callable[..., Any]:
    def run_wsgi(self: Any) -> Any:
        try:
            if not hasattr(self.server.app, "_hopscope"):
                self.server.app = entering("werkzeug.request", self.server.app)
        except Exception as error:
            fault("werkzeug.request", error)
        return serving("werkzeug.request", self, lambda: real(self))

    return run_wsgi


def _send_response(real: Callable[..., Any]) -> Callable[..., Any]:
    def send_response(self: Any, code: Any, message: Any = None) -> Any:
        call = here.call
        if call is not None:
            call.started(code)
        return real(self, code, message)

    return send_response


def _send_header(real: Callable[..., Any]) -> Callable[..., Any]:
    def send_header(self: Any, keyword: Any, value: Any) -> Any:
        if keyword == "Transfer-Encoding" and here.call is not None:
            self._hopscope.part = 0
        return real(self, keyword, value)

    return send_header


def _end_headers(real: Callable[..., Any]) -> Callable[..., Any]:
    """The head is written; what follows is the body."""

    def end_headers(self: Any) -> Any:
        call = here.call
        if call is None:
            return real(self)
        part = self._hopscope.part
        result = real(self)
        self._hopscope.part, call.bytes_out = part, 0
        return result

    return end_headers


def _log(real: Callable[..., Any]) -> Callable[..., Any]:
    def log(self: Any, type: str, message: str, *args: Any) -> Any:  # noqa: A002
        call = here.call
        if call is not None and type == "error":
            call.failed = True
        return real(self, type, message, *args)

    return log
