"""A scenario: stacks, the workload that each of them is sent, the seed, and what happens on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from simulator.compiler import Change, Compiled, compile_stack
from simulator.figures import figures
from simulator.recorded import recording_of
from simulator.run import Run
from simulator.servers.costs import ASSUMED
from simulator.stack import App, Call, Hop, Parallel, Stack, Step
from simulator.validity import InvalidError
from simulator.workload import Open, Workload
from tracer.recording import Recording


@dataclass(frozen=True, slots=True)
class Scenario:
    """What `simulate` runs; checked when it is made: InvalidError says what does not fit."""

    stacks: tuple[Stack, ...]
    workload: Workload = field(default_factory=lambda: Open(rate=10.0, requests=100))
    seed: int = 1
    name: str = "scenario"
    changes: tuple[Change, ...] = ()

    def __post_init__(self) -> None:
        for stack in self.stacks:
            check_stack(stack)
        try:
            self.workload.check()
        except InvalidError as error:
            raise error.at("workload") from None
        for i, change in enumerate(self.changes, 1):
            _check_change(self.stacks, change, f"event {i}")


def _check_change(stacks: tuple[Stack, ...], change: Change, place: str) -> None:
    known = {name for stack in stacks for name in _names(stack)}
    if change.hop not in known:
        raise InvalidError("hop", change.hop, f"must be a hop or service: {', '.join(sorted(known))}", place)
    shared = {hop.name for stack in stacks for hop in stack.hops if getattr(hop, "discipline", "") == "ps"}
    if change.hop in shared:
        allowed = 'a station with discipline = "ps" has no line to turn away, so it cannot go down'
        raise InvalidError("hop", change.hop, allowed, place)


def _names(stack: Stack) -> list[str]:
    services = stack.app.services if stack.app else ()
    return [hop.name for hop in stack.hops] + [service.name for service in services]


def check_stack(stack: Stack) -> None:
    """Check that the parts of a stack fit together."""
    if not stack.hops:
        raise InvalidError("hop", "none", "there must be at least one [[hop]]")
    _check_names(stack)
    for i, hop in enumerate(stack.hops, 1):
        _check_place(stack, i, hop)
    if stack.app is not None:
        _check_app(stack.app, {service.name for service in stack.app.services}, stack)


def place_of(i: int, hop: Hop) -> str:
    """Say which hop: hop 2 (gunicorn)."""
    return f"hop {i} ({hop.name})"


def _check_names(stack: Stack) -> None:
    seen: set[str] = {"client", "app"}
    services = stack.app.services if stack.app else ()
    places = [f"hop {i}" for i, _ in enumerate(stack.hops, 1)]
    places += [f"service {i}" for i, _ in enumerate(services, 1)]
    for name, place in zip(_names(stack), places, strict=True):
        if name in seen:
            allowed = "is there twice (client and app are taken); give another name"
            raise InvalidError("name", name, allowed, place)
        seen.add(name)


def _check_place(stack: Stack, i: int, hop: Hop) -> None:
    """A proxy and a station pass on, an application server is the last hop and needs endpoints."""
    last = i == len(stack.hops)
    serves = hop.role == "server"
    if serves and not last:
        raise InvalidError(
            "server", hop.server, "calls the application, so it must be the last hop", place_of(i, hop)
        )
    if serves and (stack.app is None or not stack.app.endpoints):
        raise InvalidError("server", hop.server, "needs at least one [[endpoint]]", place_of(i, hop))
    if last and hop.role == "proxy" and not _all_static(stack, hop):
        allowed = "has nothing behind it, so each endpoint must say served_by = " + f'"{hop.name}"'
        raise InvalidError("server", hop.server, allowed, place_of(i, hop))
    if last and hop.role == "station" and stack.app is not None:
        raise InvalidError("server", hop.server, "serves no endpoints: leave them out", place_of(i, hop))


def _all_static(stack: Stack, hop: Hop) -> bool:
    endpoints = stack.app.endpoints if stack.app else ()
    return bool(endpoints) and all(endpoint.served_by == hop.name for endpoint in endpoints)


def _check_app(app: App, services: set[str], stack: Stack) -> None:
    servers = {hop.name for hop in stack.hops if hop.role == "proxy"}
    for i, endpoint in enumerate(app.endpoints, 1):
        place = f"endpoint {i} ({endpoint.path})"
        for name in _calls(endpoint.steps):
            if name not in services:
                raise InvalidError("call", name, f"is no [[service]]; there is {_listed(services)}", place)
        if endpoint.served_by is not None and endpoint.served_by not in servers:
            allowed = f"must name a web server of the stack; there is {_listed(servers)}"
            raise InvalidError("served_by", endpoint.served_by, allowed, place)


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names)) or "none"


def _calls(steps: tuple[Step, ...]) -> Iterator[str]:
    for step in steps:
        if isinstance(step, Call):
            yield step.service
        elif isinstance(step, Parallel):
            for branch in step.branches:
                yield from _calls(branch)


def assumed(scenario: Scenario) -> list[str]:
    """Name the servers of a scenario whose cost is assumed, neither measured nor given."""
    hops = [hop for stack in scenario.stacks for hop in stack.hops]
    given = {hop for hop in hops if getattr(hop, "overhead", None) is not None}
    return sorted({hop.server for hop in hops if hop not in given} & ASSUMED)


@dataclass(frozen=True, slots=True)
class Result:
    """One stack's run: its figures (see commands.md) and, if it was asked for, its recording."""

    stack: str
    figures: dict[str, Any]
    recording: Recording | None


def start(scenario: Scenario, stack: Stack, *, record: bool, engine: str = "auto",
          say: Callable[[str], None] | None = None) -> Run:  # fmt: skip
    """Give a run of one stack of a scenario, not yet begun."""
    return Run(compiled(scenario, stack, record=record), engine=engine, say=say)


def compiled(scenario: Scenario, stack: Stack, *, record: bool) -> Compiled:
    """Compile one stack of a scenario."""
    mine = [change for change in scenario.changes if change.hop in _names(stack)]
    return compile_stack(stack, scenario.workload, scenario.seed, mine, record=record)


def simulate(scenario: Scenario, *, record: bool = False, engine: str = "auto",
             say: Callable[[str], None] | None = None) -> list[Result]:  # fmt: skip
    """Run every stack of a scenario to its end."""
    results = []
    for stack in scenario.stacks:
        run = start(scenario, stack, record=record, engine=engine, say=say)
        run.go()
        title = scenario.name if len(scenario.stacks) == 1 else f"{scenario.name}: {stack.name}"
        recording = recording_of(run, title=title, seed=scenario.seed) if record else None
        results.append(Result(stack.name, figures(run, scenario.seed), recording))
    return results
