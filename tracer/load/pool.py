"""The connections of a load: which are open, which are idle, and how many there may be."""

from __future__ import annotations

import errno
import resource
import socket
from pathlib import Path

from tracer.load.answer import reader
from tracer.load.clock import Poller
from tracer.load.connection import Address, Connection, written
from tracer.load.plan import LoadError
from tracer.load.progress import Progress

SPARE = 32  # file descriptors left to others in the process
NO_DESCRIPTOR = (errno.EMFILE, errno.ENFILE)


class Full(Exception):  # noqa: N818  a state, not a mistake
    """As many connections are open as may be."""


class Pool:
    """Open connections to one host, watched by one poller."""

    def __init__(self, addresses: list[Address], progress: Progress, poller: Poller) -> None:
        """Open nothing yet. `progress` says the limit, and counts."""
        self._addresses, self._progress, self._poller = addresses, progress, poller
        self._reader = reader()
        self._open: dict[int, Connection] = {}  # by file descriptor
        self._idle: dict[int, Connection] = {}  # the last is the warmest
        self.peer = written(addresses[0][1])

    def at(self, descriptor: int) -> Connection | None:
        """Give the connection of a file descriptor, if it is still open."""
        return self._open.get(descriptor)

    def kept(self) -> Connection | None:
        """Take the idle connection that was used last, if there is one."""
        return self._idle.popitem()[1] if self._idle else None

    def fresh(self) -> Connection:
        """Begin a new connection. Raises Full, or OSError if the address cannot be reached at all."""
        if len(self._open) >= self._progress.limit:
            raise Full
        try:
            connection = Connection(self._progress.connections, self._addresses[0], self._reader())
        except OSError as error:
            if error.errno in NO_DESCRIPTOR and self._open:
                self._progress.limit = len(self._open)
                raise Full from None
            raise
        if connection.local == self.peer:  # a dead port of loopback may be given to whoever calls it
            connection.close()
            raise ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused")
        self._progress.connections += 1
        self._open[connection.fd] = connection
        return connection

    def keep(self, connection: Connection) -> None:
        """Put a connection back, for the next request."""
        connection.exchange = None
        self._idle[connection.fd] = connection

    def drop(self, connection: Connection) -> None:
        """Close a connection."""
        del self._open[connection.fd]
        self._idle.pop(connection.fd, None)
        connection.close()

    def watch(self, connection: Connection, mask: int) -> None:
        """Have the poller tell of a connection's events."""
        if not connection.watched:
            self._poller.watch(connection.fd, mask)
        elif connection.watched != mask:
            self._poller.change(connection.fd, mask)
        connection.watched = mask

    def turn_from(self, peer: str | None) -> bool:
        """Leave an address that let nobody in, for the host's next one; False if there is none.

        A name may have several (localhost is often ::1 and 127.0.0.1), and a server listens on one.
        """
        if peer == self.peer and len(self._addresses) > 1:
            del self._addresses[0]
            self.peer = written(self._addresses[0][1])
        return peer != self.peer

    def settle(self) -> None:
        """Stay with the present address: it let somebody in."""
        del self._addresses[1:]

    def close(self) -> None:
        """Close every connection."""
        for connection in list(self._open.values()):
            self.drop(connection)


def resolve(host: str, port: int) -> list[Address]:
    """Look up the addresses of a host, in the order of the system. Raises LoadError."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise LoadError(
            f"cannot find the host {host!r} ({error.strerror}): check its name in the URL of the load"
        ) from None
    return [(family, address) for family, _, _, _, address in found]


def descriptors(wanted: int) -> int:
    """How many connections may be open: as wanted, or as file descriptors allow."""
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if soft == resource.RLIM_INFINITY:
        return wanted
    used = sum(1 for _ in Path("/proc/self/fd").iterdir())
    return max(1, min(wanted, soft - used - SPARE))
