"""Tokens: taken from a list of spare ones, given back, and a line of those that can go on now."""

from __future__ import annotations

from simulator.engine.state import (
    ANSWER,
    CONNECTION,
    COUNTED,
    GONE,
    KEY,
    LIVE,
    NEXT,
    ORPHAN,
    PARENT,
    PEAK,
    QUEUE,
    READY,
    READY_LAST,
    REQUEST,
    SALT,
    SPARE,
    STARTED,
    TOKEN,
    TRIES,
    WAKE,
    Program,
    World,
)


def new_token(p: Program, w: World) -> int:
    """Take a spare token; the caller made sure that there is one."""
    n, tok = w.n, w.tok
    t = n[SPARE]
    n[SPARE] = tok[t + NEXT]
    live = n[LIVE] + 1
    n[LIVE] = live
    if live > n[PEAK]:
        n[PEAK] = live
    tok[t + WAKE] = -1
    tok[t + GONE] = -1
    tok[t + ORPHAN] = 0
    tok[t + QUEUE] = -1
    tok[t + PARENT] = -1
    tok[t + STARTED] = -1
    tok[t + CONNECTION] = -1
    for seat in range(t + p.seats, t + p.regs):
        tok[seat] = -1
    return t  # type: ignore[no-any-return]


def drop_token(w: World, t: int) -> None:
    """Give a token back."""
    w.n[LIVE] -= 1
    w.tok[t + PARENT] = -1
    w.tok[t + NEXT] = w.n[SPARE]
    w.n[SPARE] = t


def copy_frames(p: Program, w: World, source: int, target: int) -> None:
    """Give a branch the request, visits, seats and registers of the token that forked it."""
    tok = w.tok
    tok[target + KEY] = tok[source + KEY]
    tok[target + SALT] = tok[source + SALT]
    tok[target + REQUEST] = tok[source + REQUEST]
    tok[target + TRIES] = tok[source + TRIES]
    tok[target + COUNTED] = tok[source + COUNTED]
    tok[target + ANSWER] = tok[source + ANSWER]
    for i in range(TOKEN, p.width):
        tok[target + i] = tok[source + i]


def set_ready(w: World, t: int) -> None:
    """Let a token go on at this very instant, after those that became ready before it."""
    n, tok = w.n, w.tok
    tok[t + NEXT] = -1
    if n[READY] < 0:
        n[READY] = t
    else:
        tok[n[READY_LAST] + NEXT] = t
    n[READY_LAST] = t


def take_ready(w: World) -> int:
    """Take the first token that can go on."""
    t = w.n[READY]
    w.n[READY] = w.tok[t + NEXT]
    return t  # type: ignore[no-any-return]


def drop_ready(w: World, gone: int) -> bool:
    """Take a token out of the line, wherever it stands; tell whether it stood there."""
    n, tok = w.n, w.tok
    before, t = -1, n[READY]
    while t >= 0 and t != gone:
        before, t = t, tok[t + NEXT]
    if t < 0:
        return False
    if before < 0:
        n[READY] = tok[t + NEXT]
    else:
        tok[before + NEXT] = tok[t + NEXT]
    if n[READY_LAST] == t:
        n[READY_LAST] = before
    return True
