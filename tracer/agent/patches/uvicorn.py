"""uvicorn 0.54: the h11 and httptools protocols, on asyncio and uvloop.

    connection_made -> read -> head parsed -> task -> application, step by step -> send -> task's end

To learn when a request's first byte arrived, the transport is handed a `BufferedProtocol`: both loops ask
it for a buffer right before they read, which is the moment to peek at the kernel's time stamp.
"""

from __future__ import annotations

import asyncio
from _socket import socket as _RawSocket  # noqa: N812
from collections.abc import Callable
from functools import partial
from socket import MSG_PEEK, SOL_SOCKET
from time import monotonic_ns
from types import ModuleType
from typing import Any

from ..asgi import stepped
from ..clock import SO_TIMESTAMPNS, converted
from ..loops import loop_here, step_tasks
from ..points import fault, faults, install
from ..ring import ring
from ..waits import install_waits
from ..watch import watch
from ..wsgi import address

ASYNCIO_READ, UVLOOP_READ = 256 * 1024, 256_000
"""Bytes that the loops read at once into buffers of their own: ours has the same size."""


def server(module: ModuleType, version: str) -> None:
    """Hook the start of the server."""
    ring.server, ring.version = "uvicorn", version
    install("uvicorn.startup", module.Server, "startup", _startup)
    install("uvicorn.shutdown", module.Server, "shutdown", _shutdown)


def h11(module: ModuleType, version: str) -> None:
    """Hook the protocol that h11 parses."""
    _protocol(module, module.H11Protocol, version)


def httptools(module: ModuleType, version: str) -> None:
    """Hook the protocol that httptools parses."""
    _protocol(module, module.HttpToolsProtocol, version)


def _protocol(module: ModuleType, protocol: type, version: str) -> None:
    ring.server, ring.version = "uvicorn", version
    install("uvicorn.connection", protocol, "connection_made", _connection_made)
    install("uvicorn.request", module, "service_unavailable", _unavailable)
    install_waits()


def _startup(real: Callable[..., Any]) -> Callable[..., Any]:
    """Have the kernel stamp what arrives, and step the tasks of requests."""

    async def startup(self: Any, *args: Any, **kwargs: Any) -> Any:
        result = await real(self, *args, **kwargs)
        try:
            for server in self.servers:
                for sock in server.sockets:
                    _stamp(sock)
            step_tasks(asyncio.get_running_loop())
            loop_here().tell()
            watch(asyncio.get_running_loop())
        except Exception as error:
            fault("uvicorn.startup", error)
        return result

    return startup


def _shutdown(real: Callable[..., Any]) -> Callable[..., Any]:
    """Uvicorn ends by the signal that it was sent, so nothing is called at the exit of the process."""

    async def shutdown(self: Any, *args: Any, **kwargs: Any) -> Any:
        result = await real(self, *args, **kwargs)
        try:
            ring.end()
        except Exception as error:
            fault("uvicorn.shutdown", error)
        return result

    return shutdown


class _Borrowed(_RawSocket):
    """A second handle of a transport's descriptor, which it never closes."""

    def __del__(self) -> None:
        self.detach()


def _borrow(sock: Any) -> _Borrowed:
    return _Borrowed(sock.family, sock.type, sock.proto, sock.fileno())


def _stamp(sock: Any) -> None:
    try:
        _borrow(sock).setsockopt(SOL_SOCKET, SO_TIMESTAMPNS, 1)
    except OSError:
        pass  # arrivals are not known then


NEAR = 250_000
"""ns: what cannot have arrived longer ago than this before it is read is not asked when it did."""


class Connection:
    """A client's connection: what its next request will need to know."""

    __slots__ = (
        "accepted", "app", "cycle", "held", "loop", "number", "ordinal", "parsed", "peek", "protocol",
        "reading", "sock", "stamp", "taken", "told_arrival", "view",
    )  # fmt: skip

    def __init__(self, protocol: Any) -> None:
        self.accepted = monotonic_ns()
        self.protocol = protocol
        self.loop = loop_here()
        self.number = self.ordinal = self.taken = self.parsed = self.told_arrival = 0
        self.app = protocol.app
        protocol.app = partial(stepped, self, self.app)
        self.cycle: Any = None  # of the request whose head came last
        self.reading = False  # the head of the next one
        self.held = True  # it may have waited for something else than the loop
        self.stamp = b""  # the kernel's, of its first byte
        self.sock: Any = None
        self.peek: Any = None
        self.view = _view(protocol.loop)

    def interpose(self, transport: Any) -> None:
        """Take the protocol's place at a plain transport; TLS has read before it can be asked."""
        sock = transport.get_extra_info("socket")
        if sock is None or transport.get_extra_info("sslcontext") is not None:
            return
        self.sock = _borrow(sock)
        self.peek = self.sock.recvmsg
        transport.set_protocol(Interposed(self))

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002
        """The loop is about to read: note when what it will read arrived, if that can be long ago.

        A socket that has something is read at every poll. So what is read now came after the poll before
        this one, and after the step of a request that ran before that: mostly the last request but one.
        """
        if not self.reading and (self.cycle is None or not self.cycle.more_body):
            self.reading = True
            self.taken = now = monotonic_ns()
            loop = self.loop
            if loop.stepped != loop.polled:  # steps ran since something was read: this is another poll
                loop.before, loop.polled = loop.polled, loop.stepped
            self.stamp = b""
            if self.held or now - loop.before > NEAR:
                try:
                    self.stamp = self.peek(1, 64, MSG_PEEK)[1][0][2]
                except Exception:
                    pass  # nothing there after all, no stamp, or broken: the read will say so
        return self.view

    def buffer_updated(self, nbytes: int) -> None:
        """Hand on what was read; with it, a request's head may be whole."""
        protocol = self.protocol
        protocol.data_received(self.view[:nbytes].tobytes())
        if not self.reading:
            self.held = True  # with a body, reading may pause
        elif protocol.cycle is not self.cycle:
            self.parsed = monotonic_ns()
            self.cycle, self.reading, self.held = protocol.cycle, False, protocol.flow.read_paused

    def tell(self) -> None:
        """Tell of it, again and again: a ring is written round and round."""
        if not self.number:
            self.number = ring.conns()
            self.told_arrival = converted(self.stamp, ring.clocked, self.taken) if self.stamp else 0
        ring.conn(self.loop.lane, self.number, self.accepted, self.told_arrival, *self.ends())

    def drop(self) -> None:
        """Have the application called without the agent from now on."""
        self.protocol.app = self.app

    def connection_lost(self, exc: Exception | None) -> None:
        """Hand it on, and let go of the socket, whose descriptor is about to be another's."""
        try:
            self.protocol.connection_lost(exc)
        finally:
            self.drop()
            self.protocol._hopscope = None  # no cycle of references is left behind
            sock, self.sock, self.peek = self.sock, None, None
            if sock is not None:
                sock.detach()

    def ends(self) -> tuple[str, str]:
        """Return the addresses of the client and of this end, as text."""
        transport = self.protocol.transport
        return address(transport.get_extra_info("peername")), address(transport.get_extra_info("sockname"))


class Interposed(asyncio.BufferedProtocol):
    """Stands between a transport and uvicorn's protocol, and passes everything on as it came.

    It only holds methods of others, so that no call takes a detour.
    """

    def __init__(self, connection: Connection) -> None:
        self.protocol = protocol = connection.protocol
        self.get_buffer = connection.get_buffer  # type: ignore[method-assign]
        self.buffer_updated = connection.buffer_updated  # type: ignore[method-assign]
        self.connection_lost = connection.connection_lost  # type: ignore[method-assign]
        self.eof_received = protocol.eof_received  # type: ignore[method-assign]
        self.pause_writing = protocol.pause_writing  # type: ignore[method-assign]
        self.resume_writing = protocol.resume_writing  # type: ignore[method-assign]

    def __getattr__(self, name: str) -> Any:
        if name == "protocol":
            raise AttributeError(name)
        return getattr(self.protocol, name)  # for who asks the transport for its protocol


_views: dict[int, memoryview] = {}


def _view(loop: Any) -> memoryview:
    """Return the buffer that all connections of a loop read into, one after the other."""
    size = UVLOOP_READ if type(loop).__module__.startswith("uvloop") else ASYNCIO_READ
    thread = loop_here().thread
    view = _views.get(thread)
    if view is None or len(view) != size:
        view = _views[thread] = memoryview(bytearray(size))
    return view


def _connection_made(real: Callable[..., Any]) -> Callable[..., Any]:
    def connection_made(self: Any, transport: Any) -> None:
        real(self, transport)
        if "uvicorn.request" in faults:
            return
        try:
            connection = self._hopscope = Connection(self)
            connection.interpose(transport)
        except Exception as error:
            self._hopscope = None
            fault("uvicorn.connection", error)

    return connection_made


def _unavailable(real: Callable[..., Any]) -> Callable[..., Any]:
    """What uvicorn calls in the application's place when it has too much to do."""

    def service_unavailable(scope: Any, receive: Any, send: Any) -> Any:
        try:
            connection = send.__self__.on_response.__self__._hopscope
            if connection is not None:
                return stepped(connection, real, scope, receive, send)
        except Exception as error:
            fault("uvicorn.request", error)
        return real(scope, receive, send)

    return service_unavailable
