"""Which values of a scenario can be turned in the app, and how far."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

from simulator.durations import write_duration
from simulator.stack import SERVERS
from tui.whatif import Knob, Where

WHOLE = ("workers", "threads", "thread_pool", "backlog", "lanes")
TIMES = ("timeout", "service")
CHOICES = {
    "worker_class": ("sync", "gthread", "gevent", "asgi"),
    "balance": ("random", "round_robin", "least_busy", "affinity"),
}
_LEAST, _MOST = 0.02, 50.0  # of a time or a rate, times what it is now


def knobs_of(top: Mapping[str, Any], stack: int, *, replays: bool) -> list[Knob]:
    """List the knobs of one stack: its hops, the machine, the workload, and what handlers take."""
    stacks = top.get("stack")
    table, base = (stacks[stack], ("stack", stack)) if stacks else (top, ())
    knobs = [knob for n, hop in enumerate(table.get("hop", [])) for knob in _hop(hop, (*base, "hop", n))]
    cores = table.get("machine", {}).get("cores")
    if cores is not None:
        knobs.append(_whole((*base, "machine", "cores"), "machine", "cores", int(cores)))
    if replays:
        return knobs
    knobs += _workload(top.get("workload", {}))
    inner = (*base, "endpoint") if table.get("endpoint") else ("endpoint",)
    endpoints = table.get("endpoint") or top.get("endpoint", [])
    for n, endpoint in enumerate(endpoints):
        knobs += _steps(endpoint.get("steps", []), (*inner, n, "steps"), str(endpoint.get("path", "/")))
    return knobs


def _hop(hop: Mapping[str, Any], path: Where) -> Iterator[Knob]:
    """Turn what the server has, at its default where the scenario says nothing."""
    server = str(hop.get("server"))
    own = {f.name: f for f in fields(SERVERS[server])}
    place = str(hop.get("name", server))
    for name, field in own.items():
        value = hop.get(name, field.default)
        if name in WHOLE and isinstance(value, int):
            yield _whole((*path, name), place, name, value)
        elif name in CHOICES and (name != "balance" or name in hop):
            yield Knob((*path, name), place, name, str(value), "choice", CHOICES[name])
        elif name in TIMES and value is not None:
            yield from _time((*path, name), place, name, value)


def _workload(workload: Mapping[str, Any]) -> Iterator[Knob]:
    if "rate" in workload:
        rate = float(workload["rate"])
        ends = max(0.01, rate * _LEAST), max(1.0, rate * _MOST)
        yield Knob(("workload", "rate"), "workload", "rate", f"{rate:g}", "number", (), *ends)
    if "clients" in workload:
        yield _whole(("workload", "clients"), "workload", "clients", int(workload["clients"]))
    for name in ("think", "timeout"):
        if name in workload:
            yield from _time(("workload", name), "workload", name, workload[name])


def _steps(steps: Any, path: Where, place: str) -> Iterator[Knob]:
    for n, step in enumerate(steps):
        for name in ("cpu", "wait", "time"):
            if name in step:
                shown = str(step["call"]) if name == "time" else name
                yield from _time((*path, n, name), place, shown, step[name])
        for b, branch in enumerate(step.get("parallel", [])):
            yield from _steps(branch, (*path, n, "parallel", b), place)


def _whole(path: Where, place: str, name: str, value: int) -> Knob:
    return Knob(path, place, name, str(value), "whole", (), 1, max(32, 16 * value))


def _time(path: Where, place: str, name: str, value: Any) -> Iterator[Knob]:
    """Turn a duration, or the mean of a distribution; of several durations the first."""
    text = write_duration(value) if isinstance(value, int) else str(value)
    knob = Knob(path, place, name, text, "time")
    if knob.value > 0:
        yield Knob(path, place, name, text, "time", (), max(1000.0, knob.value * _LEAST), knob.value * _MOST)
