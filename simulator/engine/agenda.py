"""The agenda: what happens next, in order of (time, order of scheduling).

An entry is a time and a ticket: the order in the high bits, the token in the low ones. A token remembers the
ticket of its wake-up; an entry whose ticket nobody remembers was cancelled and is passed over, and when such
entries are more than half, all are swept out. So cancelled timers never fill the heap.

Where Python runs this, the standard library's heapq does the work; `compiled` puts `array_*` in its place.
The order of two entries is total, so both take them out alike.
"""

from __future__ import annotations

import heapq

from simulator.engine.state import EVENTS_DONE, GONE, NOW, ORDER, SIZE, STALE, WAKE, World

TOKEN_BITS = 26
TOKENS = (1 << TOKEN_BITS) - 1


def schedule(w: World, token: int, time: int) -> int:
    """Let something happen to a token at a time; give the ticket."""
    n = w.n
    order = n[ORDER] + 1
    n[ORDER] = order
    ticket = (order << TOKEN_BITS) | token
    push(w, time, ticket)
    return ticket  # type: ignore[no-any-return]


def wake_at(w: World, token: int, time: int) -> None:
    """Wake a token at a time."""
    w.tok[token + WAKE] = schedule(w, token, time)


def cancel_wake(w: World, token: int) -> None:
    """Forget a token's wake-up."""
    if w.tok[token + WAKE] >= 0:
        w.tok[token + WAKE] = -1
        w.n[STALE] += 1


def cancel_gone(w: World, token: int) -> None:
    """Forget the time-out of a token's client."""
    if w.tok[token + GONE] >= 0:
        w.tok[token + GONE] = -1
        w.n[STALE] += 1


def is_live(w: World, ticket: int) -> bool:
    """Tell whether somebody still waits for this ticket."""
    token = ticket & TOKENS
    return w.tok[token + WAKE] == ticket or w.tok[token + GONE] == ticket  # type: ignore[no-any-return]


def push(w: World, time: int, ticket: int) -> None:
    """Add an entry (plain Python)."""
    heapq.heappush(w.at, (time, ticket))
    w.n[SIZE] += 1


def next_time(w: World) -> int:
    """Give the time of the first entry; there must be one (plain Python)."""
    return w.at[0][0]  # type: ignore[no-any-return]


def pop(w: World) -> int:
    """Take the first entry out, set the clock, give its ticket (plain Python)."""
    n = w.n
    n[NOW], ticket = heapq.heappop(w.at)
    n[SIZE] -= 1
    n[EVENTS_DONE] += 1
    return ticket  # type: ignore[no-any-return]


def has_room(w: World, more: int) -> bool:
    """Tell whether so many entries fit; a Python list always grows."""
    return len(w.at) + more > 0


def sweep(w: World) -> None:
    """Take the cancelled entries out (plain Python)."""
    w.at[:] = [entry for entry in w.at if is_live(w, entry[1])]
    heapq.heapify(w.at)
    w.n[SIZE] = len(w.at)
    w.n[STALE] = 0


def array_has_room(w: World, more: int) -> bool:
    """Tell whether so many entries fit."""
    return w.n[SIZE] + more < len(w.at)  # type: ignore[no-any-return]


def array_push(w: World, time: int, ticket: int) -> None:
    """Add an entry: from the end, move parents down that come later."""
    hole = w.n[SIZE]
    w.n[SIZE] = hole + 1
    rise(w, hole, time, ticket)


def rise(w: World, hole: int, time: int, ticket: int) -> None:
    """Put an entry at `hole` or above."""
    at, what = w.at, w.what
    while hole > 0:
        parent = (hole - 1) >> 1
        if at[parent] < time or (at[parent] == time and what[parent] < ticket):
            break
        at[hole] = at[parent]
        what[hole] = what[parent]
        hole = parent
    at[hole] = time
    what[hole] = ticket


def array_next_time(w: World) -> int:
    """Give the time of the first entry; there must be one."""
    return w.at[0]  # type: ignore[no-any-return]


def array_pop(w: World) -> int:
    """Take the first entry out, set the clock, give its ticket."""
    n = w.n
    ticket = w.what[0]
    n[NOW] = w.at[0]
    size = n[SIZE] - 1
    n[SIZE] = size
    n[EVENTS_DONE] += 1
    if size > 0:
        sink(w, 0, size)
    return ticket  # type: ignore[no-any-return]


def sink(w: World, hole: int, size: int) -> None:
    """Fill a hole from below, all the way down, then put the entry behind the end there."""
    at, what = w.at, w.what
    child = 2 * hole + 1
    while child < size:
        right = child + 1
        if right < size and (at[right] < at[child] or (at[right] == at[child] and what[right] < what[child])):
            child = right
        at[hole] = at[child]
        what[hole] = what[child]
        hole = child
        child = 2 * hole + 1
    rise(w, hole, at[size], what[size])


def array_sweep(w: World) -> None:
    """Take the cancelled entries out: the others are added again, one by one."""
    at, what = w.at, w.what
    size = w.n[SIZE]
    kept = 0
    for i in range(size):
        if is_live(w, what[i]):
            rise(w, kept, at[i], what[i])
            kept += 1
    w.n[SIZE] = kept
    w.n[STALE] = 0
