"""gunicorn 27: the sync and gthread workers.

    accept -> handle [-> pool's queue -> thread] -> head read -> handle_request -> application -> write
           -> lingering close

Nothing that the application sees is wrapped, neither start_response nor its iterable: the worker's
callable and the classes around it are hooked instead.
"""

from __future__ import annotations

import os
import socket
import threading
from _thread import get_ident, get_native_id
from collections.abc import Callable
from functools import partial
from time import monotonic_ns
from types import ModuleType
from typing import Any

from ..clock import SO_TIMESTAMPNS
from ..layout import BLOCKED, POOL, PROCESS, RUNNING, THREAD
from ..points import fault, install
from ..ring import ring
from ..waits import install_waits
from ..watch import watch
from ..wsgi import Connection, Exchange, here


def sync(module: ModuleType, version: str) -> None:
    """Hook the sync worker."""
    _common(version, "sync")
    install("gunicorn.sync.handle", module.SyncWorker, "handle", _sync_handle)
    install("gunicorn.request", module.SyncWorker, "handle_request", partial(_request, 1, 2))
    install("gunicorn.sync.run", module.SyncWorker, "run", lambda real: _run(real, _sync_lane))


def gthread(module: ModuleType, version: str) -> None:
    """Hook the worker with a pool of threads."""
    _common(version, "gthread")
    install("gunicorn.gthread.accept", module.TConn, "__init__", _accepted)
    install("gunicorn.gthread.handle", module.ThreadWorker, "handle", _thread_handle)
    install("gunicorn.request", module.ThreadWorker, "handle_request", partial(_request, 0, 1))
    install("gunicorn.gthread.close", module.TConn, "close", _thread_close)
    install("gunicorn.gthread.run", module.ThreadWorker, "run", lambda real: _run(real, _pool_lane))


def _common(version: str, worker: str) -> None:
    """Hook what the workers share; each point once."""
    from gunicorn import sock, util
    from gunicorn.http import body, unreader, wsgi
    from gunicorn.workers import base

    ring.server, ring.version = f"gunicorn {worker}", version
    install("gunicorn.listen", sock.BaseSocket, "set_options", _listen)
    install("gunicorn.boot", base.Worker, "init_process", _boot)
    install("gunicorn.app", base.Worker, "load_wsgi", _load)
    install("gunicorn.read", unreader.SocketUnreader, "chunk", _chunk)
    install("gunicorn.body", body.ChunkedReader, "read", _chunked_body)
    install("gunicorn.start_response", wsgi.Response, "start_response", _start_response)
    install("gunicorn.write", wsgi.Response, "write", _write)
    install("gunicorn.write", wsgi.Response, "sendfile", _sendfile)
    install("gunicorn.write", wsgi.Response, "close", _finish)
    install("gunicorn.write_error", util, "write_error", _write_error)
    install_waits()


def _listen(real: Callable[..., Any]) -> Callable[..., Any]:
    """Have the kernel stamp what arrives; accepted sockets inherit it."""

    def set_options(self: Any, sock: socket.socket, bound: bool = False) -> Any:
        try:
            sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        except OSError:
            pass  # arrivals are not known then
        return real(self, sock, bound=bound)

    return set_options


def _boot(real: Callable[..., Any]) -> Callable[..., Any]:
    """Note when a worker starts; its ring is made before it gives up its rights."""

    def init_process(self: Any) -> Any:
        try:
            self._hopscope_boot = monotonic_ns()
            ring.create()
        except Exception as error:
            fault("gunicorn.boot", error)
        return real(self)

    return init_process


def _run(real: Callable[..., Any], lane_of: Callable[[Any], int]) -> Callable[..., Any]:
    """Tell the boot, which held the worker, when it is over."""

    def run(self: Any) -> Any:
        try:
            start = self._hopscope_boot
            ring.phase(0, lane_of(self), 0, RUNNING, 1, 0, ring.text("boot"), start, monotonic_ns(), -1)
        except Exception as error:
            fault("gunicorn.boot", error)
        watch()
        return real(self)

    return run


def _load(real: Callable[..., Any]) -> Callable[..., Any]:
    """Put a hook before the application of a worker that calls it itself."""

    def load_wsgi(self: Any) -> Any:
        result = real(self)
        try:
            if type(self).handle_request.__module__ in _CALLERS:
                self.wsgi = _app(self.wsgi)
        except Exception as error:
            fault("gunicorn.app", error)
        return result

    return load_wsgi


_CALLERS = ("gunicorn.workers.sync", "gunicorn.workers.gthread")


def _app(real: Callable[..., Any]) -> Callable[..., Any]:
    """Open the visit when the application is called."""

    def application(environ: Any, start_response: Any) -> Any:
        exchange = here.exchange
        if exchange is None:
            return real(environ, start_response)
        try:
            exchange.enter()
        except Exception as error:
            fault("gunicorn.request", error)
            here.exchange = None
            return real(environ, start_response)
        result = real(environ, start_response)
        exchange.returned(result)
        return result

    return application


# Lanes. A worker holds one of its arbiter's; a thread holds one of its pool's, and so of its process's.


def _sync_lane(worker: Any) -> int:
    return _process_lane(worker, 1)


def _pool_lane(worker: Any) -> int:
    threads = worker.cfg.threads
    process = _process_lane(worker, threads)
    return ring.lane("pool", POOL, "pool", parent=process, capacity=threads, since=worker._hopscope_boot)


def _process_lane(worker: Any, capacity: int) -> int:
    return ring.lane(
        "process",
        PROCESS,
        f"worker {worker.age}",
        capacity=capacity,
        tid=os.getpid(),
        parent_pid=worker.ppid,
        parent_capacity=worker.cfg.workers,
        since=worker._hopscope_boot,
    )


def _thread_lane(worker: Any, since: int) -> int:
    key = ("thread", get_ident())
    lane = ring.known_lane(key)
    if lane:
        return lane
    name = threading.current_thread().name
    label = f"thread {int(name.rpartition('_')[2]) + 1}" if name.rpartition("_")[2].isdigit() else name
    return ring.lane(key, THREAD, label, parent=_pool_lane(worker), tid=get_native_id(), since=since)


# The sync worker: one call of `handle` is one connection and one request.


def _sync_handle(real: Callable[..., Any]) -> Callable[..., Any]:
    def handle(self: Any, listener: Any, client: Any, addr: Any) -> Any:
        try:
            connection = Connection(client, addr, monotonic_ns())
            connection.take(_sync_lane(self), 0)
        except Exception as error:
            fault("gunicorn.sync.handle", error)
            here.connection = None
        try:
            return real(self, listener, client, addr)
        finally:
            _let_go("gunicorn.sync.handle")

    return handle


def _let_go(point: str) -> None:
    """Close the visit of this thread, if there is one: the lane is free."""
    try:
        exchange = here.exchange
        here.connection = here.exchange = None
        if exchange is not None:
            exchange.close()
    except Exception as error:
        fault(point, error)


# The gthread worker: `handle` runs once for each request, in a thread of the pool.


def _accepted(real: Callable[..., Any]) -> Callable[..., Any]:
    def __init__(self: Any, cfg: Any, sock: Any, client: Any, server: Any) -> None:  # noqa: N807
        real(self, cfg, sock, client, server)
        try:
            self._hopscope = Connection(sock, client, monotonic_ns())
        except Exception as error:
            self._hopscope = None
            fault("gunicorn.gthread.accept", error)

    return __init__


def _thread_handle(real: Callable[..., Any]) -> Callable[..., Any]:
    def handle(self: Any, conn: Any) -> Any:
        try:
            connection = getattr(conn, "_hopscope", None)
            if connection is not None:
                connection.taken = monotonic_ns()
                connection.take(_thread_lane(self, connection.taken), ring.known_lane("pool"))
        except Exception as error:
            fault("gunicorn.gthread.handle", error)
            here.connection = None
        try:
            return real(self, conn)
        finally:
            _let_go("gunicorn.gthread.handle")

    return handle


def _thread_close(real: Callable[..., Any]) -> Callable[..., Any]:
    """A graceful close waits for the client, on the thread that accepts."""

    def close(self: Any, graceful: bool = False) -> Any:
        start = monotonic_ns()
        try:
            return real(self, graceful=graceful)
        finally:
            try:
                if graceful:
                    lane = ring.lane("main", THREAD, "accepting thread", tid=get_native_id(), since=start)
                    what = ring.text("lingering close")
                    ring.phase(0, lane, 0, BLOCKED, 1, 0, what, start, monotonic_ns(), -1)
            except Exception as error:
                fault("gunicorn.gthread.close", error)

    return close


# What both do with a request.


def _chunk(real: Callable[..., Any]) -> Callable[..., Any]:
    """Ask for the arrival of a request's first byte, just before it is read."""

    def chunk(self: Any, size_hint: Any = None) -> Any:
        connection = here.connection
        if connection is not None and connection.fresh:
            try:
                connection.peek(self.sock)
            except Exception as error:
                fault("gunicorn.read", error)
        return real(self, size_hint)

    return chunk


def _request(request: int, client: int, real: Callable[..., Any]) -> Callable[..., Any]:
    """The head is parsed; `request` and `client` say which arguments are the request and its socket."""

    def handle_request(self: Any, *args: Any) -> Any:
        exchange = None
        try:
            connection = here.connection
            if connection is not None:
                sock = getattr(args[client], "sock", args[client])  # gthread hands its connection
                exchange = here.exchange = Exchange(connection, args[request], sock, monotonic_ns())
        except Exception as error:
            fault("gunicorn.request", error)
        if exchange is None:
            return real(self, *args)
        try:
            return real(self, *args)
        except BaseException:
            exchange.failed = True
            raise
        finally:
            try:
                exchange.leave()
            except Exception as error:
                fault("gunicorn.request", error)

    return handle_request


def _chunked_body(real: Callable[..., Any]) -> Callable[..., Any]:
    """Count a body that came in chunks; the length of others stands in the head."""

    def read(self: Any, size: int) -> Any:
        data = real(self, size)
        exchange = here.exchange
        if exchange is not None:
            exchange.bytes_in += len(data)
        return data

    return read


def _start_response(real: Callable[..., Any]) -> Callable[..., Any]:
    def start_response(self: Any, status: Any, headers: Any, exc_info: Any = None) -> Any:
        result = real(self, status, headers, exc_info)
        exchange = here.exchange
        if exchange is not None:
            exchange.responded, exchange.response = monotonic_ns(), self
        return result

    return start_response


def _write(real: Callable[..., Any]) -> Callable[..., Any]:
    def write(self: Any, arg: Any) -> Any:
        exchange = here.exchange
        if exchange is None or (arg == b"" and self.headers_sent):
            return real(self, arg)
        start = monotonic_ns()
        try:
            result = real(self, arg)
        except OSError:
            exchange.aborted = True
            raise
        exchange.wrote(start)
        return result

    return write


def _sendfile(real: Callable[..., Any]) -> Callable[..., Any]:
    def sendfile(self: Any, respiter: Any) -> Any:
        exchange, start = here.exchange, monotonic_ns()
        try:
            result = real(self, respiter)
        except OSError:
            if exchange is not None:
                exchange.aborted = True
            raise
        if exchange is not None and result:
            exchange.wrote(start)
            exchange.sent_file(self, respiter)
        return result

    return sendfile


def _finish(real: Callable[..., Any]) -> Callable[..., Any]:
    """`Response.close`: the application has no more; the last chunk goes out."""

    def close(self: Any) -> Any:
        exchange = here.exchange
        if exchange is None or (self.headers_sent and not self.chunked):
            return real(self)
        start = monotonic_ns()
        try:
            result = real(self)
        except OSError:
            exchange.aborted = True
            raise
        exchange.wrote(start)
        return result

    return close


def _write_error(real: Callable[..., Any]) -> Callable[..., Any]:
    def write_error(sock: Any, status_int: Any, reason: Any, mesg: Any) -> Any:
        exchange, start = here.exchange, monotonic_ns()
        result = real(sock, status_int, reason, mesg)
        if exchange is not None:
            exchange.status = status_int
            exchange.wrote(start)
        return result

    return write_error
