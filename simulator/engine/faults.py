"""What goes wrong on purpose: workers that hang are killed and boot again, pools go down and up."""

from __future__ import annotations

from simulator.engine.account import end_phase, leave, leave_line
from simulator.engine.agenda import cancel_wake, wake_at
from simulator.engine.compute import withdraw
from simulator.engine.pools import release, unlink
from simulator.engine.state import (
    ACTOR,
    ANSWER,
    BEYOND_LANE,
    DEPTH,
    DOWN,
    EVENT,
    EVENT_AT,
    EVENT_DOWN,
    EVENT_POOL,
    FIRST_LANE,
    HEAD,
    HOP,
    INSIDE,
    LANE,
    NEXT,
    NEXT_EVENT,
    NOW,
    OP,
    OWNER,
    PARENT,
    PATIENCE,
    PC,
    RESCUE,
    SINCE,
    STARTED,
    WAITED,
    WAKE,
    C,
    Program,
    World,
)
from simulator.engine.steps import ACQUIRE, BROKEN, COMPUTE, FORK, HOLD
from simulator.engine.tokens import drop_ready, set_ready


def look_after_workers(p: Program, w: World, q: int) -> None:
    """The watchdog of a pool: kill whoever has held a worker for too long, then wait for the next in line."""
    pool = w.pool
    oldest = -1
    for lane in range(pool[q + FIRST_LANE], pool[q + BEYOND_LANE], LANE):
        t = w.lane[lane + OWNER]
        if (
            t >= 0
            and p.step[w.tok[t + PC] + RESCUE] >= 0
            and w.n[NOW] - w.lane[lane + SINCE] >= pool[q + PATIENCE]
        ):
            kill(p, w, t, lane)
        elif t >= 0 and (oldest < 0 or w.lane[lane + SINCE] < oldest):
            oldest = w.lane[lane + SINCE]
    w.tok[pool[q + ACTOR] + WAKE] = -1
    if oldest >= 0:
        due = oldest + pool[q + PATIENCE]
        wake_at(w, pool[q + ACTOR], due if due > w.n[NOW] else w.n[NOW] + pool[q + PATIENCE])


def kill(p: Program, w: World, t: int, lane: int) -> None:
    """A worker dies: its request stops wherever it is, and goes on at the rescue steps."""
    pc = w.tok[t + PC]
    rescue = p.step[pc + RESCUE]
    detach(p, w, t, pc)
    seat = p.seats
    while w.tok[t + seat] != lane:
        seat += 1
    for inner in range(p.regs - 1, seat, -1):
        if w.tok[t + inner] >= 0:
            release(p, w, t, inner)
    close_inner_visits(p, w, t, pc, p.step[rescue + DEPTH])
    w.tok[t + PC] = rescue
    set_ready(w, t)


def detach(p: Program, w: World, t: int, pc: int) -> None:
    """Take a token out of whatever it waits for."""
    op = p.step[pc + OP]
    if drop_ready(w, t):
        if w.tok[t + STARTED] >= 0:
            end_phase(p, w, t, pc)
        return
    if op == COMPUTE:
        withdraw(p, w, t)
    elif op == ACQUIRE:
        unlink(w, t)
        leave_line(w, t, p.step[pc + HOP])
        w.tok[t + p.step[pc + DEPTH] + WAITED] += end_phase(p, w, t, pc)
    elif op == HOLD:
        cancel_wake(w, t)
        end_phase(p, w, t, pc)
    elif op == FORK:
        end_phase(p, w, t, pc)
        for child in range(0, len(w.tok), p.width):
            if w.tok[child + PARENT] == t:
                w.tok[child + PARENT] = child  # its own parent: it joins nobody


def close_inner_visits(p: Program, w: World, t: int, pc: int, outermost: int) -> None:
    """Visits inside the killed one end with it."""
    w.tok[t + ANSWER] = BROKEN
    entered = p.step[pc + INSIDE]
    while p.step[entered + DEPTH] > outermost:
        leave(p, w, t, entered)
        entered = p.step[entered + INSIDE]


def next_event(p: Program, w: World, actor: int) -> None:
    """A change on the way: pools go down or up."""
    k = w.n[NEXT_EVENT]
    q = p.event[k + EVENT_POOL]
    if p.event[k + EVENT_DOWN]:
        take_down(p, w, q)
    else:
        w.pool[q + DOWN] = 0
    w.n[NEXT_EVENT] = k + EVENT
    await_event(p, w, actor)


def await_event(p: Program, w: World, actor: int) -> None:
    """Schedule the next change."""
    w.tok[actor + WAKE] = -1
    if w.n[NEXT_EVENT] < len(p.event):
        wake_at(w, actor, p.event[w.n[NEXT_EVENT] + EVENT_AT])


def take_down(p: Program, w: World, q: int) -> None:
    """A pool refuses who comes, and who waits to be let in; who is in already goes on to its end."""
    w.pool[q + DOWN] = 1
    t = w.pool[q + HEAD]
    while t >= 0:
        after = w.tok[t + NEXT]
        pc = w.tok[t + PC]
        if p.step[pc + C] >= 0:
            unlink(w, t)
            leave_line(w, t, p.step[pc + HOP])
            w.tok[t + p.step[pc + DEPTH] + WAITED] += end_phase(p, w, t, pc)
            w.tok[t + PC] = p.step[pc + C]
            set_ready(w, t)
        t = after
