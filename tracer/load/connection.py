"""One client connection: a non-blocking socket, and the request that is on it."""

from __future__ import annotations

import errno
import os
import socket
from typing import Any

from tracer.load.answer import Answer
from tracer.load.clock import CONTROL, SO_TIMESTAMPNS
from tracer.load.exchange import Exchange

Address = tuple[int, Any]
"""Family and socket address, as getaddrinfo gives them."""


class Connection:
    """Connects at once. Whoever calls `write` or `read` takes the OSErrors."""

    __slots__ = (
        "_out",
        "_socket",
        "answer",
        "established",
        "exchange",
        "fd",
        "local",
        "number",
        "ordinal",
        "watched",
    )

    def __init__(self, number: int, address: Address, answer: Answer) -> None:
        """Begin to connect. Raises OSError where that fails at once."""
        self.number, self.answer = number, answer
        self.ordinal = -1  # of the request that is, or last was, on it
        self.exchange: Exchange | None = None
        self.established = False
        self.watched = 0  # the epoll mask it is registered with
        self._out: bytes | memoryview = b""
        self._socket = socket.socket(address[0], socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        self.fd = self._socket.fileno()
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
            code = self._socket.connect_ex(address[1])
            if code not in (0, errno.EINPROGRESS):
                raise OSError(code, os.strerror(code))
            self.local = written(self._socket.getsockname())
        except OSError:
            self._socket.close()
            raise

    def start(self, exchange: Exchange, head: bytes) -> None:
        """Put a request on it; `write` then sends it."""
        self.ordinal += 1
        self.exchange, self._out = exchange, head
        exchange.connection, exchange.ordinal, exchange.local = self.number, self.ordinal, self.local
        self.answer.start(exchange.method)

    def write(self) -> bool:
        """Send what the socket takes; True if that was all.

        Raises BlockingIOError if it takes nothing (not connected yet), OSError if it is broken.
        """
        sent = self._socket.send(self._out)
        self.established = True
        if sent == len(self._out):
            return True
        self._out = memoryview(self._out)[sent:]
        return False

    def read(self, buffer: memoryview) -> int:
        """Read into `buffer`; 0 at the end of the stream."""
        return self._socket.recv_into(buffer)

    def read_stamped(self, buffers: list[memoryview]) -> tuple[int, list[tuple[int, int, bytes]]]:
        """Read, with the kernel's receive time stamp."""
        size, control, _, _ = self._socket.recvmsg_into(buffers, CONTROL)
        return size, control

    def close(self) -> None:
        """Close the socket, which also takes it out of any epoll."""
        self._socket.close()


def written(address: Any) -> str:
    """Write a socket address: "127.0.0.1:8000", "[::1]:8000"."""
    host, port = address[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
