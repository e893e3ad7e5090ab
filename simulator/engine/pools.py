"""Pools of lanes with a queue: acquire, release, refuse, go down and up."""

from __future__ import annotations

from simulator.engine.account import begin_phase, free_lane, hold_lane, leave_line, stand_in_line
from simulator.engine.agenda import wake_at
from simulator.engine.state import (
    ACTOR,
    AFTER,
    BUSY,
    DOWN,
    FREE,
    HEAD,
    HOP,
    LENGTH,
    MOST,
    NEXT,
    NOW,
    PATIENCE,
    PC,
    POOL_OF,
    PREV,
    QUEUE,
    REG,
    TAIL,
    WAKE,
    A,
    B,
    C,
    D,
    Program,
    World,
)
from simulator.engine.tokens import set_ready

GRANTED, QUEUED, TURNED_AWAY = range(3)


def pool_of(p: Program, w: World, t: int, pc: int) -> int:
    """Give the pool of a step: a fixed one, or that of the process that was picked."""
    if p.step[pc + REG] < 0:
        return p.step[pc + A]  # type: ignore[no-any-return]
    return p.step[pc + A] + w.tok[t + p.step[pc + REG]]  # type: ignore[no-any-return]


def acquire(p: Program, w: World, t: int, pc: int) -> int:
    """Take a lane, or queue, or be turned away because the queue is full or the pool is down."""
    pool = w.pool
    q = pool_of(p, w, t, pc)
    lane = pool[q + FREE]
    if pool[q + DOWN] and p.step[pc + C] >= 0:
        return TURNED_AWAY
    if lane >= 0:
        pool[q + FREE] = w.lane[lane + AFTER]
        seize(p, w, t, pc, q, lane)
        return GRANTED
    if p.step[pc + D] >= 0 and pool[q + LENGTH] >= p.step[pc + D]:
        return TURNED_AWAY
    enqueue(w, t, q)
    stand_in_line(w, t, p.step[pc + HOP])
    begin_phase(p, w, t, pc, q)
    return QUEUED


def seize(p: Program, w: World, t: int, pc: int, q: int, lane: int) -> None:
    """Sit down on a lane of pool q."""
    w.tok[t + p.step[pc + B]] = lane
    hold_lane(w, lane, t)
    pool = w.pool
    pool[q + BUSY] += 1
    if pool[q + PATIENCE] >= 0 and w.tok[pool[q + ACTOR] + WAKE] < 0:
        watch(w, q)


def watch(w: World, q: int) -> None:
    """Wake the watchdog of pool q when the first worker may have hung."""
    wake_at(w, w.pool[q + ACTOR], w.n[NOW] + w.pool[q + PATIENCE])


def release(p: Program, w: World, t: int, seat: int) -> None:
    """Give a lane back; who waited longest gets it and can go on."""
    lane = w.tok[t + seat]
    w.tok[t + seat] = -1
    q = w.lane[lane + POOL_OF]
    free_lane(w, lane)
    w.pool[q + BUSY] -= 1
    first = w.pool[q + HEAD]
    if first >= 0:
        grant(p, w, first, q, lane)
    else:
        w.lane[lane + AFTER] = w.pool[q + FREE]
        w.pool[q + FREE] = lane


def grant(p: Program, w: World, t: int, q: int, lane: int) -> None:
    """Give a free lane to a token that waits for it."""
    unlink(w, t)
    leave_line(w, t, p.step[w.tok[t + PC] + HOP])
    seize(p, w, t, w.tok[t + PC], q, lane)
    set_ready(w, t)


def enqueue(w: World, t: int, q: int) -> None:
    """Stand at the end of a pool's queue."""
    tok, pool = w.tok, w.pool
    last = pool[q + TAIL]
    tok[t + QUEUE] = q
    tok[t + NEXT] = -1
    tok[t + PREV] = last
    if last < 0:
        pool[q + HEAD] = t
    else:
        tok[last + NEXT] = t
    pool[q + TAIL] = t
    length = pool[q + LENGTH] + 1
    pool[q + LENGTH] = length
    if length > pool[q + MOST]:
        pool[q + MOST] = length


def unlink(w: World, t: int) -> None:
    """Leave the queue from wherever one stands."""
    tok, pool = w.tok, w.pool
    q, before, after = tok[t + QUEUE], tok[t + PREV], tok[t + NEXT]
    if before < 0:
        pool[q + HEAD] = after
    else:
        tok[before + NEXT] = after
    if after < 0:
        pool[q + TAIL] = before
    else:
        tok[after + PREV] = before
    pool[q + LENGTH] -= 1
    tok[t + QUEUE] = -1
