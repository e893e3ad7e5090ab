"""The interpreter: takes the next event, and moves its token on through the steps until it waits again."""

from __future__ import annotations

from simulator.draw import draw, mean_of, mix, name_of, uniform
from simulator.engine.account import begin_phase, end_phase, enter, leave, seat_of
from simulator.engine.agenda import TOKENS, close_hole, first_time, has_room, pop, schedule, sweep
from simulator.engine.arrivals import arrival_is_next, arrive, schedule_arrival
from simulator.engine.clients import attempt, give_up, issue, pick, reply, start_client
from simulator.engine.compute import asked_long_enough, compute, let_go
from simulator.engine.cores import first_is_done
from simulator.engine.faults import await_event, look_after_workers, next_event
from simulator.engine.pools import GRANTED, QUEUED, acquire, release
from simulator.engine.state import (
    ANSWER,
    ANSWERS,
    ARRIVAL,
    BEGUN,
    CHILDREN,
    CONNECTION,
    COUNTED,
    CREDIT,
    DEPTH,
    DRAW,
    EVENTS_DONE,
    GONE,
    ISSUED,
    LIVE,
    LOOKS,
    NOW,
    OP,
    ORPHAN,
    OWNER,
    PARENT,
    PC,
    PHASE,
    PHASES,
    POOL,
    READY,
    REG,
    REQUEST_ROW,
    SALT,
    SEEN,
    SIZE,
    STALE,
    STARTED,
    STEP,
    STILL,
    TOKEN,
    VISIT,
    VISIT_ROW,
    VISITS,
    WAITED,
    WAITS,
    WAKE,
    A,
    B,
    C,
    Program,
    World,
)
from simulator.engine.steps import (
    ACQUIRE,
    AGAIN,
    AGENDA_FULL,
    ANSWERS_FULL,
    ATTEMPT,
    BOOT,
    BREATH,
    CLOSED,
    COMPUTE,
    CORES,
    DONE,
    END,
    ENTER,
    EVENTS,
    FORK,
    GIL,
    HOLD,
    HORIZON,
    ISSUE,
    JOIN,
    JUMP,
    LEAVE,
    PHASES_FULL,
    PICK,
    RELEASE,
    REPLY,
    REQUESTS_FULL,
    REUSED,
    STATUS,
    STUCK,
    TOKENS_FULL,
    VISITS_FULL,
    WAITS_FULL,
    WATCHDOG,
)
from simulator.engine.tokens import copy_frames, drop_token, new_token, set_ready, take_ready

MOVES = 64
"""So many moves are made at most before room is looked for again."""

LOOKS_A_BREATH = 16_384
"""A million moves: as long as a run goes on before Python looks for a Ctrl-C."""

RESERVE = 64
"""Entries and rows left over for the rare move that needs many: workers that are killed together."""

OCCURRENCE = 0x1E3779B97F4A7C15


def run(p: Program, w: World, horizon: int) -> int:
    """Go on until all is done, the horizon is reached (-1: none), or something is full; say which."""
    n = w.n
    while True:
        if n[CREDIT] == 0:
            full = lacks_room(p, w)
            if full:
                return full
            n[CREDIT] = MOVES
        n[CREDIT] -= 1
        if n[READY] >= 0:
            t = take_ready(w)
        elif n[BEGUN] <= p.clients:
            t = begin(p, w)
        else:
            close_hole(w)
            arrival = arrival_is_next(w)
            if not arrival and (n[SIZE] == 0 or (n[LIVE] == 0 and w.tok[0 + WAKE] < 0)):
                return DONE
            time = n[ARRIVAL] if arrival else first_time(w)
            if 0 <= horizon < time:
                n[NOW] = horizon
                return HORIZON
            n[NOW] = time
            n[EVENTS_DONE] += 1
            t = arrive(p, w) if arrival else happen(p, w, pop(w))
        if t >= 0:
            resume(p, w, t)


def begin(p: Program, w: World) -> int:
    """Start the actors, then the closed clients, one a call; no token can go on yet."""
    n = w.n
    if n[BEGUN] > 0:
        start_client(p, w, n[BEGUN] - 1)
    else:
        if p.workload != CLOSED:
            schedule_arrival(p, w)
        await_event(p, w, p.width)
    n[BEGUN] += 1
    return -1


def lacks_room(p: Program, w: World) -> int:
    """Tell what is full: each move adds a bounded number of entries to anything."""
    n = w.n
    n[LOOKS] += 1
    n[STILL] = n[STILL] + 1 if n[NOW] == n[SEEN] else 0
    n[SEEN] = n[NOW]
    if n[LOOKS] % LOOKS_A_BREATH == 0:
        return STUCK if n[STILL] > LOOKS_A_BREATH + n[LIVE] else BREATH
    if 2 * n[STALE] > n[SIZE] and n[SIZE] > 256:
        sweep(w)
    rows = MOVES * (p.steps // STEP + 2) + RESERVE
    if not has_room(w, 8 * MOVES + RESERVE):
        return AGENDA_FULL
    if (n[LIVE] + p.actors + p.most * MOVES + RESERVE) * p.width > len(w.tok):
        return TOKENS_FULL
    if n[ANSWERS] + MOVES > len(w.answers):
        return ANSWERS_FULL
    if n[WAITS] + rows > len(w.waits):
        return WAITS_FULL
    return lacks_log(w, rows) if p.record else 0


def lacks_log(w: World, rows: int) -> int:
    """The same of what only a recording needs."""
    n = w.n
    if n[PHASES] + rows * PHASE > len(w.phases):
        return PHASES_FULL
    if n[VISITS] + rows * VISIT_ROW > len(w.visits):
        return VISITS_FULL
    return REQUESTS_FULL if (n[ISSUED] + MOVES) * REQUEST_ROW > len(w.requests) else 0


def happen(p: Program, w: World, ticket: int) -> int:
    """Let an event happen, unless it was cancelled; give the token that goes on, or -1."""
    t = ticket & TOKENS
    tok = w.tok
    if tok[t + WAKE] == ticket:
        tok[t + WAKE] = -1
        if tok[t + PC] >= 0:
            return t
        act(p, w, t)
    elif tok[t + GONE] == ticket:
        give_up(p, w, t)
    else:
        w.n[STALE] -= 1
    return -1


def act(p: Program, w: World, actor: int) -> None:
    """Do what an actor is there for; `pc` is minus its kind, `queue` the pool or set of cores."""
    kind, which = -w.tok[actor + PC], w.tok[actor + CHILDREN]
    if kind == CORES:
        first_is_done(w, which)
    elif kind == GIL:
        asked_long_enough(p, w, which)
    elif kind == WATCHDOG:
        look_after_workers(p, w, which)
    elif kind == EVENTS:
        next_event(p, w, actor)


def resume(p: Program, w: World, t: int) -> None:
    """Finish what a token was in, if it was in anything, and move it on."""
    pc = w.tok[t + PC]
    if w.tok[t + STARTED] >= 0:
        took = end_phase(p, w, t, pc)
        if p.step[pc + OP] == ACQUIRE:
            w.tok[t + p.step[pc + DEPTH] + WAITED] += took
        elif p.step[pc + OP] == COMPUTE:
            let_go(p, w, t, pc)
        pc += STEP
    advance(p, w, t, pc)


def advance(p: Program, w: World, t: int, pc: int) -> None:
    """Take steps until one takes time, or the token ends."""
    tok = w.tok
    while pc >= 0:
        op = p.step[pc + OP]
        tok[t + PC] = pc
        if op == COMPUTE:
            pc = -1 if compute(p, w, t, pc) else pc + STEP
        elif op == ACQUIRE:
            got = acquire(p, w, t, pc)
            pc = pc + STEP if got == GRANTED else -1 if got == QUEUED else p.step[pc + C]
        elif op == RELEASE:
            release(p, w, t, p.step[pc + B])
            pc += STEP
        elif op == ENTER:
            enter(p, w, t, pc)
            pc += STEP
        elif op == LEAVE:
            leave(p, w, t, p.step[pc + A])
            pc += STEP
        elif op == HOLD:
            pc = -1 if hold(p, w, t, pc) else pc + STEP
        else:
            pc = rarer(p, w, t, pc, op)


def hold(p: Program, w: World, t: int, pc: int) -> bool:
    """Start to wait for a drawn time; tell whether it is any."""
    time = draw(p, p.step[pc + DRAW], w.tok[t + SALT])
    if time <= 0:
        return False
    begin_phase(p, w, t, pc, seat_of(p, w, t, pc))
    w.tok[t + WAKE] = schedule(w, t, w.n[NOW] + time)
    return True


def rarer(p: Program, w: World, t: int, pc: int, op: int) -> int:
    """Take one of the steps that a request meets once at most; give the next, or -1."""
    tok = w.tok
    if op == ISSUE:
        if issue(p, w, t):
            return pc + STEP
        op = END
    if op == ATTEMPT:
        return attempt(p, w, t)
    if op == PICK:
        tok[t + p.step[pc + REG]] = pick(p, w, t, pc) * POOL
    elif op == REPLY:
        reply(p, w, t)
    elif op == JUMP:
        return p.step[pc + A]  # type: ignore[no-any-return]
    elif op == STATUS:
        tok[t + ANSWER] = p.step[pc + A]
    elif op == REUSED:
        return p.step[pc + A] if p.keepalive >= 0 and tok[t + CONNECTION] & 1 else pc + STEP
    elif op == END:
        drop_token(w, t)
        return -1
    else:
        return turn(p, w, t, pc, op)
    return pc + STEP


def turn(p: Program, w: World, t: int, pc: int, op: int) -> int:
    """Take a step that goes back, or in several ways at once."""
    tok = w.tok
    if op == AGAIN:
        if uniform(tok[t + SALT], name_of(p, p.step[pc + DRAW])) >= mean_of(p, p.step[pc + DRAW]):
            return pc + STEP
        tok[t + SALT] = mix(tok[t + SALT] ^ OCCURRENCE)
        tok[t + PC] = p.step[pc + A]
        set_ready(w, t)
    elif op == FORK:
        fork(p, w, t, pc)
    elif op == JOIN:
        join(w, t)
    elif op == BOOT:
        boot(p, w, t, pc)
        return pc + STEP
    return -1


def fork(p: Program, w: World, t: int, pc: int) -> None:
    """Start the branches; the token itself waits for them."""
    begin_phase(p, w, t, pc, seat_of(p, w, t, pc))
    w.tok[t + CHILDREN] = p.step[pc + B]
    for i in range(p.step[pc + B]):
        child = new_token(p, w)
        copy_frames(p, w, t, child)
        w.tok[child + ORPHAN] = 1
        w.tok[child + PARENT] = t
        w.tok[child + PC] = p.branches[p.step[pc + A] + i]
        set_ready(w, child)


def join(w: World, t: int) -> None:
    """A branch ends; after the last one the token that forked goes on, with the worst status."""
    tok = w.tok
    parent = tok[t + PARENT]
    if parent != t:
        if tok[t + ANSWER] != 200:
            tok[parent + ANSWER] = tok[t + ANSWER]
        tok[parent + CHILDREN] -= 1
        if tok[parent + CHILDREN] == 0:
            set_ready(w, parent)
    drop_token(w, t)


def boot(p: Program, w: World, t: int, pc: int) -> None:
    """Hand a worker's lane to a token that is no request's, to start up again."""
    tok = w.tok
    other = new_token(p, w)
    copy_frames(p, w, t, other)
    tok[other + COUNTED] = 0
    tok[other + ORPHAN] = 1
    if p.record:
        for frame in range(other + TOKEN, other + p.seats, p.frame):
            tok[frame + VISIT] = -1
    seat = p.step[pc + B]
    for i in range(p.seats, p.regs):
        tok[other + i] = -1
    lane = tok[t + seat]
    tok[other + seat] = lane
    tok[t + seat] = -1
    w.lane[lane + OWNER] = other
    tok[other + PC] = p.step[pc + A]
    set_ready(w, other)
