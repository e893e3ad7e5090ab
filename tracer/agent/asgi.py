"""One request at an ASGI server: the application's coroutine, step by step.

Uvicorn's `run_asgi` awaits `stepped(...)` in the application's place. It runs for each request of a fast
server, so it is written to cost little: one generator frame that keeps what it needs in local variables,
and no call that can be spared (as a class with `__next__` it took twice as long).
"""

from __future__ import annotations

from collections.abc import Generator
from time import monotonic_ns
from types import CoroutineType, coroutine
from typing import Any

from .clock import arrival
from .current import CURRENT
from .layout import ABORTED, APP, ASGI, CLOSE, ERROR, HEADER, ONE_STEP, OPEN, RUNNING, record
from .loops import LONG
from .points import fault
from .ring import ring
from .target import parent, redacted

CONN_AGAIN = 1024
"""A connection is told again with every so many of its requests: a ring is written round and round."""

_BODILESS = frozenset((204, 304))
_set = CURRENT.set
_pack_open, _pack_close = record(OPEN).pack_into, record(CLOSE).pack_into


class Visit:
    """One run of the application, as its waits, its tasks and its `send` need it."""

    number = 0
    sock = None
    hollow = False  # a message without a body: the end of an answer may be one
    started: Any = None
    status = responded = last_write = answered = bytes_in = bytes_out = 0
    lane: int
    thread: int
    real_send: Any

    def send(self, message: Any) -> Any:
        """Pass a message on; a plain function that returns the coroutine costs one frame less."""
        try:
            if self.responded:
                body = message.get("body")
                if body:
                    self.last_write = monotonic_ns()
                    self.bytes_out += len(body)
                else:
                    self.hollow = True
            else:
                self.started, self.status, self.responded = message, message["status"], monotonic_ns()
        except Exception:
            pass  # not a message: awaited, it says so itself
        return self.real_send(message)


@coroutine
def stepped(connection: Any, app: Any, scope: Any, receive: Any, send: Any) -> Generator[Any, Any, Any]:
    """Call the application in the first step of its task, and take its steps: an awaitable.

    It is long, and unrolls what `target` and `clock` offer as functions: measured in place, a call of a
    function costs half a microsecond.
    """
    start = entered = monotonic_ns()
    try:
        visit, cycle, loop = Visit(), send.__self__, connection.loop
        lane = visit.lane = loop.lane
        visit.thread, visit.real_send = loop.thread, send
        headers = dict(scope["headers"])
        trace = span = b""
        if b"traceparent" in headers:
            trace, span = parent(headers[b"traceparent"])
        if b"content-length" in headers:
            visit.bytes_in = int(headers[b"content-length"])
        parsed = connection.parsed or entered
        taken = connection.taken or parsed
        arrived = arrival(connection.ancillary, taken) if connection.ancillary else 0
        ordinal = connection.ordinal
        connection.ordinal = ordinal + 1
        if not ordinal % CONN_AGAIN:
            _tell_connection(connection, lane, arrived)
        target, method, version = scope["raw_path"], scope["method"], scope["http_version"]
        if scope["query_string"]:
            target = redacted(target, scope["query_string"])
        number, length = ring.visits(), len(target)
        method = ring.methods.get(method) or ring.method(method)
        version = ring.protocols.get(version) or ring.protocol(version)
        seq = ring.tick()
        _pack_open(
            ring.buffer, HEADER + ((seq - 1 & ring.mask) << 7), OPEN, ASGI, lane, number, connection.number,
            ordinal, arrived, taken, parsed, entered, trace, span, method, version, lane, length, target, seq,
        )  # fmt: skip
        if length > 32:
            ring.target(number, target)
        if seq > ring.retell_at:
            ring.retell(seq)
        visit.number = number
        connection.visit = visit
        _set(visit)
        send = visit.send
    except Exception as error:
        connection.drop()
        fault("uvicorn.request", error)
        return (yield from _awaited(app(scope, receive, send)))
    steps, failed = 0, True
    thrown: BaseException | None = None
    try:
        running = app(scope, receive, send)
        if type(running) is not CoroutineType:
            running = _await(running)
        while True:
            if start > loop.stale_at:
                loop.read_cpu(start)
            if thrown is None:
                waits_for = running.send(None)
            else:
                raised, thrown = thrown, None
                waits_for = running.throw(raised)
            _step(visit, loop, start, monotonic_ns())
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
        failed = False
        return done.value
    finally:
        try:
            left = monotonic_ns()
            if start and (steps or left - start > LONG):
                _step(visit, loop, start, left)
                steps += 1
            if cycle.response_started or cycle.disconnected:
                _close(cycle, visit, left, left, failed, steps)
            else:
                _await_500(cycle, visit, left, steps)
        except Exception as error:
            connection.drop()
            fault("uvicorn.request", error)


def _step(visit: Visit, loop: Any, start: int, end: int) -> None:
    """Tell a step."""
    try:
        cpu = loop.cpu_since(start, end)
        ring.phase(APP, visit.lane, visit.number, RUNNING, 1, 0, 0, start, end, cpu)
    except Exception as error:
        fault("uvicorn.request", error)


def _awaited(awaitable: Any) -> Any:
    """Return the iterator of an awaitable that may be no coroutine, or raise as `await` would."""
    if type(awaitable) is CoroutineType:
        return awaitable
    return _await(awaitable)


async def _await(awaitable: Any) -> Any:
    return await awaitable


def _tell_connection(connection: Any, lane: int, arrived: int) -> None:
    if not connection.number:
        connection.number, connection.first = ring.conns(), arrived
    ring.conn(lane, connection.number, connection.accepted, connection.first, *connection.ends())


def _await_500(cycle: Any, visit: Visit, left: int, steps: int) -> None:
    """Uvicorn says 500 for an application that said nothing."""
    real = cycle.send_500_response

    async def send_500_response() -> None:
        visit.responded = visit.last_write = monotonic_ns()
        try:
            await real()
        finally:
            visit.status, visit.bytes_out = 500, len("Internal Server Error")
            _close(cycle, visit, left, monotonic_ns(), True, steps)

    cycle.send_500_response = send_500_response


def _correct(cycle: Any, visit: Visit) -> None:
    """Go back to the message by which the last byte went out, if the last one put none on the wire.

    An end without a body is one chunk of an answer in chunks; with a length, the answer was out before.
    """
    if cycle.scope["method"] == "HEAD" or visit.status in _BODILESS:
        visit.bytes_out, visit.last_write = 0, visit.responded
    elif visit.hollow and not _has_length(visit.started):
        visit.last_write = max(visit.last_write, visit.responded)
        return  # `answered` is that of the last chunk; its write began after the last body's
    if visit.answered:
        visit.last_write = visit.answered = visit.last_write or visit.responded


def _has_length(started: Any) -> bool:
    return any(bytes(name).lower() == b"content-length" for name, _ in started.get("headers", ()))


def _close(cycle: Any, visit: Visit, left: int, end: int, failed: bool, steps: int) -> None:
    """Tell how it went."""
    flags = 0 if steps else ONE_STEP
    if not cycle.response_complete:
        flags |= ABORTED
    if failed and not (flags & ABORTED and cycle.disconnected):
        flags |= ERROR
    number, visit.number = visit.number, 0
    responded = visit.responded
    if visit.hollow or visit.status in _BODILESS or cycle.scope["method"] == "HEAD":
        _correct(cycle, visit)
    seq = ring.tick()
    _pack_close(
        ring.buffer, HEADER + ((seq - 1 & ring.mask) << 7), CLOSE, flags, visit.lane, number, visit.status,
        responded, left, responded, visit.last_write, visit.answered, end, -1, -1, visit.bytes_in,
        visit.bytes_out, seq,
    )  # fmt: skip
    visit.real_send = visit.started = None  # a context may outlive the request
