"""waitress 3: a main thread that reads and parses, a queue, and threads that call the application.

    accept -> main thread reads -> add_task -> queue -> thread: service -> application -> write_soon

`write_soon` sends at once what the kernel takes; the rest is sent by the main thread, unseen: to the agent
an answer is out when its last part was handed over.
"""

from __future__ import annotations

import socket
from _thread import get_native_id
from collections.abc import Callable
from time import monotonic_ns
from types import ModuleType
from typing import Any

from ..called import Call, Link, entering, here, let_go
from ..clock import SO_TIMESTAMPNS
from ..lanes import pool_of, process_here, thread_here
from ..layout import QUEUED, THREAD, TRANSFER
from ..points import fault, install
from ..ring import ring
from ..waits import install_waits


def server(module: ModuleType, version: str) -> None:
    """Hook the listener."""
    ring.server, ring.version = "waitress", version
    install("waitress.listen", module.BaseWSGIServer, "accept_connections", _listen)


def channel(module: ModuleType, version: str) -> None:
    """Hook a client's connection, on the main thread and on the thread that serves it."""
    ring.server, ring.version = "waitress", version
    install("waitress.accept", module.HTTPChannel, "__init__", _accepted)
    install("waitress.read", module.HTTPChannel, "handle_read", _read)
    install("waitress.service", module.HTTPChannel, "service", _service)
    install_waits()


def task(module: ModuleType, version: str) -> None:
    """Hook the queue, and what a task writes."""
    ring.server, ring.version = "waitress", version
    install("waitress.add_task", module.ThreadedTaskDispatcher, "add_task", _add_task)
    install("waitress.response", module.Task, "build_response_header", _response)
    install("waitress.write", module.Task, "write", _write)
    install("waitress.write", module.Task, "finish", _finish)
    install("waitress.request", module.WSGITask, "execute", _execute)


class _Link(Link):
    """A connection, and the times of the request that is read from it or waits in the queue."""

    __slots__ = ("queued", "reads", "started")

    def __init__(self, peer: Any, local: Any) -> None:
        super().__init__(peer, local)
        self.queued = self.reads = self.started = 0


def _listen(real: Callable[..., Any]) -> Callable[..., Any]:
    """Have the kernel stamp what arrives, and stand before the application."""

    def accept_connections(self: Any) -> Any:
        try:
            if not hasattr(self.application, "_hopscope"):
                self.application = entering("waitress.request", self.application)
            _pool(self.adj.threads)
            self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        except OSError:
            pass  # arrivals are not known then
        except Exception as error:
            fault("waitress.listen", error)
        return real(self)

    return accept_connections


def _pool(threads: int) -> int:
    """Return the lane of the pool."""
    return pool_of(process_here(), threads)


def _main() -> int:
    """Return the lane of the thread that reads, which this one is."""
    return ring.lane("main", THREAD, "main thread", parent=process_here(), tid=get_native_id())


def _accepted(real: Callable[..., Any]) -> Callable[..., Any]:
    def __init__(self: Any, server: Any, sock: Any, addr: Any, adj: Any, map: Any = None) -> None:  # noqa: N807, A002
        try:
            self._hopscope = _Link(addr, sock.getsockname())
        except Exception as error:
            self._hopscope = None
            fault("waitress.accept", error)
        real(self, server, sock, addr, adj, map=map)

    return __init__


def _read(real: Callable[..., Any]) -> Callable[..., Any]:
    """Ask when the bytes arrived that the main thread is about to read, if they begin a request."""

    def handle_read(self: Any) -> Any:
        try:
            link = self._hopscope
            if link is not None and self.request is None and not self.requests:
                link.peek(self.socket)
                link.started, link.reads = monotonic_ns(), 0
            if link is not None:
                link.reads += 1
                _main()
        except Exception as error:
            fault("waitress.read", error)
        return real(self)

    return handle_read


def _add_task(real: Callable[..., Any]) -> Callable[..., Any]:
    def add_task(self: Any, task: Any) -> Any:
        try:
            link = task._hopscope
            if link is not None:
                link.queued = monotonic_ns()
        except Exception as error:
            fault("waitress.add_task", error)
        return real(self, task)

    return add_task


def _service(real: Callable[..., Any]) -> Callable[..., Any]:
    """A thread takes the connection from the queue, to serve its next request."""

    def service(self: Any) -> Any:
        try:
            link = self._hopscope
            if link is not None:
                start = monotonic_ns()
                pool = _pool(self.adj.threads)
                here.call = call = Call("waitress.service", thread_here(pool, start), link, queue=pool)
                call.taken = call.parsed = start
                call.arrived = link.arrived or link.queued
        except Exception as error:
            fault("waitress.service", error)
            here.call = None
        try:
            return real(self)
        finally:
            let_go("waitress.service")

    return service


def _execute(real: Callable[..., Any]) -> Callable[..., Any]:
    """Serve a request whole; before it is told how it went, it is told how it was read."""

    def execute(self: Any) -> Any:
        call = here.call
        if call is None:
            return real(self)
        try:
            return real(self)
        except BaseException as error:
            call.failed = True
            call.aborted = isinstance(error, OSError) or type(error).__name__ == "ClientDisconnected"
            raise
        finally:
            call.out()
            try:
                _tell_reading(call, self.channel._hopscope)
            except Exception as error:
                fault("waitress.request", error)

    return execute


def _tell_reading(call: Call, link: _Link) -> None:
    """Tell the wait for the main thread, and its reading; what was pipelined is only told to wait."""
    if not call.number or not link.arrived:
        return
    main = ring.known_lane("main")
    started = max(link.started, link.arrived)
    ring.phase(0, 0, call.number, QUEUED, 0, main, 0, link.arrived, started, -1)
    what, at_once = ring.text("read"), link.reads == 1
    ring.phase(0, main if at_once else 0, call.number, TRANSFER, at_once, 0, what, started, link.queued, -1)
    link.arrived = 0


def _response(real: Callable[..., Any]) -> Callable[..., Any]:
    """The first part of the answer is about to be written."""

    def build_response_header(self: Any) -> Any:
        call = here.call
        if call is not None:
            call.started(self.status)
        return real(self)

    return build_response_header


def _write(real: Callable[..., Any]) -> Callable[..., Any]:
    def write(self: Any, data: Any) -> Any:
        call = here.call
        if call is None:
            return real(self, data)
        start, before = monotonic_ns(), self.content_bytes_written
        result = real(self, data)
        try:
            size = self.content_bytes_written - before if self.content_length is not None else len(data)
            call.wrote(start, size if self.has_body else 0)
        except Exception as error:
            fault("waitress.write", error)
        return result

    return write


def _finish(real: Callable[..., Any]) -> Callable[..., Any]:
    """The last chunk goes out."""

    def finish(self: Any) -> Any:
        call = here.call
        if call is None or (self.wrote_header and not self.chunked_response):
            return real(self)
        start = monotonic_ns()
        result = real(self)
        call.wrote(start)
        return result

    return finish
