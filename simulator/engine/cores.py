"""Processor sharing: n jobs on c cores each run at the speed min(1, c / n).

Virtual time is the service that a job present all along has had; a job that comes with a demand is done when
virtual time has grown by it. So a job's finish is fixed when it comes, and a heap of finishes (indexed, as a
job may leave early) tells who is next, however many share.
"""

from __future__ import annotations

import math

from simulator.engine.account import held_within
from simulator.engine.agenda import cancel_wake, wake_at
from simulator.engine.state import (
    BASE,
    CORE,
    CORES_ACTOR,
    COUNT,
    JOBS,
    NOW,
    PLACE,
    SETTLED,
    SHARE,
    VIRTUAL,
    WORKED,
    World,
)
from simulator.engine.tokens import set_ready

ROUNDING = 0.5
"""ns: virtual time is a float, event times are whole."""


def settle(w: World, g: int) -> None:
    """Bring the virtual time of a set of cores up to now."""
    now, jobs = w.n[NOW], w.core[g * CORE + JOBS]
    if jobs > 0:
        since = w.core[g * CORE + SETTLED]
        count = w.share[g * SHARE + COUNT]
        speed = count / jobs
        w.share[g * SHARE + VIRTUAL] += (now - since) * (min(1.0, speed))
        w.share[g * SHARE + WORKED] += held_within(w, since) * (count if speed < 1.0 else jobs)
    w.core[g * CORE + SETTLED] = now


def join_cores(w: World, g: int, t: int, demand: int) -> None:
    """A token starts to compute."""
    settle(w, g)
    place = w.core[g * CORE + JOBS]
    w.core[g * CORE + JOBS] = place + 1
    lift(w, g, place, w.share[g * SHARE + VIRTUAL] + demand, t)
    await_first(w, g)


def leave_cores(w: World, g: int, t: int) -> int:
    """A token stops before it is done; give the ns that it still needs."""
    settle(w, g)
    left = w.finish[w.core[g * CORE + BASE] + w.tok[t + PLACE]] - w.share[g * SHARE + VIRTUAL]
    take_out(w, g, w.tok[t + PLACE])
    await_first(w, g)
    return math.ceil(left) if left > ROUNDING else 0


def first_is_done(w: World, g: int) -> None:
    """The cores' wake-up: whoever has had its service can go on."""
    settle(w, g)
    base = w.core[g * CORE + BASE]
    while w.core[g * CORE + JOBS] > 0 and w.finish[base] - w.share[g * SHARE + VIRTUAL] < ROUNDING:
        t = w.job[base]
        take_out(w, g, 0)
        set_ready(w, t)
    await_first(w, g)


def await_first(w: World, g: int) -> None:
    """Schedule the wake-up for when the next job is done, if nothing comes between."""
    cancel_wake(w, w.core[g * CORE + CORES_ACTOR])
    n = w.core[g * CORE + JOBS]
    if n == 0:
        w.share[g * SHARE + VIRTUAL] = 0.0
        return
    slowness = n / w.share[g * SHARE + COUNT]
    left = w.finish[w.core[g * CORE + BASE]] - w.share[g * SHARE + VIRTUAL]
    wait = math.ceil(left * max(1.0, slowness))
    wake_at(w, w.core[g * CORE + CORES_ACTOR], w.n[NOW] + (max(0, wait)))


def take_out(w: World, g: int, place: int) -> None:
    """Remove an entry of a heap: the last one takes its place, then finds its own."""
    base = w.core[g * CORE + BASE]
    w.tok[w.job[base + place] + PLACE] = -1
    last = w.core[g * CORE + JOBS] - 1
    w.core[g * CORE + JOBS] = last
    if place < last:
        finish, t = w.finish[base + last], w.job[base + last]
        lift(w, g, lower(w, g, place, finish), finish, t)


def lift(w: World, g: int, place: int, finish: float, t: int) -> None:
    """Put a job at a place or above it."""
    base = w.core[g * CORE + BASE]
    while place > 0:
        parent = (place - 1) >> 1
        if w.finish[base + parent] <= finish:
            break
        put(w, base, place, w.finish[base + parent], w.job[base + parent])
        place = parent
    put(w, base, place, finish, t)


def lower(w: World, g: int, place: int, finish: float) -> int:
    """Move entries that finish before `finish` up, from a hole downwards; give where the hole ends."""
    base, size = w.core[g * CORE + BASE], w.core[g * CORE + JOBS]
    child = 2 * place + 1
    while child < size:
        if child + 1 < size and w.finish[base + child + 1] < w.finish[base + child]:
            child += 1
        if w.finish[base + child] >= finish:
            break
        put(w, base, place, w.finish[base + child], w.job[base + child])
        place = child
        child = 2 * place + 1
    return place


def put(w: World, base: int, place: int, finish: float, t: int) -> None:
    """Write an entry of a heap, and into the token where it is."""
    w.finish[base + place] = finish
    w.job[base + place] = t
    w.tok[t + PLACE] = place
