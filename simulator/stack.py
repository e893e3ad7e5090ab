"""What a user writes: `Nginx() >> Gunicorn("sync", workers=2) >> App(Endpoint("/item", [cpu("2ms")]))`.

Everything is frozen and checked when it is made. Times may be given as text ("5ms", "exp(50ms)"). The same
as TOML is read by `simulator.toml`; the keys are these fields.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, ClassVar

from simulator.distributions import Distribution, constant
from simulator.validity import (
    InvalidError,
    check_distribution,
    check_duration,
    check_one_of,
    check_share,
    check_text,
    check_whole,
)

BALANCES = ("round_robin", "random", "least_busy", "affinity")
FRAMEWORKS = ("none", "flask", "django", "starlette", "fastapi")
MANY = 100_000


@dataclass(frozen=True, slots=True)
class Cpu:
    """The handler computes."""

    time: Distribution


@dataclass(frozen=True, slots=True)
class Wait:
    """The handler waits for I/O; `blocking` for a call that blocks inside `async def`."""

    time: Distribution
    blocking: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """The handler calls a service over one of its connections."""

    service: str
    time: Distribution


@dataclass(frozen=True, slots=True)
class Parallel:
    """Several branches at once, each of waits and calls; goes on when all are done."""

    branches: tuple[tuple[Step, ...], ...]


Step = Cpu | Wait | Call | Parallel


def cpu(time: str | Distribution) -> Cpu:
    """Compute for a time."""
    return Cpu(check_distribution("cpu", time))


def wait(time: str | Distribution, *, blocking: bool = False) -> Wait:
    """Wait for I/O."""
    return Wait(check_distribution("wait", time), blocking)


def call(service: str, time: str | Distribution) -> Call:
    """Call a service that takes a time."""
    return Call(check_text("call", service), check_distribution("time", time))


def parallel(*branches: Sequence[Step]) -> Parallel:
    """Do several things at once."""
    if not 1 <= len(branches) <= 32:
        raise InvalidError("parallel", len(branches), "must have 1 to 32 branches")
    for branch in branches:
        for step in branch:
            if not isinstance(step, Wait | Call):
                raise InvalidError("parallel", type(step).__name__.lower(), "a branch may only wait and call")
    return Parallel(tuple(tuple(branch) for branch in branches))


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One path of the application and what its handler does."""

    path: str = "/"
    steps: tuple[Step, ...] = ()
    weight: float = 1.0
    handler: str = "def"
    framework: str = "none"
    served_by: str | None = None
    response: int = 0

    def __post_init__(self) -> None:
        check_text("path", self.path)
        object.__setattr__(self, "steps", tuple(self.steps))
        if not (isinstance(self.weight, int | float) and 0 < self.weight < 1e9):
            raise InvalidError("weight", self.weight, "must be a number above 0")
        check_one_of("handler", self.handler, ("def", "async def"))
        check_one_of("framework", self.framework, FRAMEWORKS)


@dataclass(frozen=True, slots=True)
class Hop:
    """A stage of the stack; `>>` puts the next behind it."""

    server: ClassVar[str]
    name: str = ""

    def __post_init__(self) -> None:
        if not self.name:
            object.__setattr__(self, "name", self.server)
        check_text("name", self.name)
        for f in fields(self):
            if "check" in f.metadata:
                object.__setattr__(self, f.name, f.metadata["check"](f.name, getattr(self, f.name)))

    def __rshift__(self, other: Hop | App) -> Stack:
        return Stack((self,)) >> other


def _whole(default: int, low: int = 1, high: int = MANY) -> Any:
    return field(default=default, metadata={"check": lambda key, value: check_whole(key, value, low, high)})


def _time(default: int | None) -> Any:
    """Declare a duration in ns, which may be given as text."""
    return field(default=default, metadata={"check": _duration_or_none})


def _duration_or_none(key: str, value: Any) -> int | None:
    return None if value is None else check_duration(key, value)


def _one_of(default: str, *choices: str) -> Any:
    return field(default=default, metadata={"check": lambda key, value: check_one_of(key, value, choices)})


def _flag(default: bool) -> Any:
    return field(
        default=default, metadata={"check": lambda key, value: check_one_of(key, value, (True, False))}
    )


@dataclass(frozen=True, slots=True)
class Nginx(Hop):
    """A reverse proxy: an event loop a worker, answers buffered."""

    server: ClassVar[str] = "nginx"
    workers: int = _whole(1)
    backlog: int = _whole(511, 0)
    buffering: bool = _flag(True)
    balance: str = _one_of("random", *BALANCES)
    keepalive_timeout: int = _time(75 * 10**9)
    overhead: int | None = _time(None)


@dataclass(frozen=True, slots=True)
class Gunicorn(Hop):
    """A pre-forking WSGI server, with workers of four classes."""

    server: ClassVar[str] = "gunicorn"
    worker_class: str = _one_of("sync", "sync", "gthread", "gevent", "asgi")
    workers: int = _whole(1)
    threads: int = _whole(1)
    backlog: int = _whole(2048, 0)
    timeout: int = _time(30 * 10**9)
    boot: int = _time(500 * 10**6)
    keepalive_timeout: int = _time(2 * 10**9)
    balance: str = _one_of("random", *BALANCES)
    http: str = _one_of("httptools", "h11", "httptools")
    loop: str = _one_of("uvloop", "asyncio", "uvloop")
    thread_pool: int = _whole(40)
    overhead: int | None = _time(None)

    def __init__(self, worker_class: str = "sync", **keys: Any) -> None:
        _fill(self, {"worker_class": worker_class, **keys})


@dataclass(frozen=True, slots=True)
class Uvicorn(Hop):
    """An ASGI server: an event loop a process."""

    server: ClassVar[str] = "uvicorn"
    workers: int = _whole(1)
    backlog: int = _whole(2048, 0)
    http: str = _one_of("httptools", "h11", "httptools")
    loop: str = _one_of("uvloop", "asyncio", "uvloop")
    thread_pool: int = _whole(40)
    keepalive_timeout: int = _time(5 * 10**9)
    balance: str = _one_of("random", *BALANCES)
    overhead: int | None = _time(None)


@dataclass(frozen=True, slots=True)
class Station(Hop):
    """A queue of the textbook: so many lanes, so many waiting places, a service time."""

    server: ClassVar[str] = "station"
    lanes: int = _whole(1)
    queue: int | None = field(
        default=None, metadata={"check": lambda k, v: v if v is None else check_whole(k, v, 0, 10**9)}
    )
    discipline: str = _one_of("fifo", "fifo", "ps")
    service: Distribution = field(default=constant(0), metadata={"check": check_distribution})
    again: float = field(default=0.0, metadata={"check": check_share})


def _fill(hop: Any, keys: dict[str, Any]) -> None:
    """Set the fields of a frozen hop whose first argument is not its name."""
    known = {f.name: f for f in fields(hop)}
    for key in keys:
        if key not in known:
            raise TypeError(f"{type(hop).__name__} has no key {key!r}")
    for name, f in known.items():
        object.__setattr__(hop, name, keys.get(name, f.default))
    hop.__post_init__()


@dataclass(frozen=True, slots=True)
class Service:
    """A database or any further service, reached over a pool of connections."""

    name: str
    connections: int = 10

    def __post_init__(self) -> None:
        check_text("name", self.name)
        check_whole("connections", self.connections, 1, MANY)


@dataclass(frozen=True, slots=True)
class App:
    """The application: its endpoints, and the services that they call."""

    endpoints: tuple[Endpoint, ...]
    services: tuple[Service, ...] = ()

    def __init__(self, *endpoints: Endpoint, services: Sequence[Service] = ()) -> None:
        object.__setattr__(self, "endpoints", endpoints)
        object.__setattr__(self, "services", tuple(services))


SERVERS: dict[str, type[Hop]] = {hop.server: hop for hop in (Nginx, Gunicorn, Uvicorn, Station)}
COMING = (
    "apache",
    "iis",
    "uwsgi",
    "hypercorn",
    "granian",
    "waitress",
    "cgi",
    "fastcgi",
    "mod_wsgi",
    "mod_python",
)


@dataclass(frozen=True, slots=True)
class Stack:
    """Hops in a row, the application behind them, and the machine they share."""

    hops: tuple[Hop, ...]
    app: App | None = None
    cores: int | None = None
    name: str = "stack"

    def __rshift__(self, other: Hop | App) -> Stack:
        if self.app is not None:
            raise InvalidError("stack", type(other).__name__, "nothing can stand behind the application")
        if isinstance(other, App):
            return replace(self, app=other)
        return replace(self, hops=(*self.hops, other))

    def on(self, cores: int) -> Stack:
        """Put the stack on a machine of so many cores."""
        return replace(self, cores=check_whole("cores", cores, 1, 4096))
