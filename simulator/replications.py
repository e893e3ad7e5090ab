"""Several runs of one configuration, and what they say together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from simulator import draw
from simulator.figures import figures
from simulator.replay import loaded
from simulator.run import Run
from simulator.scenario import Scenario, compiled
from tracer.analysis.student import mean_interval

Figures = dict[str, Any]
"""What `simulator.figures.figures` gives of one run."""

CONFIDENCE = 0.95
SUMS = frozenset({"requests", "duration_s", "events", "wall_s", "visits"})
"""Fields that are added up over replications; `max` and `queue_max` are the largest, others are averaged."""


def seed_of(seed: int, replication: int) -> int:
    """Give the seed of a replication: the scenario's own is the first. Configurations share them."""
    return seed + replication


def runs(scenario: Scenario, replications: Iterable[int], engine: str) -> list[list[Figures]]:
    """Run replications of each stack; give the figures, a list of stacks for each replication.

    A stack is compiled once: a replication differs in its seed alone.
    """
    scenario = loaded(scenario)
    stacks = [Run(compiled(scenario, stack, record=False), engine=engine) for stack in scenario.stacks]
    return [[_run(one, seed_of(scenario.seed, i)) for one in stacks] for i in replications]


def _run(fresh: Run, seed: int) -> Figures:
    """Run a copy of a run that has not begun: making its state anew costs a fifth of a small run."""
    run = fresh.copy()
    run.program = run.program._replace(seed=draw.mix(seed & draw.MASK))
    run.go()
    return figures(run, seed)


def together(found: Sequence[Figures], settings: dict[str, Any] | None = None) -> Figures:
    """Sum replications up: counts and lengths are totals, the rest means; `interval` is of the means.

    `settings` are put in as `set`. Of one replication it gives its own figures, and no interval.
    """
    made: Figures = {} if settings is None else {"set": settings}
    for name in found[0]:
        made[name] = _field(name, [one[name] for one in found])
    made["seed"] = found[0]["seed"]
    made["replications"] = len(found)
    made["interval"] = _intervals(found)
    return made


def _field(name: str, values: list[Any]) -> Any:
    first = values[0]
    if isinstance(first, dict):
        inner = _total if name in ("outcomes", "phases_s") else None
        return {key: (inner or partial(_field, key))([value[key] for value in values]) for key in first}
    if isinstance(first, list):
        return [_field("hop", [value[i] for value in values]) for i in range(len(first))]
    if isinstance(first, str) or len(values) == 1:
        return first
    return _number(name, [value for value in values if value is not None])


def _total(values: list[Any]) -> Any:
    return values[0] if len(values) == 1 else sum(values)


def _number(name: str, values: list[Any]) -> Any:
    if not values:
        return None
    if name in ("max", "queue_max"):
        return max(values)
    if name in SUMS:
        return sum(values)
    return values[0] if name == "lanes" else sum(values) / len(values)


def _intervals(found: Sequence[Figures]) -> dict[str, list[float] | None]:
    """Give Student's interval of each mean over replications; None of a single one, or of no value."""
    columns: dict[str, list[Any]] = {"throughput": [one["throughput"] for one in found]}
    for name in ("mean", "p50", "p90", "p95", "p99"):
        columns[name] = [one["latency_s"][name] for one in found]
    for i, hop in enumerate(found[0]["hops"]):
        columns[f"{hop['hop']}.utilisation"] = [one["hops"][i]["utilisation"] for one in found]
        columns[f"{hop['hop']}.queued"] = [one["hops"][i]["queued_s"]["mean"] for one in found]
    return {name: _interval([v for v in values if v is not None]) for name, values in columns.items()}


def _interval(values: list[float]) -> list[float] | None:
    found = mean_interval(values, CONFIDENCE)
    return None if found is None else list(found)
