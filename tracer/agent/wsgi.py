"""One request at a WSGI server that blocks: what is gathered between its accept and its close.

Times are CLOCK_MONOTONIC ns, 0 for not known. Methods that the application's own path runs through never
raise; the others are called under the guard of a hook.
"""

from __future__ import annotations

import os
import threading
from _thread import get_ident
from resource import RUSAGE_THREAD, getrusage
from socket import MSG_PEEK
from time import monotonic_ns, process_time_ns, thread_time_ns
from typing import Any

from .clock import arrival
from .current import CURRENT
from .layout import ABORTED, ERROR, NEVER_WAITED, TRANSFER, WSGI
from .points import fault
from .ring import ring
from .target import parent, redacted

SLOW_WRITE = 200_000
"""ns: a write that took longer waited for the client, and is told as a phase."""

CONN_AGAIN = 1024
"""A connection is told again with every so many of its requests: a ring is written round and round."""


def _waits() -> int:
    """How often this thread gave up its core of its own accord: voluntary context switches."""
    return getrusage(RUSAGE_THREAD).ru_nvcsw


class _Here(threading.local):
    """What this thread is at."""

    connection: Connection | None = None
    exchange: Exchange | None = None


here = _Here()


def _forget() -> None:
    """A child that an application forks has no request."""
    here.connection = here.exchange = None


os.register_at_fork(after_in_child=_forget)


class Connection:
    """A client's connection, on the lane that has taken it."""

    __slots__ = (
        "accepted", "arrived", "first", "fresh", "lane", "number", "ordinal", "peer", "queue", "sock",
        "taken",
    )  # fmt: skip

    def __init__(self, sock: Any, peer: Any, accepted: int) -> None:
        self.sock, self.peer, self.accepted, self.taken = sock, peer, accepted, accepted
        self.number = self.ordinal = self.lane = self.queue = 0
        self.arrived = self.first = 0
        self.fresh = False

    def take(self, lane: int, queue: int) -> None:
        """The lane of this thread takes the connection from a queue, to serve its next request."""
        self.lane, self.queue, self.fresh = lane, queue, True
        here.connection, here.exchange = self, None

    def peek(self, sock: Any) -> None:
        """Note the arrival of the first byte that waits, waiting for it as the read after this would."""
        self.fresh = False
        try:
            ancillary = sock.recvmsg(1, 64, MSG_PEEK)[1]
        except (OSError, NotImplementedError, AttributeError):
            self.arrived = 0  # TLS, or broken: the read itself will say so
        else:
            self.arrived = arrival(ancillary, monotonic_ns())

    def next_ordinal(self) -> int:
        """Return the number of a request on this connection, telling of the connection first."""
        ordinal = self.ordinal
        if ordinal % CONN_AGAIN == 0:
            if not self.number:
                self.number, self.first = ring.conns(), self.arrived
            ring.conn(self.lane, self.number, self.accepted, self.first, *self._ends())
        self.ordinal = ordinal + 1
        return ordinal

    def _ends(self) -> tuple[str, str]:
        try:
            local = self.sock.getsockname()
        except OSError:
            local = ""
        return address(self.peer), address(local)


def address(name: Any) -> str:
    """Return a socket's address as text: "127.0.0.1:8000", "[::1]:8000", or a path.

    >>> address(("::1", 8000, 0, 0)), address("/run/app.sock")
    ('[::1]:8000', '/run/app.sock')
    """
    if isinstance(name, (tuple, list)) and len(name) > 1:
        host, port = name[:2]
        return f"[{host}]:{port}" if ":" in str(host) else f"{host}:{port}"
    return name.decode("utf-8", "replace") if isinstance(name, bytes) else str(name or "")


def _protocol(req: Any) -> str:
    if type(req).__module__.startswith("gunicorn.uwsgi"):
        return "uwsgi"
    return f"http/{req.version[0]}.{req.version[1]}"


class Exchange:
    """A request and its answer: from the parsed head to the lane's letting go."""

    __slots__ = (
        "aborted", "answered", "bytes_in", "bytes_out", "connection", "cpu", "failed", "first_byte", "lane",
        "last_write", "left", "never_waited", "number", "parsed", "process_cpu", "req", "responded",
        "response", "sock", "status", "thread", "trace", "waits",
    )  # fmt: skip

    def __init__(self, connection: Connection, req: Any, sock: Any, parsed: int) -> None:
        self.connection, self.req, self.parsed = connection, req, parsed
        self.lane, self.sock, self.thread = connection.lane, sock, get_ident()
        self.number = 0  # until the application is entered
        self.responded = self.first_byte = self.last_write = self.answered = self.left = 0
        self.bytes_in = self.bytes_out = self.status = 0
        self.response: Any = None
        self.aborted = self.failed = self.never_waited = False

    def enter(self) -> None:
        """The application is called: tell the request."""
        connection, req = self.connection, self.req
        ordinal = connection.next_ordinal()
        trace = span = started = b""
        for name, value in req.headers:
            if name == "TRACEPARENT":
                trace, span = parent(value.encode("latin-1", "replace"))
            elif name == "X-REQUEST-START":
                started = value.encode("latin-1", "replace")
            elif name == "CONTENT-LENGTH" and value.isdigit():
                self.bytes_in = int(value)
        target = redacted(
            (req.path or "").encode("latin-1", "replace"), (req.query or "").encode("latin-1", "replace")
        )
        method, protocol = ring.method(req.method), ring.text(_protocol(req))
        number = ring.visits()
        self.cpu, self.process_cpu, self.waits = thread_time_ns(), process_time_ns(), _waits()
        ring.open(
            WSGI, self.lane, number, connection.number, ordinal, connection.arrived, connection.taken,
            self.parsed, monotonic_ns(), trace, span, method, protocol, connection.queue,
            len(target), target[:32],
        )  # fmt: skip
        if len(target) > 32:
            ring.target(number, target)
        if started:
            ring.request_start(started, self.lane, number)
        self.number, self.trace = number, trace
        CURRENT.set(self)

    def returned(self, result: Any) -> None:
        """The callable has returned; a list or tuple means that the application has run."""
        if type(result) in (list, tuple):
            self._out()

    def leave(self) -> None:
        """The request is handled: the iterable is exhausted and closed."""
        self._out()

    def _out(self) -> None:
        """Note the application's end, once, and the CPU time it took."""
        if self.left or not self.number:
            return
        CURRENT.set(None)
        self.left = monotonic_ns()
        try:
            self.cpu = thread_time_ns() - self.cpu
            self.never_waited = _waits() == self.waits
            # A CPU clock takes 1 us to read. This one is asked of who waited: did others run meanwhile?
            self.process_cpu = -1 if self.never_waited else process_time_ns() - self.process_cpu
        except Exception as error:
            fault("gunicorn.request", error)

    def wrote(self, start: int) -> None:
        """A write that began at `start` is done."""
        end = monotonic_ns()
        if not self.first_byte:
            self.first_byte = start
        self.last_write, self.answered = start, end
        if end - start > SLOW_WRITE and self.number:
            try:
                ring.phase(0, self.lane, self.number, TRANSFER, 1, 0, 0, start, end, -1)
            except Exception as error:
                fault("gunicorn.write", error)

    def sent_file(self, response: Any, wrapper: Any) -> None:
        """Count what `sendfile` sent; the response does not."""
        try:
            if not response._omits_body:
                length = response.response_length
                handle = wrapper.filelike.fileno()
                rest = os.fstat(handle).st_size - os.lseek(handle, 0, os.SEEK_CUR)
                self.bytes_out += rest if length is None else min(length, rest)
        except Exception as error:
            fault("gunicorn.write", error)

    def close(self) -> None:
        """The lane lets go: tell how it went."""
        if not self.number:
            return
        end = monotonic_ns()
        self._out()
        response = self.response
        status = self.status or getattr(response, "status_code", 0) or 0
        flags = (ERROR if self.failed and not self.aborted else 0) | (ABORTED if self.aborted else 0)
        flags |= NEVER_WAITED if self.never_waited else 0
        sent = self.bytes_out + getattr(response, "sent", 0)
        ring.close(
            flags, self.lane, self.number, status, self.responded, self.left, self.first_byte,
            self.last_write, self.answered, end, self.cpu, self.process_cpu, self.bytes_in, sent,
        )  # fmt: skip
        self.number = 0
