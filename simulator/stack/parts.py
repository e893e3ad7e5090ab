"""The parts of a stack: what a handler does, endpoints, services, hops in a row, and their machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import ClassVar

from simulator.distributions import Distribution
from simulator.validity import (
    InvalidError,
    check_distribution,
    check_one_of,
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
        if isinstance(self.weight, bool) or not (
            isinstance(self.weight, int | float) and 0 < self.weight < 1e9
        ):
            raise InvalidError("weight", self.weight, "must be a number above 0")
        check_one_of("handler", self.handler, ("def", "async def"))
        check_one_of("framework", self.framework, FRAMEWORKS)
        if self.served_by is not None:
            check_text("served_by", self.served_by)


@dataclass(frozen=True, slots=True)
class Hop:
    """A stage of the stack; `>>` puts the next behind it."""

    server: ClassVar[str]
    role: ClassVar[str]  # proxy: passes on or serves a file; server: calls the application; station
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
