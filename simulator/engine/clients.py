"""The client's side: a request is issued, sent, answered, given up, tried again."""

from __future__ import annotations

from simulator.draw import draw, mix, name_of, salt_of, uniform
from simulator.engine.account import NO_STATUS, STATUS_BITS, close_visit, enter, with_status
from simulator.engine.agenda import cancel_gone, schedule, wake_at
from simulator.engine.arrivals import may_issue
from simulator.engine.state import (
    ANSWER,
    ANSWERS,
    BUSY,
    CALLED,
    CONNECTION,
    CONNECTION_ROW,
    CONNECTIONS,
    COUNTED,
    DRAW,
    DUE,
    FINISHED,
    FIRST,
    GONE,
    IDLE,
    IDLE_SINCE,
    IDLE_STACK,
    ISSUED,
    KEY,
    LAST,
    LENGTH,
    NOW,
    ORPHAN,
    OUTER,
    OVER,
    PC,
    PHASE_END,
    POOL,
    PROCESS,
    REQUEST,
    REQUEST_DUE,
    REQUEST_END,
    REQUEST_HOW,
    REQUEST_ROW,
    SALT,
    STEP,
    TOKEN,
    TRIES,
    TURN,
    UNUSED,
    UNUSED_STACK,
    VISIT,
    WAKE,
    A,
    B,
    C,
    D,
    Program,
    World,
)
from simulator.engine.steps import CLOSED, GAVE_UP, LEAST_BUSY, RANDOM, REFUSED, REPLAY, ROUND_ROBIN
from simulator.engine.tokens import new_token

ENDPOINT = 0x71D67FFFEDA60001
THINK = 0x5851F42D4C957F2D
ISSUE_STEP, ATTEMPT_STEP = 0, STEP
OK, ERROR, TIMEOUT, REFUSED_OUTCOME = range(4)


def start_client(p: Program, w: World, key: int) -> None:
    """A closed client thinks, then sends request `key`: its own number, or that of its last and `clients`."""
    t = new_token(p, w)
    w.tok[t + KEY] = key
    w.tok[t + SALT] = salt_of(p.seed, key, 0)
    w.tok[t + PC] = ISSUE_STEP
    wake_at(w, t, w.n[NOW] + draw(p, p.think, salt_of(p.seed ^ THINK, key, 0)))


def issue(p: Program, w: World, t: int) -> bool:
    """A request begins: number it; tell whether there are any left to be sent."""
    if p.workload == CLOSED and not may_issue(p, w):
        return False
    n, tok = w.n, w.tok
    number = n[ISSUED]
    n[ISSUED] = number + 1
    tok[t + REQUEST] = number
    tok[t + TRIES] = 1
    tok[t + DUE] = n[NOW]
    tok[t + COUNTED] = 1 if number >= p.warmup else 0
    if number == p.warmup:
        n[FIRST] = n[NOW]
    if p.record:
        row = number * REQUEST_ROW
        w.requests[row + REQUEST_DUE] = n[NOW]
        w.requests[row + REQUEST_END] = -1
        w.requests[row + REQUEST_HOW] = NO_STATUS
    return True


def attempt(p: Program, w: World, t: int) -> int:
    """The client sends the request; give the first step of its endpoint."""
    tok = w.tok
    tok[t + ANSWER] = 200
    endpoint = choose(p, w, t)
    if p.record:
        how = (endpoint << STATUS_BITS) | NO_STATUS
        w.requests[tok[t + REQUEST] * REQUEST_ROW + REQUEST_HOW] = how
    enter(p, w, t, ATTEMPT_STEP)
    if p.timeout >= 0:
        tok[t + GONE] = schedule(w, t, w.n[NOW] + p.timeout)
    if p.keepalive >= 0:
        connect(p, w, t)
    return p.entry[endpoint]  # type: ignore[no-any-return]


def choose(p: Program, w: World, t: int) -> int:
    """Draw the endpoint of a request: the same for each of its attempts."""
    if p.workload == REPLAY:
        return p.due[3 * w.tok[t + KEY] + 1]  # type: ignore[no-any-return]
    if len(p.entry) == 1:
        return 0
    u = uniform(salt_of(p.seed, w.tok[t + KEY], 0), ENDPOINT)
    endpoint = 0
    while u >= p.chance[endpoint]:
        endpoint += 1
    return endpoint


def connect(p: Program, w: World, t: int) -> None:
    """Take the connection that was used last, unless the server has closed it by now; else open one."""
    n, tok, conn = w.n, w.tok, w.conn
    top = n[IDLE] - CONNECTION_ROW
    if top >= 0 and n[NOW] - conn[conn[top + IDLE_STACK] + IDLE_SINCE] <= p.keepalive:
        n[IDLE] = top
        tok[t + CONNECTION] = conn[top + IDLE_STACK] + 1
        return
    # What lies below has been idle for longer still.
    for i in range(0, n[IDLE], CONNECTION_ROW):
        forget_connection(w, conn[i + IDLE_STACK])
    n[IDLE] = 0
    if n[UNUSED] > 0:
        n[UNUSED] -= CONNECTION_ROW
        tok[t + CONNECTION] = conn[n[UNUSED] + UNUSED_STACK]
    else:
        tok[t + CONNECTION] = n[CONNECTIONS]
        n[CONNECTIONS] += CONNECTION_ROW


def forget_connection(w: World, connection: int) -> None:
    """A connection is closed: its number may be given out again."""
    w.conn[w.n[UNUSED] + UNUSED_STACK] = connection
    w.n[UNUSED] += CONNECTION_ROW


def pick(p: Program, w: World, t: int, pc: int) -> int:
    """Pick the process that serves; a kept-alive connection stays with the one that took it."""
    if not p.step[pc + D] or p.keepalive < 0:
        return among(p, w, t, pc)
    connection = w.tok[t + CONNECTION]
    if connection & 1:
        return w.conn[connection - 1 + PROCESS]  # type: ignore[no-any-return]
    process = among(p, w, t, pc)
    w.conn[connection + PROCESS] = process
    return process


def among(p: Program, w: World, t: int, pc: int) -> int:
    """Pick by the rule of the step."""
    rule, count, pool = p.step[pc + A], p.step[pc + B], p.step[pc + C]
    if rule == ROUND_ROBIN:
        turn = w.pool[pool + TURN]
        w.pool[pool + TURN] = (turn + 1) % count
        return turn  # type: ignore[no-any-return]
    if rule == LEAST_BUSY:
        return least_busy(w, pool, count)
    if rule == RANDOM:
        return (mix(w.tok[t + SALT] ^ name_of(p, p.step[pc + DRAW])) >> 20) % count  # type: ignore[no-any-return]
    # By the client's address: the same client always goes to the same process.
    address = w.tok[t + KEY] % p.clients if p.workload == CLOSED else w.tok[t + KEY]
    return (mix(p.seed ^ address) >> 20) % count  # type: ignore[no-any-return]


def least_busy(w: World, pool: int, count: int) -> int:
    """Find the pool with the fewest at work and in line."""
    best, fewest = 0, w.pool[pool + BUSY] + w.pool[pool + LENGTH]
    for i in range(1, count):
        load = w.pool[pool + i * POOL + BUSY] + w.pool[pool + i * POOL + LENGTH]
        if load < fewest:
            best, fewest = i, load
    return best


def reply(p: Program, w: World, t: int) -> None:
    """The answer is there; if its client still waits, the request ends, or is tried again after a refusal."""
    tok = w.tok
    if tok[t + ORPHAN]:
        return
    cancel_gone(w, t)
    tok[t + ORPHAN] = 1
    status = tok[t + ANSWER]
    if tok[t + CONNECTION] >= 0:
        connection = tok[t + CONNECTION] & ~1
        if status == REFUSED:
            forget_connection(w, connection)
        else:
            put_idle(w, connection)
    close_attempt(p, w, t, status)
    if status == REFUSED:
        fail(p, w, t, REFUSED_OUTCOME, status)
    else:
        finish(p, w, t, OK if 0 <= status < 500 else ERROR, status)


def put_idle(w: World, connection: int) -> None:
    """A connection waits to be used again."""
    w.conn[w.n[IDLE] + IDLE_STACK] = connection
    w.conn[connection + IDLE_SINCE] = w.n[NOW]
    w.n[IDLE] += CONNECTION_ROW


def give_up(p: Program, w: World, t: int) -> None:
    """The client's time-out: it leaves, the server goes on for nobody."""
    tok = w.tok
    tok[t + GONE] = -1
    tok[t + ORPHAN] = 1
    if tok[t + CONNECTION] >= 0:
        forget_connection(w, tok[t + CONNECTION] & ~1)
    close_attempt(p, w, t, GAVE_UP)
    fail(p, w, t, TIMEOUT, GAVE_UP)


def close_attempt(p: Program, w: World, t: int, status: int) -> None:
    """Close the client's visit, and the phase of it that is open."""
    frame = t + TOKEN
    w.visited[ATTEMPT_STEP] += w.tok[t + COUNTED]
    w.spent[ATTEMPT_STEP] += (w.n[NOW] - w.tok[frame + CALLED]) * w.tok[t + COUNTED]
    if p.record:
        close_visit(w, w.tok[frame + VISIT], status)
        if status == GAVE_UP:
            w.phases[w.tok[frame + p.frame + OUTER] + PHASE_END] = w.n[NOW]


def fail(p: Program, w: World, t: int, outcome: int, status: int) -> None:
    """Try again after a while that doubles each time, or leave it at that."""
    tok = w.tok
    if tok[t + TRIES] > p.retries:
        finish(p, w, t, outcome, status)
        return
    again = new_token(p, w)
    tok[again + KEY] = tok[t + KEY]
    tok[again + SALT] = salt_of(p.seed, tok[t + KEY], tok[t + TRIES])
    tok[again + REQUEST] = tok[t + REQUEST]
    tok[again + DUE] = tok[t + DUE]
    tok[again + COUNTED] = tok[t + COUNTED]
    tok[again + TRIES] = tok[t + TRIES] + 1
    tok[again + PC] = ATTEMPT_STEP
    wake_at(w, again, w.n[NOW] + (p.backoff << min(tok[t + TRIES] - 1, 20)))


def no_more(p: Program, w: World) -> bool:
    """Tell whether no further request will be issued; the arrivals' actor is the first token."""
    if p.workload == CLOSED:
        return not may_issue(p, w)
    return w.tok[WAKE] < 0  # type: ignore[no-any-return]


def finish(p: Program, w: World, t: int, outcome: int, status: int) -> None:
    """A request ends; a closed client starts to think."""
    n, tok = w.n, w.tok
    if tok[t + COUNTED]:
        n[FINISHED] += 1
        n[LAST] = n[NOW]
        if n[FINISHED] == n[ISSUED] - p.warmup and no_more(p, w):
            n[OVER] = 1
        w.outcome[outcome] += 1
        if outcome <= ERROR and status > 0:
            w.answers[n[ANSWERS]] = n[NOW] - tok[t + DUE]
            n[ANSWERS] += 1
    if p.record:
        row = tok[t + REQUEST] * REQUEST_ROW
        w.requests[row + REQUEST_END] = n[NOW]
        w.requests[row + REQUEST_HOW] = with_status(w.requests[row + REQUEST_HOW], status)
    if p.workload == CLOSED and may_issue(p, w):
        start_client(p, w, tok[t + KEY] + p.clients)
