"""Web servers: they speak HTTP with the client, serve files, and pass the rest on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from simulator.stack.keys import SECOND, flag, one_of, time, whole
from simulator.stack.parts import BALANCES, Hop


@dataclass(frozen=True, slots=True)
class Nginx(Hop):
    """A reverse proxy: an event loop a worker, answers buffered."""

    server: ClassVar[str] = "nginx"
    role: ClassVar[str] = "proxy"
    workers: int = whole(1)
    backlog: int = whole(511, 0)
    buffering: bool = flag(True)
    balance: str = one_of("random", *BALANCES)
    keepalive_timeout: int = time(75 * SECOND)
    overhead: int | None = time(None)


@dataclass(frozen=True, slots=True)
class Apache(Hop):
    """Processes, or threads of processes; one carries a request from its first byte to its last.

    By the MPM: prefork has a process a request (`threads` is not used), worker and event have threads; with
    event alone a slow client's download and an idle connection hold none. As many as configured are running.
    """

    server: ClassVar[str] = "apache"
    role: ClassVar[str] = "proxy"
    mpm: str = one_of("event", "event", "worker", "prefork")
    workers: int = whole(3)
    threads: int = whole(25)
    backlog: int = whole(511, 0)
    balance: str = one_of("random", *BALANCES)
    keepalive_timeout: int = time(5 * SECOND)
    overhead: int | None = time(None)


@dataclass(frozen=True, slots=True)
class Iis(Hop):
    """HTTP.sys queues in the kernel; an application pool's processes pass on by HttpPlatformHandler."""

    server: ClassVar[str] = "iis"
    role: ClassVar[str] = "proxy"
    workers: int = whole(1)
    backlog: int = whole(1000, 0)
    buffering: bool = flag(True)
    balance: str = one_of("random", *BALANCES)
    keepalive_timeout: int = time(120 * SECOND)
    overhead: int | None = time(None)
