"""gunicorn 27: the gevent worker. The hub is the lane; a greenlet that waits lets go of it.

accept -> greenlet: handle -> head read -> handle_request -> application -> write
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from time import monotonic_ns
from types import ModuleType
from typing import Any

from ..called import Link, entering, here, let_go
from ..hubs import Hub, HubCall, hub_here
from ..points import fault, install
from ..ring import ring
from .gunicorn import _boot, _listen, _process_lane

_link: ContextVar[Link | None] = ContextVar("hopscope_link", default=None)
"""The connection that this greenlet serves."""


def worker(module: ModuleType, version: str) -> None:
    """Hook the gevent worker; the one that serves with gevent's own pywsgi is not recorded."""
    from gunicorn import sock, util
    from gunicorn.http import unreader, wsgi
    from gunicorn.workers import base

    ring.server, ring.version = "gunicorn gevent", version
    install("gunicorn.listen", sock.BaseSocket, "set_options", _listen)
    install("gunicorn.boot", base.Worker, "init_process", _boot)
    install("gunicorn.gevent.app", module.GeventWorker, "load_wsgi", _load)
    install("gunicorn.gevent.handle", module.GeventWorker, "handle", _handle)
    install("gunicorn.gevent.read", unreader.SocketUnreader, "chunk", _chunk)
    install("gunicorn.gevent.request", module.GeventWorker, "handle_request", _request)
    install("gunicorn.gevent.write", wsgi.Response, "start_response", _start_response)
    for name in ("write", "sendfile", "close"):
        install("gunicorn.gevent.write", wsgi.Response, name, _write)
    install("gunicorn.gevent.write_error", util, "write_error", _write_error)


def _hub(worker: Any) -> Hub:
    return hub_here(lambda: _process_lane(worker, worker.worker_connections))


def _load(real: Callable[..., Any]) -> Callable[..., Any]:
    """Stand before the application, and tell the worker's lane."""

    def load_wsgi(self: Any) -> Any:
        result = real(self)
        try:
            if self.server_class is None:
                self.wsgi = entering("gunicorn.gevent.request", self.wsgi)
                _hub(self)
            else:
                ring.told_mark("unsupported", f"gunicorn {type(self).__name__}")
        except Exception as error:
            fault("gunicorn.gevent.app", error)
        return result

    return load_wsgi


def _handle(real: Callable[..., Any]) -> Callable[..., Any]:
    """A greenlet of its own serves each connection to its end."""

    def handle(self: Any, listener: Any, client: Any, addr: Any) -> Any:
        try:
            _link.set(Link(addr, client.getsockname()))
        except Exception as error:
            fault("gunicorn.gevent.handle", error)
        try:
            return real(self, listener, client, addr)
        finally:
            let_go("gunicorn.gevent.handle")

    return handle


def _chunk(real: Callable[..., Any]) -> Callable[..., Any]:
    """Ask for the arrival of a request's first byte, just before it is read."""

    def chunk(self: Any, size_hint: Any = None) -> Any:
        link = _link.get()
        if link is not None and link.fresh:
            try:
                link.peek(self.sock)
                link.read = monotonic_ns()
            except Exception as error:
                fault("gunicorn.gevent.read", error)
        return real(self, size_hint)

    return chunk


def _request(real: Callable[..., Any]) -> Callable[..., Any]:
    """The head is parsed. An error is answered by `handle`, and ends the visit there."""

    def handle_request(self: Any, listener_name: Any, req: Any, sock: Any, addr: Any) -> Any:
        link = _link.get()
        try:
            if link is not None:
                call = HubCall("gunicorn.gevent.request", _hub(self), link, sock)
                call.taken = link.read or call.parsed
                here.call = call
        except Exception as error:
            fault("gunicorn.gevent.request", error)
            here.call = None
        try:
            return real(self, listener_name, req, sock, addr)
        except StopIteration:
            raise  # the connection is not kept
        except BaseException as error:
            _failed(error)
            raise
        finally:
            if link is not None:
                link.fresh = True
            if here.call is not None and not here.call.failed:
                let_go("gunicorn.gevent.request")

    return handle_request


def _failed(error: BaseException) -> None:
    call = here.call
    if call is not None:
        call.failed, call.aborted = True, isinstance(error, OSError)
        call.out()


def _start_response(real: Callable[..., Any]) -> Callable[..., Any]:
    def start_response(self: Any, status: Any, headers: Any, exc_info: Any = None) -> Any:
        result = real(self, status, headers, exc_info)
        call = here.call
        if call is not None:
            call.started(status)
        return result

    return start_response


def _write(real: Callable[..., Any]) -> Callable[..., Any]:
    def write(self: Any, *part: Any) -> Any:
        call = here.call
        if call is None or (self.headers_sent and (part == (b"",) or not (part or self.chunked))):
            return real(self, *part)
        start = monotonic_ns()
        result = real(self, *part)
        call.wrote(start)
        call.bytes_out = self.sent
        return result

    return write


def _write_error(real: Callable[..., Any]) -> Callable[..., Any]:
    def write_error(sock: Any, status_int: Any, reason: Any, mesg: Any) -> Any:
        call, start = here.call, monotonic_ns()
        result = real(sock, status_int, reason, mesg)
        if call is not None:
            call.status = status_int
            call.wrote(start)
        return result

    return write_error
