"""A stack becomes a program: its hops in order, once for each endpoint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from simulator.distributions import constant
from simulator.engine import steps
from simulator.engine.state import Program
from simulator.link import link
from simulator.program import Assembler, Label, Layout
from simulator.servers.app import Application
from simulator.servers.catalogue import model_of
from simulator.servers.gunicorn import class_of
from simulator.stack import Endpoint, Gunicorn, Hop, Stack
from simulator.workload import Workload

Hops = list[tuple[Hop, Any]]
"""The hops of a stack, each with its model."""


@dataclass(frozen=True, slots=True)
class Change:
    """A hop or service goes down or comes up at a time (ns)."""

    at: int
    hop: str
    down: bool


@dataclass(frozen=True, slots=True)
class Compiled:
    """A program, and what its numbers are called."""

    program: Program
    layout: Layout


def compile_stack(
    stack: Stack, workload: Workload, seed: int, changes: Sequence[Change] = (), *, record: bool
) -> Compiled:
    """Compile a stack, which must have been checked (`Scenario` does)."""
    asm = Assembler()
    cores = asm.cores(stack.cores) if stack.cores else -1
    hops = [(hop, model_of(asm, hop, stack, cores)) for hop in stack.hops]
    app = None
    if stack.app is not None:
        app = Application(asm, {service.name: service.connections for service in stack.app.services})
    for endpoint in stack.app.endpoints if stack.app else (Endpoint("/"),):
        _endpoint(asm, endpoint, hops, app, workload)
    events = [event for change in sorted(changes, key=lambda c: c.at) for event in _events(asm, change)]
    return Compiled(link(asm, workload, seed, events, _idle(stack), record=record), asm.layout)


def _idle(stack: Stack) -> int:
    """How long the first server keeps a connection that nothing is sent on; a sync worker keeps none."""
    first = stack.hops[0]
    if isinstance(first, Gunicorn) and class_of(first) == "sync":
        return -1
    return int(getattr(first, "keepalive_timeout", -1))


@dataclass(frozen=True, slots=True)
class _Way:
    """One endpoint's way through all hops, written one after the other."""

    asm: Assembler
    endpoint: Endpoint
    hops: Hops
    app: Application | None
    first: Label  # the step of the first hop
    over: Label  # behind the last

    def write(self, i: int, send: int) -> None:
        """Write hop i and those behind it; a station is left before the next begins, a proxy is not.

        `send` is the law of a slow client's download, -1 if there is none.
        """
        if i == len(self.hops):
            return
        hop, model = self.hops[i]
        if hop.role == "station":
            model.serve(self.over)
            model.feed_back(self.first)
            self.write(i + 1, send)
        elif hop.role == "proxy":
            model.serve(self.endpoint, send, partial(self.write, i + 1))
        else:
            model.serve(self.endpoint, send, self.app)


def _endpoint(
    asm: Assembler,
    endpoint: Endpoint,
    hops: list[tuple[Hop, Any]],
    app: Application | None,
    workload: Workload,
) -> None:
    """Write the steps of an endpoint through all hops."""
    asm.layout.endpoints.append(endpoint.path)
    asm.entries.append(len(asm.layout.steps))
    asm.weights.append(endpoint.weight)
    send = -1
    if workload.client_speed and endpoint.response:
        send = asm.law(constant(round(endpoint.response * 1e9 / workload.client_speed)), "download")
    over = Label()
    _Way(asm, endpoint, hops, app, asm.here(), over).write(0, send)
    asm.here(over)
    asm.emit(steps.REPLY)
    asm.emit(steps.END)
    asm.finish_blocks()


def _events(asm: Assembler, change: Change) -> list[tuple[int, int, int]]:
    names = [hop.name for hop in asm.layout.hops]
    hop = names.index(change.hop)
    pools = [q for q, pool in enumerate(asm.layout.pools) if pool.hop == hop and not pool.gil]
    return [(change.at, q, int(change.down)) for q in pools]
