"""Application servers: they call the application, each in its own way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from simulator.stack.keys import SECOND, fill, one_of, time, whole
from simulator.stack.parts import BALANCES, Hop


@dataclass(frozen=True, slots=True)
class Gunicorn(Hop):
    """A pre-forking WSGI server, with workers of four classes."""

    server: ClassVar[str] = "gunicorn"
    role: ClassVar[str] = "server"
    worker_class: str = one_of("sync", "sync", "gthread", "gevent", "asgi")
    workers: int = whole(1)
    threads: int = whole(1)
    backlog: int = whole(2048, 0)
    timeout: int = time(30 * SECOND)
    boot: int = time(SECOND // 2)
    keepalive_timeout: int = time(2 * SECOND)
    balance: str = one_of("random", *BALANCES)
    http: str = one_of("httptools", "h11", "httptools")
    loop: str = one_of("uvloop", "asyncio", "uvloop")
    thread_pool: int = whole(40)
    overhead: int | None = time(None)

    def __init__(self, worker_class: str = "sync", **keys: Any) -> None:
        fill(self, {"worker_class": worker_class, **keys})


@dataclass(frozen=True, slots=True)
class Uvicorn(Hop):
    """An ASGI server: an event loop a process."""

    server: ClassVar[str] = "uvicorn"
    role: ClassVar[str] = "server"
    workers: int = whole(1)
    backlog: int = whole(2048, 0)
    http: str = one_of("httptools", "h11", "httptools")
    loop: str = one_of("uvloop", "asyncio", "uvloop")
    thread_pool: int = whole(40)
    keepalive_timeout: int = time(5 * SECOND)
    balance: str = one_of("random", *BALANCES)
    overhead: int | None = time(None)


@dataclass(frozen=True, slots=True)
class Uwsgi(Hop):
    """uWSGI: processes written in C, maybe with threads; `timeout` is its harakiri (0: none)."""

    server: ClassVar[str] = "uwsgi"
    role: ClassVar[str] = "server"
    workers: int = whole(1)
    threads: int = whole(1)
    protocol: str = one_of("http", "http", "uwsgi", "fastcgi", "scgi")
    backlog: int = whole(100, 0)
    timeout: int = time(0)
    boot: int = time(SECOND // 2)
    balance: str = one_of("random", *BALANCES)
    overhead: int | None = time(None)


@dataclass(frozen=True, slots=True)
class Hypercorn(Hop):
    """An ASGI server in pure Python: an event loop a process."""

    server: ClassVar[str] = "hypercorn"
    role: ClassVar[str] = "server"
    workers: int = whole(1)
    backlog: int = whole(100, 0)
    loop: str = one_of("asyncio", "asyncio", "uvloop")
    thread_pool: int = whole(40)
    keepalive_timeout: int = time(5 * SECOND)
    balance: str = one_of("random", *BALANCES)
    overhead: int | None = time(None)


@dataclass(frozen=True, slots=True)
class Granian(Hop):
    """A server whose I/O is Rust: an event loop a process (asgi), or threads that block (wsgi)."""

    server: ClassVar[str] = "granian"
    role: ClassVar[str] = "server"
    timeout: ClassVar[int] = 0
    boot: ClassVar[int] = 0
    interface: str = one_of("asgi", "asgi", "wsgi")
    workers: int = whole(1)
    threads: int = whole(1)  # of wsgi; they block
    backlog: int = whole(1024, 0)
    thread_pool: int = whole(40)
    keepalive_timeout: int = time(10 * SECOND)
    balance: str = one_of("random", *BALANCES)
    overhead: int | None = time(None)


@dataclass(frozen=True, slots=True)
class Waitress(Hop):
    """One process: a loop reads whole requests and writes answers, threads call the application."""

    server: ClassVar[str] = "waitress"
    role: ClassVar[str] = "server"
    threads: int = whole(4)
    backlog: int = whole(1024, 0)
    overhead: int | None = time(None)


@dataclass(frozen=True, slots=True)
class Cgi(Hop):
    """A process a request: forked, an interpreter started, modules imported (`boot`), and gone.

    `workers` is how many there may be at once; a lane is a place for one of them.
    """

    server: ClassVar[str] = "cgi"
    role: ClassVar[str] = "server"
    workers: int = whole(64)
    backlog: int = whole(511, 0)
    boot: int | None = time(None)


@dataclass(frozen=True, slots=True)
class FastCgi(Hop):
    """A pool of processes, maybe with threads, that stay and are spoken to by FastCGI."""

    server: ClassVar[str] = "fastcgi"
    role: ClassVar[str] = "server"
    workers: int = whole(4)
    threads: int = whole(1)
    backlog: int = whole(1024, 0)
    timeout: int = time(0)
    boot: int = time(SECOND // 2)
    balance: str = one_of("random", *BALANCES)
    overhead: int | None = time(None)


@dataclass(frozen=True, slots=True)
class ModWsgi(Hop):
    """mod_wsgi: processes of its own (daemon), or Apache's, which carry slow clients too (embedded)."""

    server: ClassVar[str] = "mod_wsgi"
    role: ClassVar[str] = "server"
    mode: str = one_of("daemon", "daemon", "embedded")
    workers: int = whole(1)
    threads: int = whole(15)
    backlog: int = whole(511, 0)
    timeout: int = time(0)
    boot: int = time(SECOND // 2)
    balance: str = one_of("random", *BALANCES)
    overhead: int | None = time(None)


@dataclass(frozen=True, slots=True)
class ModPython(Hop):
    """mod_python: Python inside Apache's prefork processes, one request each."""

    server: ClassVar[str] = "mod_python"
    role: ClassVar[str] = "server"
    threads: ClassVar[int] = 1
    balance: ClassVar[str] = "random"
    workers: int = whole(5)
    backlog: int = whole(511, 0)
    timeout: int = time(0)
    boot: int = time(SECOND // 2)
    overhead: int | None = time(None)
