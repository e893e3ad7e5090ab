"""Blocking waits of an application: `time.sleep` and the calls of blocking sockets."""

from __future__ import annotations

import socket
import ssl
import time
from _thread import get_ident, get_native_id
from collections.abc import Callable
from functools import partial
from time import monotonic_ns
from typing import Any

from .current import CURRENT, Running
from .layout import APP, BLOCKED, THREAD, TRANSFER
from .place import place
from .points import fault, install
from .ring import ring

SHORTEST = 20_000
"""ns: a call that took less did not wait, and is not told."""

CALLS = (
    "accept",
    "connect",
    "recv",
    "recv_into",
    "recvfrom",
    "recvmsg",
    "send",
    "sendall",
    "sendto",
    "sendmsg",
)
TLS_CALLS = ("do_handshake", "recv", "recv_into", "send")
READS = ("recv", "recv_into")

_current = CURRENT.get


def install_waits() -> None:
    """Wrap the waits; once."""
    install("time.sleep", time, "sleep", _sleep)
    for name in TLS_CALLS:
        install("socket", ssl.SSLSocket, name, partial(_call, name))
    install("socket", socket, "getaddrinfo", _look_up)
    for name in CALLS:
        install("socket", socket.socket, name, partial(_call, name))


def _sleep(real: Callable[..., Any]) -> Callable[..., Any]:
    def sleep(*args: Any, **kwargs: Any) -> Any:
        visit = _current()
        if visit is None or not visit.number:
            return real(*args, **kwargs)
        start = monotonic_ns()
        try:
            return real(*args, **kwargs)
        finally:
            _waited("time.sleep", "time.sleep", visit, start, BLOCKED)

    return sleep


def _call(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
    what, reads = f"socket.{name}", name in READS

    def call(self: socket.socket, *args: Any, **kwargs: Any) -> Any:
        visit = _current()
        if (
            visit is None
            or not visit.number
            or ((own := self is visit.sock) and not reads)
            or self.gettimeout() == 0.0
        ):
            return real(self, *args, **kwargs)
        start = monotonic_ns()
        try:
            return real(self, *args, **kwargs)
        finally:
            _waited("socket", what, visit, start, TRANSFER if own else BLOCKED)

    return call


def _look_up(real: Callable[..., Any]) -> Callable[..., Any]:
    def getaddrinfo(*args: Any, **kwargs: Any) -> Any:
        visit = _current()
        if visit is None or not visit.number:
            return real(*args, **kwargs)
        start = monotonic_ns()
        try:
            return real(*args, **kwargs)
        finally:
            _waited("socket", "socket.getaddrinfo", visit, start, BLOCKED)

    return getaddrinfo


def _waited(point: str, call: str, visit: Running, start: int, kind: int) -> None:
    """Tell of a wait that ends now, unless it was too short to be one."""
    end = monotonic_ns()
    if end - start < SHORTEST:
        return
    try:
        what = ring.text(f"{call} {place(2)}".rstrip())
        ring.phase(APP, lane_here(visit, start), visit.number, kind, 1, 0, what, start, end, -1)
    except Exception as error:
        fault(point, error)


def lane_here(visit: Running, since: int) -> int:
    """Return the lane of a visit that runs on this thread: its own, or this thread's (`to_thread`)."""
    thread = get_ident()
    if thread == visit.thread:
        return visit.lane
    tid = get_native_id()
    return ring.lane(("thread", thread), THREAD, f"thread {tid}", tid=tid, since=since)
