"""The figures of a run, from what the engine counted: no recording is needed for them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.engine import steps
from simulator.engine.state import (
    ANSWERS,
    FIRST,
    HELD,
    ISSUED,
    LANE,
    LAST,
    SHARE,
    STEP,
    WAITS,
    WORKED,
)
from simulator.program import Layout
from simulator.run import Run
from tracer.analysis.latency import SECOND, latency
from tracer.analysis.queues import queued
from tracer.analysis.throughput import throughput
from tracer.recording.nouns import Outcome, PhaseKind, Role

I8 = NDArray[np.int64]
ORDER = (Outcome.OK, Outcome.REFUSED, Outcome.TIMEOUT, Outcome.ERROR, Outcome.ABANDONED, Outcome.OPEN)
CLIENT_OUTCOMES = (Outcome.OK, Outcome.ERROR, Outcome.TIMEOUT, Outcome.REFUSED)
"""What the places of `World.outcome` mean."""


def figures(run: Run, seed: int) -> dict[str, Any]:
    """Give what `tracer simulate --format json` prints; the fields are those of `tracer summary`."""
    n = [int(x) for x in run.world.n]
    requests = max(n[ISSUED] - run.program.warmup, 0)
    answers = np.asarray(run.world.answers[: n[ANSWERS]], np.int64)
    duration = max(n[LAST] - n[FIRST], 0) if n[FIRST] >= 0 else 0
    described = latency(answers)
    return {
        "requests": requests,
        "duration_s": duration / SECOND,
        "throughput": throughput(len(answers), duration / SECOND),
        "latency_s": {name: getattr(described, name) for name in ("mean", "p50", "p90", "p95", "p99", "max")},
        "outcomes": _outcomes(run, requests),
        "hops": _hops(run, duration, n[WAITS]),
        "engine": run.engine,
        "events": run.events,
        "wall_s": round(run.wall_s, 6),
        "seed": seed,
    }


def _outcomes(run: Run, requests: int) -> dict[str, int]:
    counts = dict.fromkeys(ORDER, 0)
    for place, outcome in enumerate(CLIENT_OUTCOMES):
        counts[outcome] = int(run.world.outcome[place])
    counts[Outcome.OPEN] = requests - sum(counts.values())
    return {outcome.name.lower(): count for outcome, count in counts.items()}


def _hops(run: Run, duration: int, waits: int) -> list[dict[str, Any]]:
    waited = np.asarray(run.world.waits[:waits], np.int64)
    sums = phase_sums(run)
    visits = visits_by_hop(run)
    return [
        {
            "hop": spec.name,
            "lanes": len(_lanes(run.layout, hop)),
            "utilisation": None if spec.role == Role.APP else _utilisation(run, hop, duration),
            "queued_s": _queued(waited[waited & 255 == hop] >> 8, visits[hop]),
            "queue_max": int(run.world.line[2 * hop + 1]),
            "phases_s": {kind.name: int(sums[hop, kind]) / SECOND for kind in PhaseKind},
            "visits": visits[hop],
        }
        for hop, spec in enumerate(run.layout.hops)
        if spec.role != Role.CLIENT
    ]


def _lanes(layout: Layout, hop: int) -> list[int]:
    """List the lanes of a hop that execute: those of its pools, or the one that all share."""
    if hop in layout.shared:
        return [layout.shared[hop][0]]
    pools = [pool for pool in layout.pools if pool.hop == hop]
    return [lane for pool in pools for lane in range(pool.first, pool.first + pool.lanes)]


def _utilisation(run: Run, hop: int, duration: int) -> float | None:
    if duration == 0:
        return None
    if hop in run.layout.shared:
        cores = run.layout.shared[hop][1]
        return float(run.world.share[cores * SHARE + WORKED]) / (run.layout.cores[cores] * duration)
    lanes = _lanes(run.layout, hop)
    held = sum(int(run.world.lane[lane * LANE + HELD]) for lane in lanes)
    return held / (len(lanes) * duration) if lanes else None


def _queued(waits: I8, visits: int) -> dict[str, float | None]:
    every = np.zeros(max(visits, len(waits)), np.int64)
    every[: len(waits)] = waits
    described = queued(every)
    return {"mean": described.mean, "p99": described.p99}


def phase_sums(run: Run) -> I8:
    """Sum the ns of each hop's counted visits by kind of phase; shape (hops, kinds)."""
    sums = np.zeros((len(run.layout.hops), len(PhaseKind)), np.int64)
    for i, step in enumerate(run.layout.steps):
        if step.kind < 0:
            continue
        hop = step.outer if step.op == steps.ENTER else step.hop
        sums[hop, step.kind] += int(run.world.spent[i * STEP])
        sums[hop, PhaseKind.QUEUED] += int(run.world.spent[run.program.steps + i * STEP])
    return sums


def visits_by_hop(run: Run) -> list[int]:
    """Count the visits of counted requests."""
    visits = [0] * len(run.layout.hops)
    for i, step in enumerate(run.layout.steps):
        visits[step.hop] += int(run.world.visited[i * STEP])
    return visits
