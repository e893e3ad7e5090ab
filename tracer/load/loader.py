"""The open loop: sends each request when it is due, whatever became of those before it."""

from __future__ import annotations

import errno
import os
import resource
import select
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from random import Random

from tracer import __version__
from tracer.load.answer import BadAnswer, reader
from tracer.load.clock import KernelClock, Poller, sharp_timers
from tracer.load.connection import Address, Connection, written
from tracer.load.exchange import Exchange
from tracer.load.plan import LoadError, Plan
from tracer.load.progress import Progress
from tracer.recording import UNKNOWN, Outcome

Sink = Callable[[Exchange], None]
OnProgress = Callable[[Progress], None]

LEAD = 2_000_000  # ns from the start of the run to offset 0
TICK = 50_000_000  # ns between looks at `stop` and calls of on_progress
READ = 1 << 16
SPARE = 32  # file descriptors left to others in the process
IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})  # RFC 9110, 9.2.2
BODILESS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "DELETE"})
NO_DESCRIPTOR = (errno.EMFILE, errno.ENFILE)

_now = time.monotonic_ns


def run(
    plan: Plan, sink: Sink, *, stop: threading.Event | None = None, on_progress: OnProgress | None = None
) -> Progress:
    """Send the plan's requests; give each to `sink` once, as soon as its outcome is known.

    Returns when all have one. After `stop` is set nothing more is sent, and requests that were due without an
    outcome are given as OPEN; those not yet due are not given. Raises LoadError if the host has no address.
    """
    loader = Loader(plan, sink)
    try:
        with sharp_timers():
            loader.loop(stop, on_progress)
    finally:
        loader.close()
    return loader.progress


class Loader:
    """The state of one run. One thread, no locks: each event is handled to its end."""

    def __init__(self, plan: Plan, sink: Sink) -> None:
        """Look the host up and take what the run needs; nothing is sent yet."""
        self._plan, self._sink = plan, sink
        self._addresses = resolve(plan.host, plan.port)
        self._reader = reader()
        self._heads: dict[tuple[str, str], bytes] = {}
        self._ids = Random(plan.seed)
        self._timeout = round(plan.timeout * 1e9)
        self._buffer = memoryview(bytearray(READ))
        self._buffers = [self._buffer]
        self._next = 0  # number of the next request to be due
        self._connections: dict[int, Connection] = {}  # by file descriptor
        self._idle: dict[int, Connection] = {}  # the last is the warmest
        self._active: dict[int, Connection] = {}  # by number of the request
        self._waiting: deque[Exchange] = deque()  # for a connection
        self._unfinished: deque[Exchange] = deque()  # in due order, with finished ones among them
        self.progress = Progress(len(plan.requests), limit=_limit(plan.connections))
        self._clock = KernelClock()
        self._poller = Poller()
        self._start = _now() + LEAD

    def loop(self, stop: threading.Event | None, on_progress: OnProgress | None) -> None:
        """Run to the end of the plan, or to `stop`."""
        tick = _now()
        while self._next < self.progress.planned or self.progress.in_flight:
            for descriptor, mask in self._poller.poll(min(self._wake(), tick)):
                self._handle(descriptor, mask)
                self._send_due()  # nobody's answer holds up what is due
            self._send_due()
            self._serve_waiting()
            now = _now()
            self._expire(now)
            if now >= tick:
                tick = now + TICK
                if on_progress:
                    on_progress(self.progress)
                if stop and stop.is_set():
                    break
        self._leave_open()
        if on_progress:
            on_progress(self.progress)

    def close(self) -> None:
        """Close every socket."""
        for connection in self._connections.values():
            connection.close()
        self._poller.close()
        self._clock.close()

    # What time brings

    def _wake(self) -> int:
        """When the next request is due, or the oldest times out."""
        while self._unfinished and self._unfinished[0].outcome != Outcome.OPEN:
            self._unfinished.popleft()
        wake = self._unfinished[0].due + self._timeout if self._unfinished else 1 << 62
        if self._next < self.progress.planned:
            wake = min(wake, self._start + self._plan.requests[self._next].offset)
        return wake

    def _send_due(self) -> None:
        """Begin every request whose time has come."""
        requests, start = self._plan.requests, self._start
        while self._next < len(requests) and start + requests[self._next].offset <= _now():
            offset, method, target = requests[self._next]
            exchange = Exchange(self._next, method, target, start + offset)
            identity = self._ids.getrandbits(192).to_bytes(24, "big")
            exchange.trace_id, exchange.span_id = identity[:16], identity[16:]
            self._next += 1
            self.progress.due += 1
            self._unfinished.append(exchange)
            if self._waiting or not self._begin(exchange):
                self._waiting.append(exchange)
                self.progress.waited += 1

    def _expire(self, now: int) -> None:
        """Give up what has had no whole answer in time."""
        unfinished, deadline = self._unfinished, now - self._timeout
        while unfinished and (unfinished[0].outcome != Outcome.OPEN or unfinished[0].due <= deadline):
            exchange = unfinished.popleft()
            if exchange.outcome == Outcome.OPEN:
                self._expired(exchange, now)

    def _expired(self, exchange: Exchange, now: int) -> None:
        stage = "it was sent"  # what it did not come to
        if exchange.sent >= 0:
            stage = "an answer" if exchange.first_byte < 0 else "the whole answer"
        connection = self._active.get(exchange.number)
        if connection:
            self._drop(connection)
        self._finish(exchange, Outcome.TIMEOUT, f"{self._plan.timeout:g} s passed before {stage}", now)

    def _leave_open(self) -> None:
        for exchange in self._unfinished:
            if exchange.outcome == Outcome.OPEN:
                self._deliver(exchange)

    # Requests and connections

    def _begin(self, exchange: Exchange) -> bool:
        """Send on a kept connection, else on a new one; False if there is none to be had."""
        if self._idle:
            connection = self._idle.popitem()[1]
        elif len(self._connections) < self.progress.limit:
            exchange.connecting = _now()
            opened = self._open(exchange)
            if opened is None:
                return exchange.outcome != Outcome.OPEN
            connection = opened
        else:
            return False
        self._active[exchange.number] = connection
        exchange.peer = written(self._addresses[0][1])
        connection.start(exchange, self._head(exchange))
        self._write(connection, exchange)
        return True

    def _open(self, exchange: Exchange) -> Connection | None:
        """Begin a connection; None if there is no descriptor for it, or the request is finished by the failure."""
        try:
            connection = Connection(self.progress.connections, self._addresses[0], self._reader())
        except OSError as error:
            if error.errno in NO_DESCRIPTOR and self._connections:
                self.progress.limit = len(self._connections)
                exchange.connecting = UNKNOWN
            else:
                self._finish(exchange, Outcome.REFUSED, f"no connection: {_words(error)}", _now())
            return None
        self.progress.connections += 1
        self._connections[connection.fd] = connection
        return connection

    def _serve_waiting(self) -> None:
        """Hand connections that came free to those who wait, first come first served."""
        waiting = self._waiting
        while waiting and (waiting[0].outcome != Outcome.OPEN or self._begin(waiting[0])):
            waiting.popleft()

    def _head(self, exchange: Exchange) -> bytes:
        """Write the request: the same bytes but for the ids."""
        key = (exchange.method, exchange.target)
        head = self._heads.get(key)
        if head is None:
            head = self._heads[key] = _head(self._plan, *key)
        ids = f"{exchange.trace_id.hex()}-{exchange.span_id.hex()}-01\r\n\r\n"
        return head + ids.encode()

    def _drop(self, connection: Connection) -> None:
        del self._connections[connection.fd]
        self._idle.pop(connection.fd, None)
        if connection.exchange:
            del self._active[connection.exchange.number]
        connection.close()

    def _watch(self, connection: Connection, mask: int) -> None:
        if not connection.watched:
            self._poller.watch(connection.fd, mask)
        elif connection.watched != mask:
            self._poller.change(connection.fd, mask)
        connection.watched = mask

    # What a socket brings

    def _handle(self, descriptor: int, mask: int) -> None:
        connection = self._connections.get(descriptor)
        if connection is None:  # dropped since the events were fetched
            return
        exchange = connection.exchange
        if exchange is None:  # idle: closed, or spoken on unasked
            self._drop(connection)
        elif connection.watched == select.EPOLLOUT:
            self._write(connection, exchange)
        else:
            self._read(connection, exchange)

    def _write(self, connection: Connection, exchange: Exchange) -> None:
        before = _now()
        try:
            whole = connection.write()
        except BlockingIOError:
            self._watch(connection, select.EPOLLOUT)
            return
        except OSError as error:
            self._broken(connection, exchange, _words(error))
            return
        if exchange.sending < 0:
            exchange.sending = before
        if whole:
            exchange.sent = _now()
        self._watch(connection, select.EPOLLIN if whole else select.EPOLLOUT)

    def _read(self, connection: Connection, exchange: Exchange) -> None:
        try:
            if exchange.first_byte < 0:
                size, control = connection.read_stamped(self._buffers)
                now = _now()
                if size:
                    self._first_byte(exchange, self._clock.arrival(control, now))
            else:
                size = connection.read(self._buffer)
                now = _now()
        except BlockingIOError:
            return
        except OSError as error:
            self._broken(connection, exchange, _words(error))
            return
        self._take(connection, exchange, size, now)

    def _first_byte(self, exchange: Exchange, arrival: int) -> None:
        """Note the arrival; if the send returned only after it, then it was over by then at the latest."""
        exchange.first_byte = max(arrival, exchange.sending)
        exchange.sent = min(exchange.sent, exchange.first_byte)

    def _take(self, connection: Connection, exchange: Exchange, size: int, now: int) -> None:
        answer = connection.answer
        try:
            if size:
                answer.feed(self._buffer[:size])
            elif not answer.eof():
                self._broken(connection, exchange, "closed by the server")
                return
        except BadAnswer as error:
            self._drop(connection)
            exchange.body_received = answer.body
            self._finish(exchange, Outcome.ERROR, f"the answer is not HTTP: {error}", now)
            return
        if answer.done:
            self._answered(connection, exchange, now)

    # Ends

    def _answered(self, connection: Connection, exchange: Exchange, now: int) -> None:
        answer = connection.answer
        if self._plan.keep_alive and answer.reusable:
            del self._active[exchange.number]
            connection.exchange = None
            self._idle[connection.fd] = connection
        else:
            self._drop(connection)
        exchange.status, exchange.body_received = answer.status, answer.body
        failed = answer.status >= 500
        self._finish(
            exchange,
            Outcome.ERROR if failed else Outcome.OK,
            f"answered with status {answer.status}" if failed else None,
            now,
        )

    def _broken(self, connection: Connection, exchange: Exchange, why: str) -> None:
        """Tell what a broken connection means for its request, which may be sent once more."""
        self._drop(connection)
        if not connection.established:
            self._unconnected(exchange, why)
        elif exchange.first_byte >= 0:
            exchange.body_received = connection.answer.body
            part = f"{exchange.body_received} bytes of the body"
            self._finish(exchange, Outcome.ERROR, f"broken off in mid answer, after {part}: {why}", _now())
        elif connection.ordinal and exchange.attempts == 1 and exchange.method in IDEMPOTENT:
            exchange.attempts = 2
            self.progress.retried += 1
            self._again(exchange)
        else:
            kept = "kept " if connection.ordinal else ""
            self._finish(exchange, Outcome.ERROR, f"{kept}connection broken before an answer: {why}", _now())

    def _unconnected(self, exchange: Exchange, why: str) -> None:
        """Try the host's next address if none has ever answered (localhost may be ::1 and 127.0.0.1)."""
        refused_by = exchange.peer
        if len(self._addresses) > 1 and refused_by == written(self._addresses[0][1]):
            del self._addresses[0]
        if refused_by != written(self._addresses[0][1]):
            self._again(exchange)
        else:
            self._finish(exchange, Outcome.REFUSED, f"no connection: {why}", _now())

    def _again(self, exchange: Exchange) -> None:
        """Send on a fresh connection. It stays due when it was."""
        exchange.connecting = exchange.sending = exchange.sent = UNKNOWN
        fresh, self._idle = self._idle, {}
        if not self._begin(exchange):
            self._waiting.appendleft(exchange)
        self._idle = fresh

    def _finish(self, exchange: Exchange, outcome: Outcome, reason: str | None, now: int) -> None:
        exchange.outcome, exchange.reason, exchange.end = outcome, reason, now
        self._deliver(exchange)

    def _deliver(self, exchange: Exchange) -> None:
        self.progress.outcomes[exchange.outcome] += 1
        self._sink(exchange)


def resolve(host: str, port: int) -> list[Address]:
    """Look up the addresses of a host, in the order of the system. Raises LoadError."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise LoadError(
            f"cannot find the host {host!r} ({error.strerror}): check its name in the URL of the load"
        ) from None
    return [(family, address) for family, _, _, _, address in found]


def _head(plan: Plan, method: str, target: str) -> bytes:
    length = "" if method in BODILESS else "Content-Length: 0\r\n"
    return (
        f"{method} {target} HTTP/1.1\r\nHost: {plan.authority}\r\nUser-Agent: hopscope/{__version__}\r\n"
        f"Accept: */*\r\n{length}Connection: {'keep-alive' if plan.keep_alive else 'close'}\r\ntraceparent: 00-"
    ).encode()


def _limit(wanted: int) -> int:
    """How many connections may be open: as wanted, or as file descriptors allow."""
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    used = len(os.listdir("/proc/self/fd"))
    return max(1, min(wanted, soft - used - SPARE)) if soft != resource.RLIM_INFINITY else wanted


def _words(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
