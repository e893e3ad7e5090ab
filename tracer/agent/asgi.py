"""One request at an ASGI server: the application's coroutine, step by step.

A `Visit` stands in for the application once: called, it opens the visit; awaited, it takes the steps. This
path runs for each request of a fast server, so it is written to cost little: no call that can be spared.
"""

from __future__ import annotations

from time import monotonic_ns, thread_time_ns
from types import CoroutineType
from typing import Any

from .clock import arrival
from .current import CURRENT
from .layout import ABORTED, APP, ASGI, ERROR, RUNNING
from .loops import LONG, STALE
from .points import fault
from .ring import ring
from .target import parent, redacted

CONN_AGAIN = 1024
"""A connection is told again with every so many of its requests: a ring is written round and round."""

_set, _current = CURRENT.set, CURRENT.get


class Visit:
    """One run of the application."""

    __slots__ = (
        "answered", "app", "arrived", "bytes_in", "bytes_out", "connection", "coroutine", "cycle",
        "first_byte", "lane", "last_write", "loop", "number", "parsed", "real_on_response", "real_send",
        "responded", "sock", "status", "step", "taken", "thread",
    )  # fmt: skip

    def __init__(self, cycle: Any, app: Any, connection: Any) -> None:
        now = self.parsed = monotonic_ns()
        self.cycle, self.app, self.connection = cycle, app, connection
        self.taken = connection.taken or now
        self.arrived = arrival(connection.ancillary, self.taken)
        self.number = 0

    def __call__(self, scope: Any, receive: Any, send: Any) -> Any:
        """Call the application, in the first step of its task."""
        try:
            self._enter(scope)
        except Exception as error:
            fault("uvicorn.request", error)
            return self.app(scope, receive, send)
        try:
            coroutine = self.app(scope, receive, self.send)
            if type(coroutine) is not CoroutineType:
                coroutine = coroutine.__await__()
        except BaseException:
            self._left(failed=True)
            raise
        self.coroutine = coroutine
        self.step = coroutine.send if hasattr(coroutine, "send") else lambda _: next(coroutine)
        return self

    def _enter(self, scope: Any) -> None:
        """Tell the request."""
        entered = monotonic_ns()
        cycle, connection = self.cycle, self.connection
        loop = self.loop = connection.loop
        lane = self.lane = loop.lane
        self.thread, self.sock = loop.thread, None
        self.responded = self.first_byte = self.last_write = self.answered = 0
        self.bytes_in = self.bytes_out = self.status = 0
        trace = span = b""
        for name, value in scope["headers"]:
            if name == b"traceparent":
                trace, span = parent(value)
            elif name == b"content-length" and value.isdigit():
                self.bytes_in = int(value)
        ordinal = connection.ordinal
        if ordinal % CONN_AGAIN == 0:
            self._tell_connection()
        connection.ordinal = ordinal + 1
        target = scope["raw_path"]
        if scope["query_string"] or len(target) > 32:
            target = redacted(target, scope["query_string"])
        self.real_send, self.real_on_response = cycle.send, cycle.on_response
        cycle.on_response = self.on_response
        number = ring.visits()
        ring.open(
            ASGI, lane, number, connection.number, ordinal, self.arrived, self.taken, self.parsed, entered,
            trace, span, ring.method(scope["method"]), ring.text("http/" + scope["http_version"]), lane,
            len(target), target[:32],
        )  # fmt: skip
        if len(target) > 32:
            ring.target(number, target)
        self.number = number
        _set(self)

    def _tell_connection(self) -> None:
        connection = self.connection
        if not connection.number:
            connection.number, connection.first = ring.conns(), self.arrived
        ring.conn(self.lane, connection.number, connection.accepted, connection.first, *connection.ends())

    # The awaitable that `run_asgi` awaits.

    def __await__(self) -> Any:
        return self

    def __iter__(self) -> Any:
        return self

    def __next__(self) -> Any:
        start = monotonic_ns()
        loop = self.loop
        if start - loop.read_at > STALE:
            loop.read_at, loop.cpu = start, thread_time_ns()
        try:
            result = self.step(None)
        except StopIteration:
            self._stepped(start)
            self._left(failed=False)
            raise
        except BaseException:
            self._stepped(start)
            self._left(failed=True)
            raise
        self._stepped(start)
        return result

    def send(self, message: Any) -> Any:
        """Pass a message on; a plain function that returns the coroutine costs one frame less."""
        coroutine = self.real_send(message)
        try:
            if message["type"] == "http.response.body":
                self.bytes_out += len(message.get("body", b""))
                self.last_write = monotonic_ns()
            elif not self.responded:
                self.status = message["status"]
                self.responded = self.first_byte = monotonic_ns()
        except Exception:
            pass  # not a message: awaited, it says so itself
        return coroutine

    def throw(self, *error: Any) -> Any:
        """Take a step into which an exception is thrown: a cancellation, most often."""
        start = monotonic_ns()
        try:
            result = self.coroutine.throw(*error)
        except BaseException as raised:
            self._stepped(start)
            self._left(failed=not isinstance(raised, StopIteration))
            raise
        self._stepped(start)
        return result

    def close(self) -> None:
        """End the application's coroutine, which will not be awaited any more."""
        self.coroutine.close()
        self._left(failed=True)

    def _stepped(self, start: int) -> None:
        """Tell a step that ends now."""
        try:
            end = monotonic_ns()
            cpu = -1 if end - start < LONG else self.loop.cpu_since(start, end)
            ring.phase(APP, self.lane, self.number, RUNNING, 1, 0, 0, start, end, cpu)
        except Exception as error:
            fault("uvicorn.request", error)

    def on_response(self) -> None:
        """The last write is out (to uvloop: is handed over). What uvicorn starts now is another's."""
        self.answered = monotonic_ns()
        visit = _current()
        _set(None)
        try:
            self.real_on_response()
        finally:
            _set(visit)

    def _left(self, *, failed: bool) -> None:
        """The application has ended; if uvicorn is to answer in its place, wait for that."""
        try:
            left = monotonic_ns()
            cycle = self.cycle
            if cycle.response_started or cycle.disconnected:
                self._close(left, left, failed)
            else:
                self._await_500(left)
        except Exception as error:
            fault("uvicorn.request", error)

    def _await_500(self, left: int) -> None:
        """Uvicorn says 500 for an application that said nothing."""
        cycle = self.cycle
        real = cycle.send_500_response

        async def send_500_response() -> None:
            self.responded = self.first_byte = self.last_write = monotonic_ns()
            try:
                await real()
            finally:
                self.status, self.bytes_out = 500, len("Internal Server Error")
                self._close(left, monotonic_ns(), True)

        cycle.send_500_response = send_500_response

    def _close(self, left: int, end: int, failed: bool) -> None:
        """Tell how it went."""
        cycle = self.cycle
        flags = 0 if cycle.response_complete else ABORTED
        if failed and not (flags and cycle.disconnected):
            flags |= ERROR
        if cycle.scope["method"] == "HEAD":
            self.bytes_out = 0
        ring.close(
            flags, self.lane, self.number, self.status, self.responded, left, self.first_byte,
            self.last_write, self.answered, end, -1, -1, self.bytes_in, self.bytes_out,
        )  # fmt: skip
        self.number = 0
        _set(None)
