"""Contention: when requests first had to wait for one another, and whose lanes made them wait longest."""

from __future__ import annotations

import numpy as np

from tracer.recording import PhaseKind
from tui.player.stack import Stack
from tui.player.steps import Steps


def first_contended(stack: Stack, least: int = 0) -> int:
    """Give when a request first had to queue, `least` ns long, because its lanes were all held; -1: never.

    While a server merely wakes up, its requests are QUEUED, too, but nobody is in their way.
    """
    phases = stack.recording.phases
    long = (phases.end < 0) | (phases.end - phases.start >= least)
    queued = (phases.kind == PhaseKind.QUEUED) & (phases.visit >= 0) & (phases.waits_for >= 0)
    ids = np.flatnonzero(queued & long)
    times, lanes = phases.start[ids] - stack.origin, phases.waits_for[ids]
    full = np.zeros(len(ids), bool)
    for lane in np.unique(lanes).tolist():
        mine = lanes == lane
        full[mine] = held_under(stack, lane).values(times[mine]) >= max(1, stack.tree.capacity(lane))
    return int(times[full][0]) if full.any() else -1


def held_under(stack: Stack, lane: int) -> Steps:
    """Count what holds a lane or one under it."""
    held = [stack.held_by(one) for one in stack.tree.under(lane)]
    return Steps.of(np.concatenate([h.starts for h in held]), np.concatenate([h.ends for h in held]))


def worst_lanes(stack: Stack) -> list[int]:
    """List the lanes that serve, those that were held longest while others queued first."""
    return sorted(stack.serving, key=lambda lane: (-_harm(stack, lane), lane))


def _harm(stack: Stack, lane: int) -> float:
    held = stack.held_by(lane)
    ends = np.minimum(held.ends, stack.end)
    return float((stack.queued.integral(ends) - stack.queued.integral(held.starts)).sum())
