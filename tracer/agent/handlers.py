"""Servers made of `socketserver` and `http.server`: their lanes, and when a request's first byte came.

One thread takes a connection and serves it to its end: the main thread, or one made for it.
"""

from __future__ import annotations

import socket
import socketserver
from collections.abc import Callable
from functools import partial
from time import monotonic_ns
from typing import Any

from .called import Call, Link, here, let_go
from .clock import SO_TIMESTAMPNS
from .lanes import process_here, thread_here
from .points import fault, install


class HandlerLink(Link):
    """A connection, since when a thread has been at it for its next request, and how its answer goes out."""

    __slots__ = ("part", "since")

    def __init__(self, peer: Any, local: Any) -> None:
        super().__init__(peer, local)
        self.since, self.part = self.accepted, -1  # the part of a chunk that is written next; -1: no chunks


def install_server(product: str, server: type, handler: type) -> None:
    """Hook the listener, and a connection's set-up."""
    install(f"{product}.listen", server, "serve_forever", partial(_listen, product))
    install(f"{product}.accept", handler, "setup", partial(_set_up, product))


def _listen(product: str, real: Callable[..., Any]) -> Callable[..., Any]:
    """Have the kernel stamp what arrives; accepted sockets inherit it."""

    def serve_forever(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            lane_here(self, monotonic_ns())
            self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        except OSError:
            pass  # arrivals are not known then
        except Exception as error:
            fault(f"{product}.listen", error)
        return real(self, *args, **kwargs)

    return serve_forever


def _set_up(product: str, real: Callable[..., Any]) -> Callable[..., Any]:
    def setup(self: Any) -> Any:
        result = real(self)
        try:
            link = self._hopscope = HandlerLink(self.client_address, self.connection.getsockname())
            _ask_before_reads(product, self, link)
        except Exception as error:
            self._hopscope = None
            fault(f"{product}.accept", error)
        return result

    return setup


def _ask_before_reads(product: str, handler: Any, link: HandlerLink) -> None:
    """Ask for the arrival of a request's first byte when the buffered reader is about to read the socket."""
    raw, sock = handler.rfile.raw, handler.connection
    real = raw.readinto

    def readinto(buffer: Any) -> Any:
        if link.fresh:
            try:
                link.since = max(link.since, link.accepted)
                link.peek(sock)
            except Exception as error:
                fault(f"{product}.accept", error)
        return real(buffer)

    raw.readinto = readinto


def lane_here(server: Any, since: int) -> int:
    """Return this thread's lane: the process where there is one thread alone."""
    threaded = isinstance(server, socketserver.ThreadingMixIn)
    process = process_here(0 if threaded else 1, since)
    return thread_here(process, since, "main thread") if threaded else process


def serving(point: str, handler: Any, serve: Callable[[], Any]) -> Any:
    """Serve a request of which the head is parsed, as a call of this thread."""
    link = None
    try:
        link = handler._hopscope
        if link is not None:
            call = here.call = Call(
                point, lane_here(handler.server, link.since), link, sock=handler.connection
            )
            call.taken = link.since
    except Exception as error:
        fault(point, error)
        here.call = None
    try:
        return serve()
    finally:
        let_go(point)
        if link is not None:
            link.fresh, link.since, link.part = True, monotonic_ns(), -1
