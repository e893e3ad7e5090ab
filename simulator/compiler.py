"""A stack becomes a program: its hops in order, once for each endpoint."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from simulator.distributions import constant
from simulator.engine import steps
from simulator.engine.state import Program
from simulator.link import link
from simulator.program import Assembler, Label, Layout
from simulator.servers.app import Application
from simulator.servers.gunicorn import GeventModel, GthreadModel, SyncModel
from simulator.servers.nginx import NginxModel
from simulator.servers.station import StationModel
from simulator.servers.uvicorn import AsgiModel
from simulator.stack import Endpoint, Gunicorn, Hop, Nginx, Stack, Station, Uvicorn
from simulator.workload import Workload

AppServer = SyncModel | GthreadModel | GeventModel | AsgiModel
Model = AppServer | NginxModel | StationModel
GUNICORN: dict[str, type[SyncModel] | type[GthreadModel] | type[GeventModel]] = {
    "sync": SyncModel,
    "gthread": GthreadModel,
    "gevent": GeventModel,
}


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
    models = [_model(asm, hop, stack, cores) for hop in stack.hops]
    app = None
    if stack.app is not None:
        app = Application(asm, {service.name: service.connections for service in stack.app.services})
    for endpoint in stack.app.endpoints if stack.app else (Endpoint("/"),):
        _endpoint(asm, endpoint, models, app, workload)
    events = [event for change in sorted(changes, key=lambda c: c.at) for event in _events(asm, change)]
    return Compiled(link(asm, workload, seed, events, _idle(stack), record=record), asm.layout)


def _idle(stack: Stack) -> int:
    """How long the first server keeps a connection that nothing is sent on; a sync worker keeps none."""
    first = stack.hops[0]
    if isinstance(first, Station) or (isinstance(first, Gunicorn) and first.worker_class == "sync"):
        return -1
    return int(first.keepalive_timeout)  # type: ignore[attr-defined]


def _model(asm: Assembler, hop: Hop, stack: Stack, cores: int) -> Model:
    if isinstance(hop, Station):
        return StationModel(asm, hop)
    if isinstance(hop, Nginx):
        return NginxModel(asm, hop, cores)
    if isinstance(hop, Uvicorn) or (isinstance(hop, Gunicorn) and hop.worker_class == "asgi"):
        endpoints = stack.app.endpoints if stack.app else ()
        threads = any(e.handler == "def" and e.served_by is None for e in endpoints)
        return AsgiModel(asm, hop, cores, threads=threads)
    assert isinstance(hop, Gunicorn)
    return GUNICORN[hop.worker_class](asm, hop, cores)


def _endpoint(
    asm: Assembler, endpoint: Endpoint, models: list[Model], app: Application | None, workload: Workload
) -> None:
    """Write the steps of an endpoint through all hops."""
    asm.layout.endpoints.append(endpoint.path)
    asm.entries.append(len(asm.layout.steps))
    asm.weights.append(endpoint.weight)
    send = -1
    if workload.client_speed and endpoint.response:
        send = asm.law(constant(round(endpoint.response * 1e9 / workload.client_speed)), "download")
    over = Label()
    _from(asm, 0, endpoint, models, app, send, over, asm.here())
    asm.here(over)
    asm.emit(steps.REPLY)
    asm.emit(steps.END)
    asm.finish_blocks()


def _from(
    asm: Assembler, i: int, endpoint: Endpoint, models: list[Model], app: Application | None, send: int,
    over: Label, first: Label,
) -> None:  # fmt: skip
    """Write hop i and those behind it; a station is left before the next begins, a proxy is not."""
    if i == len(models):
        return
    model = models[i]
    if isinstance(model, StationModel):
        model.serve(over)
        model.feed_back(first)
        _from(asm, i + 1, endpoint, models, app, send, over, first)
    elif isinstance(model, NginxModel):
        inner: Callable[[int], None] = lambda send: _from(  # noqa: E731
            asm, i + 1, endpoint, models, app, send, over, first
        )
        model.serve(endpoint, send, inner)
    else:
        assert app is not None
        model.serve(endpoint, send, app)


def _events(asm: Assembler, change: Change) -> list[tuple[int, int, int]]:
    names = [hop.name for hop in asm.layout.hops]
    hop = names.index(change.hop)
    pools = [q for q, pool in enumerate(asm.layout.pools) if pool.hop == hop and not pool.gil]
    return [(change.at, q, int(change.down)) for q in pools]
