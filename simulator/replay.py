"""A recording as a workload: its arrivals and demands, put on the stacks of a scenario.

Requests that demand the same kinds of steps in one order share an endpoint; how much each demands stands in
one table, which the law RECORDED reads.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from pathlib import Path

from simulator import draw
from simulator.demands import BLOCK, CALL, CPU, WAIT, Demand, Recorded, demands_of
from simulator.distributions import Distribution
from simulator.scenario import Scenario
from simulator.stack import App, Call, Cpu, Endpoint, Parallel, Stack, Step, Wait
from simulator.validity import InvalidError
from simulator.workload import Common, Replay
from tracer.recording import Recording

SHAPES = 200
"""Orders of steps that are kept apart; rarer ones become CPU, wait, CPU."""

Shape = tuple[str, str, tuple[object, ...]]
"""How requests are alike: path, handler, kinds of steps."""


def loaded(scenario: Scenario, opened: Callable[[str], Recording] | None = None) -> Scenario:
    """Put the recording that a scenario names in its place, if its workload is one to be loaded."""
    workload = scenario.workload
    if not isinstance(workload, Replay) or workload.is_loaded:
        return scenario
    recording = (opened or (lambda name: Recording.open(Path(name))))(workload.recording)
    return replayed(scenario, recording)[0]


def replayed(scenario: Scenario, recording: Recording) -> tuple[Scenario, float]:
    """Give a scenario whose stacks are sent a recording's requests, and the share of it that nobody saw."""
    demands = demands_of(recording)
    requests = _chosen(scenario.workload, demands.requests)
    shapes = _shapes(requests)
    numbers = {shape: i for i, shape in enumerate(dict.fromkeys(shapes))}
    due, table = _columns(requests, shapes, numbers)
    samples = {shape: request for request, shape in zip(requests, shapes, strict=True)}
    stacks = tuple(_on(stack, samples) for stack in scenario.stacks)
    common = {f.name: getattr(scenario.workload, f.name) for f in fields(Common)}
    workload = Replay(**common | {"requests": len(requests), "duration": None}, due=due, demands=table)
    return replace(scenario, stacks=stacks, workload=workload), demands.unseen


def _chosen(workload: Common, requests: tuple[Recorded, ...]) -> list[Recorded]:
    """Keep so many as a replay's own `requests` and `duration` say; another workload's do not count."""
    if not isinstance(workload, Replay):
        return list(requests)
    until = workload.duration
    return [one for one in requests[: workload.requests] if until is None or one.due < until]


def _shapes(requests: list[Recorded]) -> list[Shape]:
    """Give each request's shape, the rare ones made simple."""
    shapes = [_shape(request, request.steps) for request in requests]
    often = {shape for shape, _ in Counter(shapes).most_common(SHAPES)}
    return [
        shape if shape in often else _shape(request, _simple(request))
        for request, shape in zip(requests, shapes, strict=True)
    ]


def _shape(request: Recorded, steps: tuple[Demand, ...]) -> Shape:
    handler = "async def" if request.asynchronous else "def"
    return request.path, handler, tuple(map(_kind, steps))


def _kind(step: Demand) -> tuple[object, ...]:
    return step.kind, step.service, tuple(map(_kind, step.inside))


def _simple(request: Recorded) -> tuple[Demand, ...]:
    """Tell a request as half of its CPU, its waits, and the other half."""
    cpu = sum(step.ns for step in request.steps if step.kind == CPU)
    waits = sum(sum(_numbers(step)) for step in request.steps if step.kind != CPU)
    return Demand(CPU, cpu // 2), Demand(WAIT, waits), Demand(CPU, cpu - cpu // 2)


def _columns(
    requests: list[Recorded], shapes: list[Shape], numbers: dict[Shape, int]
) -> tuple[tuple[int, ...], tuple[float, ...]]:
    """Give (ns, endpoint, first demand) of each request, and all demands."""
    due: list[int] = []
    table: list[float] = []
    for request, shape in zip(requests, shapes, strict=True):
        due += (request.due, numbers[shape], len(table))
        steps = request.steps if _shape(request, request.steps) == shape else _simple(request)
        table += [float(ns) for step in steps for ns in _numbers(step)]
    return tuple(due), tuple(table)


def _numbers(step: Demand) -> list[int]:
    """Give the demands of a step in the order of its branches: before a call in a branch comes its wait."""
    if step.kind == CALL and step.inside:
        return [ns for branch in step.inside for ns in _numbers(branch)]
    return [step.ns, *(call.ns for call in step.inside)]


def _on(stack: Stack, samples: dict[Shape, Recorded]) -> Stack:
    """Put an endpoint for each shape on a stack: like its own of that path, with the recorded steps."""
    if stack.app is None:
        return stack
    if any(getattr(hop, "again", 0) for hop in stack.hops):
        raise InvalidError("again", "…", "requests of a recording cannot be sent back to a station")
    services = {service.name for service in stack.app.services}
    endpoints = [_endpoint(stack.app, sample, shape, services) for shape, sample in samples.items()]
    return replace(stack, app=App(*(endpoints or stack.app.endpoints), services=stack.app.services))


def _endpoint(app: App, sample: Recorded, shape: Shape, services: set[str]) -> Endpoint:
    like = next((one for one in app.endpoints if one.path == sample.path), None)
    steps = sample.steps if _shape(sample, sample.steps) == shape else _simple(sample)
    response = like.response if like is not None and like.response else max(sample.size, 0)
    made, at = [], 0
    for step in steps:
        made.append(_step(step, at, services))
        at += len(_numbers(step))
    if like is None:
        like = app.endpoints[0] if len(app.endpoints) == 1 else Endpoint("/", handler=shape[1])
    return replace(like, path=sample.path, steps=tuple(made), framework="none", response=response, weight=1.0)


def _step(step: Demand, at: int, services: set[str]) -> Step:
    if step.inside:
        return Parallel(tuple(_branches(step, at, services)))
    if step.kind == CPU:
        return Cpu(_law(at))
    return _call(step, at, services) if step.kind == CALL else Wait(_law(at), step.kind == BLOCK)


def _branches(step: Demand, at: int, services: set[str]) -> Iterator[tuple[Step, ...]]:
    for branch in step.inside:
        calls = [_call(call, at + 1 + i, services) for i, call in enumerate(branch.inside)]
        if branch.kind == CALL:
            yield (_call(branch, at, services),)
        else:
            yield (Wait(_law(at)), *calls)
        at += len(_numbers(branch))


def _call(step: Demand, at: int, services: set[str]) -> Call | Wait:
    """Call the service of that name; where the stack has none it is a wait."""
    return Call(step.service, _law(at)) if step.service in services else Wait(_law(at))


def _law(place: int) -> Distribution:
    """Give the law that reads the demand at a place of a request's own."""
    return Distribution(draw.RECORDED, "recorded", fixed=place)
