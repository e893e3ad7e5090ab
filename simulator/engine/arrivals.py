"""When open requests arrive: Poisson, equally spaced, in bursts, at a changing rate, or as recorded."""

from __future__ import annotations

import math

import numpy as np

from simulator.draw import UNIT, salt_of, uniform, unsigned_mix
from simulator.engine.agenda import first_ticket, first_time, new_ticket
from simulator.engine.state import (
    ARRIVAL,
    ARRIVED,
    BATCH,
    BURST_LEFT,
    ISSUED,
    KEY,
    NOW,
    PC,
    SALT,
    SEGMENT,
    SIZE,
    WAKE,
    Program,
    World,
)
from simulator.engine.steps import REPLAY
from simulator.engine.tokens import new_token

ACTOR = 0
"""The first token is the arrivals' actor."""

ARRIVAL_NAME = 0x2545F4914F6CDD1D
"""The name by which distances between arrivals are drawn."""

NEVER = -1


def arrival_is_next(w: World) -> bool:
    """Tell whether the next arrival, which stands beside the agenda, comes before all that stands in it."""
    ticket = w.tok[ACTOR + WAKE]
    if ticket < 0 or w.n[SIZE] == 0:
        return ticket >= 0  # type: ignore[no-any-return]
    time = first_time(w)
    return w.n[ARRIVAL] < time or (w.n[ARRIVAL] == time and ticket < first_ticket(w))  # type: ignore[no-any-return]


def arrive(p: Program, w: World) -> int:
    """A request arrives; the next one is scheduled. Give its token."""
    t = new_token(p, w)
    key = w.n[ARRIVED]
    w.tok[t + PC] = 0
    w.tok[t + KEY] = key
    w.tok[t + SALT] = w.salt[key % BATCH]
    w.n[ARRIVED] = key + 1
    schedule_arrival(p, w)
    return t


def schedule_arrival(p: Program, w: World) -> None:
    """Schedule the next arrival, if there is one."""
    w.tok[ACTOR + WAKE] = -1
    number = w.n[ARRIVED]
    if p.requests >= 0 and number >= p.requests:
        return
    if number % BATCH == 0:
        draw_batch(p, w, number)
    time = next_arrival(p, w)
    if time >= 0 and (p.until < 0 or time < p.until):
        w.n[ARRIVAL] = time
        w.tok[ACTOR + WAKE] = new_ticket(w, ACTOR)


def draw_batch(p: Program, w: World, first: int) -> None:
    """Draw for arrival `first` and those after it (plain Python): hashed by numpy, logarithms one by one."""
    keys = np.arange(first, first + BATCH)
    salts = unsigned_mix(p.seed ^ unsigned_mix(keys))
    drawn = (unsigned_mix(salts ^ ARRIVAL_NAME) >> 11) + 0.5
    w.salt[:] = salts.tolist()
    w.gap[:] = [1.0 if p.constant else -math.log(u * UNIT) for u in drawn.tolist()]


def array_draw_batch(p: Program, w: World, first: int) -> None:
    """Draw for arrival `first` and those after it."""
    for i in range(BATCH):
        salt = salt_of(p.seed, first + i, 0)
        w.salt[i] = salt
        w.gap[i] = 1.0 if p.constant else -math.log(uniform(salt, ARRIVAL_NAME))


def next_arrival(p: Program, w: World) -> int:
    """Give the time of the next arrival, from 0; -1 for never."""
    if p.workload == REPLAY:
        return p.due[3 * w.n[ARRIVED]]  # type: ignore[no-any-return]
    if w.n[BURST_LEFT] > 0:
        w.n[BURST_LEFT] -= 1
        return w.n[NOW]  # type: ignore[no-any-return]
    w.n[BURST_LEFT] = p.burst - 1
    return when(p, w, w.gap[w.n[ARRIVED] % BATCH])


def when(p: Program, w: World, expected: float) -> int:
    """Give the time by which so many more arrivals are expected; the rate is linear in each segment."""
    now = float(w.n[NOW])
    last = len(p.profile) - 2
    k = w.n[SEGMENT]
    while k <= last:
        start = max(p.profile[k], now)
        slope = slope_of(p, k, last)
        rate = p.profile[k + 1] + slope * (start - p.profile[k])
        if k == last:
            return int(start + expected / rate + 0.5) if rate > 0.0 else NEVER
        span = p.profile[k + 2] - start
        within = span * (rate + 0.5 * slope * span)
        if expected < within:
            return int(start + solve(rate, slope, expected) + 0.5)
        expected -= within
        k += 2
        w.n[SEGMENT] = k
    return NEVER


def slope_of(p: Program, k: int, last: int) -> float:
    """Give the change of the rate per ns in a segment; the last goes on for ever."""
    if k == last:
        return 0.0
    return (p.profile[k + 3] - p.profile[k + 1]) / (p.profile[k + 2] - p.profile[k])  # type: ignore[no-any-return]


def solve(rate: float, slope: float, expected: float) -> float:
    """Solve rate * x + slope / 2 * x^2 = expected for x, in the form that loses no digits."""
    root = math.sqrt(max(rate * rate + 2.0 * slope * expected, 0.0))
    return 2.0 * expected / (rate + root)


def may_issue(p: Program, w: World) -> bool:
    """Tell whether a closed client may send one more request."""
    if p.requests >= 0 and w.n[ISSUED] >= p.requests:
        return False
    return p.until < 0 or w.n[NOW] < p.until
