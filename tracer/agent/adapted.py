"""Requests at ASGI servers other than uvicorn: the application's coroutine, step by step.

`asgi` does the same for uvicorn, closer to its objects and cheaper. A `Client` stands for a connection, if
the agent can see one; an `Asked` for one request. Times are CLOCK_MONOTONIC ns, 0 for not known.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from socket import MSG_PEEK
from time import monotonic_ns
from types import CoroutineType, coroutine
from typing import Any

from .clock import arrival
from .current import CURRENT
from .layout import ABORTED, APP, ASGI, ERROR, ONE_STEP, RUNNING
from .loops import LONG, loop_here
from .points import fault
from .ring import ring
from .target import parent, redacted
from .wsgi import CONN_AGAIN, address

IDLE, HEAD, BUSY = range(3)
App = Callable[..., Any]
_BODILESS = frozenset((204, 304))


class Client:
    """A connection whose transport was handed our buffer, so that we are asked before each read.

    `protocol` is the server's own, which gets what is read.
    """

    __slots__ = (
        "accepted", "ancillary", "eof_received", "first", "local", "lost", "number", "ordinal", "parsed",
        "pause_writing", "peer", "protocol", "resume_writing", "sock", "state", "taken", "view",
    )  # fmt: skip

    def __init__(self, protocol: Any, transport: Any) -> None:
        from .patches.uvicorn import Interposed, _borrow, _view

        self.accepted, self.protocol = monotonic_ns(), protocol
        self.number = self.ordinal = self.first = self.taken = self.parsed = 0
        self.state, self.lost = IDLE, False
        self.ancillary: Any = ()
        self.peer = address(transport.get_extra_info("peername"))
        self.local = address(transport.get_extra_info("sockname"))
        self.sock: Any = None
        sock = transport.get_extra_info("socket")
        if sock is None or transport.get_extra_info("sslcontext") is not None:
            return  # TLS has read before it can be asked
        self.view, self.sock = _view(_loop_of(protocol)), _borrow(sock)
        transport.set_protocol(Interposed(self))  # type: ignore[arg-type]

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002
        """The loop is about to read: note when it will, and when what it reads arrived."""
        if self.state == IDLE:
            self.state = HEAD
            try:
                self.ancillary = self.sock.recvmsg(1, 64, MSG_PEEK)[1]
            except Exception:
                self.ancillary = ()  # nothing there after all, or broken: the read will say so
            self.taken = monotonic_ns()
        view: memoryview = self.view
        return view

    def buffer_updated(self, nbytes: int) -> None:
        """Hand on what was read."""
        self.protocol.data_received(self.view[:nbytes].tobytes())

    def number_of(self, asked: Asked) -> int:
        """Count a request, and return the number of its connection, telling of it first."""
        ordinal, self.ordinal = self.ordinal, self.ordinal + 1
        if ordinal % CONN_AGAIN == 0:
            if not self.number:
                self.number, self.first = ring.conns(), asked.arrived
            ring.conn(asked.lane, self.number, self.accepted, self.first, self.peer, self.local)
        return self.number

    def connection_lost(self, exc: Exception | None) -> None:
        """Hand it on, and let go of the socket, whose descriptor is about to be another's."""
        self.lost = True
        sock, self.sock = self.sock, None
        if sock is not None:
            sock.detach()
        self.protocol.connection_lost(exc)


def _loop_of(protocol: Any) -> Any:
    """Return the running loop; a protocol need not say which one it is on."""
    import asyncio

    return getattr(protocol, "_loop", None) or asyncio.get_running_loop()


class Asked:
    """One request to an ASGI application: what it answers by `send`, and how its coroutine was stepped.

    `alone` says that it has the connection for itself; else (HTTP/2, or a server whose connections cannot be
    seen) no connection is told. It is what the waits of the application find in `current`.
    """

    sock = None

    def __init__(self, client: Client | None, scope: Any, send: Callable[[Any], Any], *, alone: bool) -> None:
        self.scope, self._send, self._client, self._alone = scope, send, client, alone
        self.loop = loop_here()
        self.lane, self.thread, self.number = self.loop.lane, self.loop.thread, 0
        self.status = self.responded = self.first_byte = self.last_write = self.answered = 0
        self.bytes_in = self.bytes_out = self._wrote = 0
        self._has_length = self.whole = False
        self.parsed = self.taken = self.arrived = 0
        if client is not None:
            self._take(client)

    def _take(self, client: Client) -> None:
        """Take over what the connection knows of the head that was read last."""
        self.parsed = client.parsed
        if client.state == HEAD:
            client.state, self.taken = BUSY, client.taken
            self.arrived = arrival(client.ancillary, client.taken) if client.ancillary else 0

    def open(self, entered: int) -> None:
        """The application is called: tell the request."""
        scope, client = self.scope, self._client if self._alone else None
        headers = dict(scope["headers"])
        trace, span = parent(headers.get(b"traceparent", b""))
        length = headers.get(b"content-length", b"")
        self.bytes_in = int(length) if length.isdigit() else 0
        target = redacted(scope.get("raw_path") or scope["path"].encode(), scope["query_string"])
        connection, ordinal = (client.number_of(self), client.ordinal - 1) if client is not None else (0, 0)
        number, parsed = ring.visits(), self.parsed or entered
        ring.open(
            ASGI, self.lane, number, connection, ordinal, self.arrived, self.taken or parsed, parsed, entered,
            trace, span, ring.method(scope["method"]), ring.protocol(scope["http_version"]), self.lane,
            len(target), target[:32],
        )  # fmt: skip
        if len(target) > 32:
            ring.target(number, target)
        if b"x-request-start" in headers:
            ring.request_start(headers[b"x-request-start"], self.lane, number)
        self.number, self.trace = number, trace
        CURRENT.set(self)

    async def send(self, message: Any) -> Any:
        """Pass a message on, and note when the bytes of the answer went out.

        Tasks that the server starts meanwhile (hypercorn's idle timer) are not the request's.
        """
        began, kind = monotonic_ns(), message.get("type")
        if kind == "http.response.start":
            self._started(message, began)
        CURRENT.set(None)
        try:
            result = await self._send(message)
        finally:
            CURRENT.set(self)
        if kind == "http.response.body":
            self._sent(message, began)
        return result

    def _started(self, message: Any, now: int) -> None:
        try:
            self.status, self.responded = int(message["status"]), now
            self._has_length = any(bytes(name).lower() == b"content-length" for name, _ in message["headers"])
        except Exception:
            pass  # not a message: the server says so itself

    def _sent(self, message: Any, began: int) -> None:
        """A last message without a body is one chunk of an answer in chunks; with a length it is nothing."""
        body, more = message.get("body", b""), message.get("more_body", False)
        bodiless = self.scope["method"] == "HEAD" or self.status in _BODILESS
        if (body and not bodiless) or not self.first_byte or not (more or bodiless or self._has_length):
            self.first_byte = self.first_byte or began
            self.last_write, self._wrote = began, monotonic_ns()
        self.bytes_out += 0 if bodiless else len(body)
        if not more and not self.whole:
            self.whole, self.answered = True, self._wrote

    def close(self, left: int, *, failed: bool, steps: int) -> None:
        """Tell how it went, and let the next head on this connection come."""
        lost = self._client is not None and self._client.lost
        flags = 0 if steps else ONE_STEP
        flags |= 0 if self.whole or failed else ABORTED
        if failed:
            flags |= ABORTED if lost and not self.whole else ERROR
        end, number, self.number = monotonic_ns(), self.number, 0
        if failed and not self.responded:
            self.status, self.responded, self.first_byte = 500, left, left
            self.last_write, self.answered = left, end
        ring.close(
            flags, self.lane, number, self.status, self.responded, left, self.first_byte, self.last_write,
            self.answered, end, -1, -1, self.bytes_in, self.bytes_out,
        )  # fmt: skip
        if self._client is not None:
            self._client.state = IDLE


def call(
    point: str,
    make: Callable[[Any, Any], Asked],
    app: Callable[..., Any],
    scope: Any,
    receive: Any,
    send: Any,
) -> Any:
    """Call an application, step by step if it is for an HTTP request; return what to await."""
    if scope["type"] != "http":
        return app(scope, receive, send)
    try:
        asked = make(scope, send)
    except Exception as error:
        fault(point, error)
        return app(scope, receive, send)
    return _stepped(point, asked, app, receive)


@coroutine
def _stepped(point: str, asked: Asked, app: App, receive: Any) -> Generator[Any, Any, Any]:
    """Call the application in the first step of its task, and take its steps: an awaitable."""
    start = monotonic_ns()
    try:
        asked.open(start)
    except Exception as error:
        fault(point, error)
        return (yield from _awaited(app(asked.scope, receive, asked.send)))
    steps, failed = 0, True
    thrown: BaseException | None = None
    try:
        running = _awaited(app(asked.scope, receive, asked.send))
        while True:
            if start > asked.loop.stale_at:
                asked.loop.read_cpu(start)
            if thrown is None:
                waits_for = running.send(None)
            else:
                raised, thrown = thrown, None
                waits_for = running.throw(raised)
            _step(point, asked, start, monotonic_ns())
            steps, start = steps + 1, 0
            try:
                yield waits_for
            except GeneratorExit:
                running.close()
                raise
            except BaseException as error:
                thrown = error  # a cancellation, most often: the next step throws it
            start = monotonic_ns()
    except StopIteration as done:
        failed = not asked.responded
        return done.value
    finally:
        _left(point, asked, start, steps, failed=failed)


def _left(point: str, asked: Asked, start: int, steps: int, *, failed: bool) -> None:
    """The application is done: tell its last step, if that has to be told, and how it went."""
    try:
        left = monotonic_ns()
        if start and (steps or left - start > LONG):
            _step(point, asked, start, left)
            steps += 1
        asked.close(left, failed=failed, steps=steps)
    except Exception as error:
        fault(point, error)


def _step(point: str, asked: Asked, start: int, end: int) -> None:
    """Tell a step."""
    try:
        cpu = asked.loop.cpu_since(start, end)
        ring.phase(APP, asked.lane, asked.number, RUNNING, 1, 0, 0, start, end, cpu)
    except Exception as error:
        fault(point, error)


def _awaited(awaitable: Any) -> Any:
    """Return the iterator of an awaitable that may be no coroutine, or raise as `await` would."""
    return awaitable if type(awaitable) is CoroutineType else _await(awaitable)


async def _await(awaitable: Any) -> Any:
    return await awaitable
