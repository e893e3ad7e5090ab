"""Using the CPU: under a GIL or not, on shared cores or on as many as one likes.

The GIL is not first come, first served. Who wants it asks after 5 ms (`interval`); the holder then lets go,
and *any* of the waiting threads wins. With one waiting thread that is a delay of 5 ms, with four threads
computing it is mostly 12 ms and at times 45: as measured on CPython.
"""

from __future__ import annotations

from simulator.draw import draw, mix
from simulator.engine.account import begin_phase, end_phase, leave_line, seat_of, stand_in_line
from simulator.engine.agenda import cancel_wake, wake_at
from simulator.engine.cores import join_cores, leave_cores
from simulator.engine.pools import enqueue, pool_of, unlink
from simulator.engine.state import (
    ACTOR,
    DEPTH,
    DRAW,
    HEAD,
    HOLDER,
    HOP,
    LEFT,
    LENGTH,
    NEXT,
    NOW,
    PC,
    QUEUE,
    SALT,
    SWITCHES,
    WAITED,
    WAKE,
    A,
    B,
    C,
    Program,
    World,
)


def compute(p: Program, w: World, t: int, pc: int) -> bool:
    """Start to compute a drawn time; tell whether it takes any."""
    demand = draw(p, p.step[pc + DRAW], w.tok[t + SALT])
    if p.step[pc + A] < 0:
        if demand > 0:
            run(p, w, t, pc, demand)
        return demand > 0
    return compute_under_gil(p, w, t, pc, demand)


def compute_under_gil(p: Program, w: World, t: int, pc: int, demand: int) -> bool:
    """The same, in a process with other threads."""
    q = pool_of(p, w, t, pc)
    holder = w.pool[q + HOLDER]
    if demand <= 0 and holder != t:
        return False
    w.tok[t + LEFT] = demand
    if holder < 0 or holder == t:
        w.pool[q + HOLDER] = t
        run(p, w, t, pc, demand)
    else:
        ask(p, w, t, pc, q)
    return True


def run(p: Program, w: World, t: int, pc: int, demand: int) -> None:
    """Compute for so long, if nobody interferes."""
    begin_phase(p, w, t, pc, seat_of(p, w, t, pc))
    if p.step[pc + B] < 0:
        wake_at(w, t, w.n[NOW] + demand)
    else:
        join_cores(w, p.step[pc + B], t, demand)


def stop(p: Program, w: World, t: int) -> int:
    """Stop computing before it is done; give what is left."""
    pc = w.tok[t + PC]
    took = end_phase(p, w, t, pc)
    if p.step[pc + B] >= 0:
        return leave_cores(w, p.step[pc + B], t)
    cancel_wake(w, t)
    return w.tok[t + LEFT] - took  # type: ignore[no-any-return]


def ask(p: Program, w: World, t: int, pc: int, q: int) -> None:
    """Wait for the GIL; the first who does so starts the clock of 5 ms."""
    enqueue(w, t, q)
    stand_in_line(w, t, p.step[pc + HOP])
    begin_phase(p, w, t, pc + p.steps, seat_of(p, w, t, pc))
    if w.tok[w.pool[q + ACTOR] + WAKE] < 0:
        wake_at(w, w.pool[q + ACTOR], w.n[NOW] + p.interval)


def asked_long_enough(p: Program, w: World, q: int) -> None:
    """The GIL's clock: its holder lets go and waits with the others; one of the others wins."""
    winner = somebody(p, w, q)
    loser = w.pool[q + HOLDER]
    w.tok[loser + LEFT] = stop(p, w, loser)
    pass_on(p, w, q, winner)
    ask(p, w, loser, w.tok[loser + PC], q)


def somebody(p: Program, w: World, q: int) -> int:
    """Draw one of the waiting threads."""
    switches = w.pool[q + SWITCHES] + 1
    w.pool[q + SWITCHES] = switches
    skip = (mix(p.seed ^ mix((q << 40) + switches)) >> 20) % w.pool[q + LENGTH]
    t = w.pool[q + HEAD]
    for _ in range(skip):
        t = w.tok[t + NEXT]
    return t  # type: ignore[no-any-return]


def pass_on(p: Program, w: World, q: int, winner: int) -> None:
    """Let a waiting thread have the GIL; the clock of those who still wait starts anew."""
    pc = w.tok[winner + PC]
    unlink(w, winner)
    leave_line(w, winner, p.step[pc + HOP])
    w.tok[winner + p.step[pc + DEPTH] + WAITED] += end_phase(p, w, winner, pc + p.steps)
    w.pool[q + HOLDER] = winner
    run(p, w, winner, pc, w.tok[winner + LEFT])
    cancel_wake(w, w.pool[q + ACTOR])
    if w.pool[q + LENGTH] > 0:
        wake_at(w, w.pool[q + ACTOR], w.n[NOW] + p.interval)


def let_go(p: Program, w: World, t: int, pc: int) -> None:
    """A computation is done: unless its thread goes on computing (`c`), it gives up the GIL."""
    if p.step[pc + A] < 0 or p.step[pc + C]:
        return
    give_up(p, w, pool_of(p, w, t, pc))


def give_up(p: Program, w: World, q: int) -> None:
    """Hand the GIL to any waiting thread."""
    w.pool[q + HOLDER] = -1
    if w.pool[q + LENGTH] > 0:
        pass_on(p, w, q, somebody(p, w, q))


def withdraw(p: Program, w: World, t: int) -> None:
    """A token that computes, or waits for the GIL, is killed."""
    pc = w.tok[t + PC]
    if w.tok[t + QUEUE] >= 0:
        q = w.tok[t + QUEUE]
        unlink(w, t)
        leave_line(w, t, p.step[pc + HOP])
        w.tok[t + p.step[pc + DEPTH] + WAITED] += end_phase(p, w, t, pc + p.steps)
        if w.pool[q + LENGTH] == 0:
            cancel_wake(w, w.pool[q + ACTOR])
        return
    stop(p, w, t)
    if p.step[pc + A] >= 0:
        give_up(p, w, pool_of(p, w, t, pc))
