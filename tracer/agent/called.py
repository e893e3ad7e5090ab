"""One request at a server that calls a WSGI application, from its first byte to the lane's letting go.

`wsgi` does the same for gunicorn, closer to its objects and cheaper; this one goes by the environ that PEP
3333 defines. Times are CLOCK_MONOTONIC ns, 0 for not known. Methods that the application's own path runs
through never raise.
"""

from __future__ import annotations

import os
from _thread import get_ident
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from resource import RUSAGE_THREAD, getrusage
from socket import MSG_PEEK
from time import monotonic_ns, process_time_ns, thread_time_ns
from typing import Any
from urllib.parse import quote

from .clock import arrival
from .current import CURRENT
from .layout import ABORTED, ERROR, NEVER_WAITED, TRANSFER, WSGI
from .points import fault
from .ring import ring
from .target import parent, redacted
from .wsgi import CONN_AGAIN, SLOW_WRITE, address

PROTOCOLS = {f"HTTP/{version}": f"http/{version}" for version in ("1.0", "1.1", "2", "2.0")}
"""What is told of SERVER_PROTOCOL: clients choose what they send, and a text is kept for good."""


_call: ContextVar[Call | None] = ContextVar("hopscope_call", default=None)


class _Here:
    """What this thread is at, or this greenlet: each has a context of its own."""

    @property
    def call(self) -> Call | None:
        """The request that is being served, if there is one."""
        return _call.get()

    @call.setter
    def call(self, call: Call | None) -> None:
        _call.set(call)


here = _Here()


def _forget() -> None:
    """A child that an application forks has no request."""
    here.call = None


os.register_at_fork(after_in_child=_forget)


class Link:
    """A client's connection: the addresses of its ends, and when its next request arrived."""

    __slots__ = ("accepted", "arrived", "fresh", "local", "number", "ordinal", "peer", "read")

    def __init__(self, peer: Any, local: Any, accepted: int = 0) -> None:
        self.peer, self.local = address(peer), address(local)
        self.accepted = accepted or monotonic_ns()
        self.number = self.ordinal = self.arrived = self.read = 0
        self.fresh = True  # what is read next is the head of a request

    def peek(self, sock: Any) -> None:
        """Note when the bytes arrived that the next read will take; it waits if that read would."""
        self.fresh, self.arrived = False, 0
        try:
            ancillary = sock.recvmsg(1, 64, MSG_PEEK)[1]
        except (OSError, NotImplementedError, AttributeError):
            return  # TLS, or broken: the read itself will say so
        self.arrived = arrival(ancillary, monotonic_ns())

    def tell(self, lane: int) -> int:
        """Return the number of the next request on it, telling of the connection first."""
        ordinal, self.ordinal = self.ordinal, self.ordinal + 1
        if ordinal % CONN_AGAIN == 0:
            self.number = self.number or ring.conns()
            ring.conn(lane, self.number, self.accepted, self.arrived, self.peer, self.local)
        return ordinal


class Call:
    """A request and its answer. `point` names the hook that is at fault when something here fails."""

    __slots__ = (
        "aborted", "answered", "arrived", "bytes_in", "bytes_out", "cpu", "failed", "first_byte", "flags",
        "lane", "last_write", "left", "link", "never_waited", "number", "parsed", "point", "process_cpu",
        "protocol", "queue", "responded", "sock", "status", "taken", "thread", "trace", "waits",
    )  # fmt: skip

    def __init__(
        self, point: str, lane: int, link: Link | None = None, *, queue: int = 0, sock: Any = None
    ) -> None:
        self.point, self.lane, self.link, self.queue, self.sock = point, lane, link, queue, sock
        self.taken = self.parsed = monotonic_ns()
        self.arrived = link.arrived if link is not None else 0
        self.thread, self.number, self.protocol = get_ident(), 0, ""
        self.flags = WSGI, 0  # of OPEN, and more of CLOSE
        self.responded = self.first_byte = self.last_write = self.answered = self.left = 0
        self.bytes_in = self.bytes_out = self.status = 0
        self.aborted = self.failed = self.never_waited = False

    def enter(self, environ: Mapping[str, Any]) -> None:
        """The application is about to be called: tell the request."""
        link = self.link
        ordinal = link.tell(self.lane) if link is not None else 0
        trace, span = parent(_bytes(environ.get("HTTP_TRACEPARENT", "")))
        length = environ.get("CONTENT_LENGTH") or ""
        self.bytes_in = int(length) if str(length).isdigit() else 0
        target = target_of(environ)
        method = ring.method(str(environ.get("REQUEST_METHOD", "")))
        spoken = PROTOCOLS.get(str(environ.get("SERVER_PROTOCOL")), "http/1.1")
        protocol = ring.text(self.protocol or spoken)
        self.cpu, self.process_cpu, self.waits = thread_time_ns(), process_time_ns(), _waits()
        self.number = number = ring.visits()
        connection = link.number if link is not None else 0
        ring.open(
            self.flags[0], self.lane, number, connection, ordinal, self.arrived, self.taken, self.parsed,
            monotonic_ns(), trace, span, method, protocol, self.queue, len(target), target[:32],
        )  # fmt: skip
        if len(target) > 32:
            ring.target(number, target)
        if started := environ.get("HTTP_X_REQUEST_START"):
            ring.request_start(_bytes(started), self.lane, number)
        self.trace = trace
        CURRENT.set(self)

    def returned(self, result: Any) -> None:
        """The callable has returned; a list or tuple means that the application has run."""
        if type(result) in (list, tuple):
            self.out()

    def out(self) -> None:
        """Note the application's end, once, and the CPU time it took."""
        if self.left or not self.number:
            return
        CURRENT.set(None)
        self.left = monotonic_ns()
        try:
            self.cpu, self.process_cpu = thread_time_ns() - self.cpu, process_time_ns() - self.process_cpu
            self.never_waited = _waits() == self.waits
        except Exception as error:
            fault(self.point, error)

    def started(self, status: Any) -> None:
        """The application has said what it answers: "200 OK"."""
        try:
            self.responded = monotonic_ns()
            code = str(status)[:3]
            self.status = int(code) if code.isdigit() else 0
        except Exception as error:
            fault(self.point, error)

    def wrote(self, start: int, size: int = 0) -> None:
        """A write that began at `start` is done, with so many bytes of the body."""
        try:
            end = monotonic_ns()
            self.first_byte = self.first_byte or start
            self.last_write, self.answered = start, end
            self.bytes_out += size
            if end - start > SLOW_WRITE and self.number:
                ring.phase(0, self.lane, self.number, TRANSFER, 1, 0, 0, start, end, -1)
        except Exception as error:
            fault(self.point, error)

    def close(self) -> None:
        """The lane lets go: tell how it went."""
        if not self.number:
            return
        self.out()
        end, number, self.number = monotonic_ns(), self.number, 0
        flags = (ERROR if self.failed and not self.aborted else 0) | (ABORTED if self.aborted else 0)
        flags |= (NEVER_WAITED if self.never_waited else 0) | self.flags[1]
        ring.close(
            flags, self.lane, number, self.status, self.responded, self.left, self.first_byte,
            self.last_write, self.answered, end, self.cpu, self.process_cpu, self.bytes_in, self.bytes_out,
        )  # fmt: skip


def let_go(point: str) -> None:
    """Close the visit of this thread, if there is one."""
    try:
        call, here.call = here.call, None
        if call is not None:
            call.close()
    except Exception as error:
        fault(point, error)


def entering(point: str, real: Callable[..., Any]) -> Callable[..., Any]:
    """Put a hook before an application that its server calls after a `Call` was made for this thread."""

    def application(environ: Any, start_response: Any) -> Any:
        call = here.call
        if call is None or call.number:
            return real(environ, start_response)
        try:
            call.enter(environ)
        except Exception as error:
            fault(point, error)
            here.call = None
            return real(environ, start_response)
        try:
            result = real(environ, start_response)
        except BaseException:
            call.failed = True
            raise
        call.returned(result)
        return result

    application._hopscope = real  # type: ignore[attr-defined]
    return application


def target_of(environ: Mapping[str, Any]) -> bytes:
    """Return the target of a request, the values of its query left out."""
    raw = environ.get("REQUEST_URI") or environ.get("RAW_URI")
    if raw is None:
        path = f"{environ.get('SCRIPT_NAME', '')}{environ.get('PATH_INFO', '')}"
        return redacted(
            quote(path.encode("latin-1", "replace")).encode(), _bytes(environ.get("QUERY_STRING", ""))
        )
    path_part, _, query = _bytes(raw).partition(b"?")
    return redacted(path_part, query)


def _bytes(text: Any) -> bytes:
    return str(text).encode("latin-1", "replace")


def _waits() -> int:
    """How often this thread gave up its core of its own accord: voluntary context switches."""
    return getrusage(RUSAGE_THREAD).ru_nvcsw
