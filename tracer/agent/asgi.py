"""One request at an ASGI server: the application's coroutine, step by step.

Uvicorn's `run_asgi` awaits `stepped(...)` in the application's place. It runs for each request of a fast
server, so it is written to cost little: one generator frame, what `send` notes in its cells, two records
packed in place, and no call that can be spared.
"""

from __future__ import annotations

from binascii import unhexlify
from collections.abc import Generator
from time import monotonic_ns
from types import CoroutineType, coroutine
from typing import Any

from .answer import Answer, close, close_after_500
from .current import CURRENT
from .layout import APP, CLOSE, HEADER, OPEN, RUNNING, packed
from .loops import LONG
from .points import fault
from .ring import ring
from .target import redacted

CONN_AGAIN = 1024
"""A connection is told again with every so many of its requests: a ring is written round and round."""

_set = CURRENT.set
_pack_open = packed(
    OPEN,
    ("kind", "flags", "lane"),
    ("arrived", "nanoseconds"),
    ("trace_id", "span_id"),
    ("method", "protocol", "queue_lane"),
)
_pack_close = packed(CLOSE, ("kind", "flags", "lane"), ("cpu", "process_cpu"))
_NO_CPU = b"\xff" * 16  # -1, -1: the steps tell it


@coroutine
def stepped(connection: Any, app: Any, scope: Any, receive: Any, send: Any) -> Generator[Any, Any, Any]:
    """Call the application in the first step of its task, and take its steps: an awaitable.

    It is long, and unrolled, with `benchmarks/bench_agent.py` at hand. In the midst of a request Python
    code takes two to three times what it takes in a loop of its own: a call of a function 0.5 us, the
    conversion of a time stamp 3 us. So this has few bytecodes rather than few lines.
    """
    start = entered = monotonic_ns()
    started: Any = None
    status = responded = last_write = sent = received = 0
    hollow = 0  # when a message without a body came, the end of an answer may be one; or 1: none has a body
    completed = 0  # when a later step than the first began that sent the last of the answer

    def noted(message: Any) -> Any:
        nonlocal started, status, responded, last_write, sent, hollow
        try:
            if started is None:
                status, responded, started = message["status"], monotonic_ns(), message
            elif body := message.get("body"):
                last_write = monotonic_ns()
                sent += len(body)
            else:
                hollow = monotonic_ns()
        except Exception:
            pass  # not a message: awaited, it says so itself
        return send(message)  # not awaited here: that would be a frame more

    try:
        loop, trace = connection.loop, b""
        headers = dict(scope["headers"])
        if b"content-length" in headers:
            received = int(headers[b"content-length"])
        if b"traceparent" in headers and len(value := headers[b"traceparent"]) > 54:
            try:
                trace = unhexlify(value[3:35] + value[36:52])
            except ValueError:
                pass  # it is none
        ordinal = connection.ordinal
        connection.ordinal = ordinal + 1
        if not ordinal % CONN_AGAIN:
            connection.tell()
        target = scope["raw_path"]
        if scope["query_string"]:
            target = redacted(target, scope["query_string"])
        said = scope["method"], scope["http_version"]
        words = loop.words.get(said)
        if words is None:
            words = loop.word(*said)
            hollow = said[0] == "HEAD"
        visit, length = loop.visit(), len(target)
        visit.number = number = ring.visits()
        visit.trace = trace
        seq = ring.tick()
        _pack_open(
            ring.buffer, HEADER + ((seq - 1 & ring.mask) << 7), loop.opening, number, connection.number,
            ordinal, connection.stamp, connection.taken, connection.parsed, entered, trace, words, length,
            target, seq,
        )  # fmt: skip
        if length > 32:
            ring.target(number, target)
        if b"x-request-start" in headers:
            ring.request_start(headers[b"x-request-start"], visit.lane, number)
        if seq > ring.retell_at:
            ring.retell(seq)
        _set(visit)
    except Exception as error:
        connection.drop()
        fault("uvicorn.request", error)
        return (yield from _awaited(app(scope, receive, send)))
    steps, failed = 0, True
    thrown: BaseException | None = None
    try:
        cycle, running = send.__self__, app(scope, receive, noted)
        if type(running) is not CoroutineType:
            running = _await(running)
        while True:
            loop.stepped = start
            if start > loop.stale_at:
                loop.read_cpu(start)
            if thrown is None:
                waits_for = running.send(None)
            else:
                raised, thrown = thrown, None
                waits_for = running.throw(raised)
            _step(visit, loop, start, monotonic_ns())
            if cycle.response_complete and not completed:
                completed = start
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
            if last_write and cycle.response_complete and not (steps or failed or hollow):
                visit.number, seq = 0, ring.tick()
                _pack_close(
                    ring.buffer, HEADER + ((seq - 1 & ring.mask) << 7), loop.closing, number, status,
                    responded, left, responded, last_write, last_write, left, _NO_CPU, received, sent, seq,
                )  # fmt: skip
            else:
                answer = Answer(
                    visit, cycle, started, status, responded, last_write, hollow, completed or start, sent,
                    received, left, steps,
                )  # fmt: skip
                if cycle.response_started or cycle.disconnected:
                    close(answer, left, failed=failed)
                else:
                    close_after_500(answer)
        except Exception as error:
            connection.drop()
            fault("uvicorn.request", error)


def _step(visit: Any, loop: Any, start: int, end: int) -> None:
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
