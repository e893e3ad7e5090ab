"""The client: puts requests on connections, and tells from what comes back how each ended."""

from __future__ import annotations

import select
import time
from collections.abc import Callable

from tracer.load.answer import BadAnswerError
from tracer.load.clock import KernelClock
from tracer.load.connection import Connection
from tracer.load.exchange import Exchange
from tracer.load.head import Heads
from tracer.load.plan import Plan
from tracer.load.pool import Full, Pool
from tracer.load.progress import Progress
from tracer.recording import UNKNOWN, Outcome

Sink = Callable[[Exchange], None]

READ = 1 << 16
IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})  # RFC 9110, 9.2.2

_now = time.monotonic_ns


class Client:
    """Carries requests from `begin` to an outcome, which it gives to `sink`."""

    def __init__(self, plan: Plan, pool: Pool, progress: Progress, sink: Sink) -> None:
        """Send nothing yet."""
        self._plan, self._pool, self._progress, self._sink = plan, pool, progress, sink
        self._clock = KernelClock()
        self._heads = Heads(plan)
        self._buffer = memoryview(bytearray(READ))
        self._buffers = [self._buffer]
        self._active: dict[int, Connection] = {}  # by number of the request

    def begin(self, exchange: Exchange) -> bool:
        """Send on a kept connection, else on a new one; False if none is to be had yet."""
        connection = self._pool.kept()
        return self._put(connection, exchange) if connection else self._connect(exchange)

    def ready(self, descriptor: int) -> None:
        """Do what a socket is ready for."""
        connection = self._pool.at(descriptor)
        if connection is None:  # closed since the event was fetched
            return
        exchange = connection.exchange
        if exchange is None:  # idle: closed by the server, or spoken on unasked
            self._pool.drop(connection)
        elif connection.watched == select.EPOLLOUT:
            self._write(connection, exchange)
        else:
            self._read(connection, exchange)

    def expire(self, exchange: Exchange, now: int) -> None:
        """Give a request up, for its time is over."""
        awaited = "it could be sent"
        if exchange.sent >= 0:
            awaited = "an answer came" if exchange.first_byte < 0 else "the whole answer came"
        connection = self._active.get(exchange.number)
        if connection:
            self._drop(connection, exchange)
        self._finish(exchange, Outcome.TIMEOUT, f"{self._plan.timeout:g} s passed before {awaited}", now)

    def leave(self, exchange: Exchange) -> None:
        """Tell of a request that is unfinished at the end of the run."""
        connection = self._active.get(exchange.number)
        if connection and exchange.first_byte >= 0:
            exchange.body_received = connection.answer.body
        self._deliver(exchange)

    def close(self) -> None:
        """Let the kernel stop stamping."""
        self._clock.close()

    def _connect(self, exchange: Exchange) -> bool:
        exchange.connecting, exchange.peer = _now(), self._pool.peer
        try:
            connection = self._pool.fresh()
        except Full:
            exchange.connecting = UNKNOWN
            return False
        except OSError as error:
            self._unconnected(exchange, _words(error))
            return True
        return self._put(connection, exchange)

    def _put(self, connection: Connection, exchange: Exchange) -> bool:
        self._active[exchange.number] = connection
        exchange.peer = self._pool.peer
        connection.start(exchange, self._heads(exchange))
        self._write(connection, exchange)
        return True

    def _write(self, connection: Connection, exchange: Exchange) -> None:
        before = _now()
        try:
            whole = connection.write()
        except BlockingIOError:  # not connected yet
            self._pool.watch(connection, select.EPOLLOUT)
            return
        except OSError as error:
            self._broken(connection, exchange, error)
            return
        if exchange.sending < 0:
            exchange.sending = before
            self._pool.settle()
        if whole:
            exchange.sent = _now()
        self._pool.watch(connection, select.EPOLLIN if whole else select.EPOLLOUT)

    def _read(self, connection: Connection, exchange: Exchange) -> None:
        try:
            if exchange.first_byte < 0:
                size, control = connection.read_stamped(self._buffers)
                now = _now()
                if size:
                    self._arrived(exchange, self._clock.arrival(control, now))
            else:
                size = connection.read(self._buffer)
                now = _now()
        except BlockingIOError:
            return
        except OSError as error:
            self._broken(connection, exchange, error)
            return
        self._take(connection, exchange, size, now)

    def _arrived(self, exchange: Exchange, arrival: int) -> None:
        """Note the first byte; a send that returned only after it was over by then at the latest."""
        exchange.first_byte = max(arrival, exchange.sending)
        exchange.sent = min(exchange.sent, exchange.first_byte)

    def _take(self, connection: Connection, exchange: Exchange, size: int, now: int) -> None:
        answer = connection.answer
        try:
            if size:
                answer.feed(self._buffer[:size])
            elif not answer.eof():
                self._broken(connection, exchange, None)
                return
        except BadAnswerError as error:
            self._drop(connection, exchange)
            self._finish(exchange, Outcome.ERROR, f"the answer is not HTTP: {error}", now)
            return
        if answer.done:
            self._answered(connection, exchange, now)

    def _answered(self, connection: Connection, exchange: Exchange, now: int) -> None:
        answer = connection.answer
        exchange.status, exchange.body_received = answer.status, answer.body
        if self._plan.keep_alive and answer.reusable:
            del self._active[exchange.number]
            self._pool.keep(connection)
        else:
            self._drop(connection, exchange)
        if answer.status < 500:
            self._finish(exchange, Outcome.OK, None, now)
        else:
            self._finish(exchange, Outcome.ERROR, f"answered with status {answer.status}", now)

    def _broken(self, connection: Connection, exchange: Exchange, error: OSError | None) -> None:
        """Tell what a broken connection means for its request, which may be sent once more."""
        why = _words(error) if error else "closed by the server"
        self._drop(connection, exchange)
        if not connection.established and not isinstance(error, (ConnectionResetError, BrokenPipeError)):
            self._unconnected(exchange, why)
        elif exchange.first_byte >= 0:
            got = f"{exchange.body_received} bytes of the body"
            self._finish(exchange, Outcome.ERROR, f"broken off after {got}: {why}", _now())
        elif connection.ordinal and exchange.method in IDEMPOTENT:
            exchange.attempts = 2  # and no third: this one has ordinal 0
            self._progress.retried += 1
            self._again(exchange)
        else:
            kept = "kept " if connection.ordinal else ""
            self._finish(exchange, Outcome.ERROR, f"{kept}connection broken before an answer: {why}", _now())

    def _unconnected(self, exchange: Exchange, why: str) -> None:
        if self._pool.turn_from(exchange.peer):
            self._again(exchange)
        else:
            self._finish(exchange, Outcome.REFUSED, f"no connection: {why}", _now())

    def _again(self, exchange: Exchange) -> None:
        """Send on a fresh connection. It stays due when it was."""
        exchange.connecting = exchange.sending = exchange.sent = UNKNOWN
        exchange.connection = exchange.ordinal = UNKNOWN
        if not self._connect(exchange):  # another took the place of the connection just dropped
            self._finish(exchange, Outcome.REFUSED, "no connection: too many are open", _now())

    def _drop(self, connection: Connection, exchange: Exchange) -> None:
        if exchange.first_byte >= 0:
            exchange.body_received = connection.answer.body
        del self._active[exchange.number]
        self._pool.drop(connection)

    def _finish(self, exchange: Exchange, outcome: Outcome, reason: str | None, now: int) -> None:
        exchange.outcome, exchange.reason, exchange.end = outcome, reason, now
        self._deliver(exchange)

    def _deliver(self, exchange: Exchange) -> None:
        self._progress.outcomes[exchange.outcome] += 1
        self._sink(exchange)


def _words(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
