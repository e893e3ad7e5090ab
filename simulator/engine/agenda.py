"""The agenda: what happens next, in order of (time, order of scheduling).

An entry is a time and a ticket: the order in the high bits, the token in the low ones. A token remembers the
ticket of its wake-up; an entry whose ticket nobody remembers was cancelled and is passed over, and when such
entries are more than half, all are swept out. So cancelled timers never fill the heap.

What happens mostly schedules what comes next of the same token. So the entry that happens stays at the top
as a hole, until a new one takes its place: one walk down the heap instead of two.

Where Python runs this, the standard library's heapq does the work; `compiled` puts `array_*` in its place.
The order of two entries is total, so both take them out alike.
"""

from __future__ import annotations

import heapq

from simulator.engine.state import GONE, HOLE, ORDER, SIZE, STALE, WAKE, World

TOKEN_BITS = 26
TOKENS = (1 << TOKEN_BITS) - 1


def schedule(w: World, token: int, time: int) -> int:
    """Let something happen to a token at a time; give the ticket."""
    n = w.n
    ticket = new_ticket(w, token)
    if n[HOLE]:
        n[HOLE] = 0
        replace_first(w, time, ticket)
    else:
        push(w, time, ticket)
    n[SIZE] += 1
    return ticket


def new_ticket(w: World, token: int) -> int:
    """Give a ticket for something that happens to a token: after all that were given before."""
    order = w.n[ORDER] + 1
    w.n[ORDER] = order
    return (order << TOKEN_BITS) | token  # type: ignore[no-any-return]


def pop(w: World) -> int:
    """Give the ticket of the first entry; its place stays open for the next."""
    n = w.n
    n[HOLE] = 1
    n[SIZE] -= 1
    return first_ticket(w)


def close_hole(w: World) -> None:
    """Nothing was scheduled in place of the entry that happened last: take it out."""
    if w.n[HOLE]:
        w.n[HOLE] = 0
        drop_first(w)


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


def replace_first(w: World, time: int, ticket: int) -> None:
    """Put an entry in place of the first (plain Python)."""
    heapq.heapreplace(w.at, (time, ticket))


def drop_first(w: World) -> None:
    """Take the first entry out (plain Python)."""
    heapq.heappop(w.at)


def first_time(w: World) -> int:
    """Give the time of the first entry; there must be one (plain Python)."""
    return w.at[0][0]  # type: ignore[no-any-return]


def first_ticket(w: World) -> int:
    """Give the ticket of the first entry (plain Python)."""
    return w.at[0][1]  # type: ignore[no-any-return]


def has_room(w: World, more: int) -> bool:
    """Tell whether so many entries fit; a Python list always grows."""
    return len(w.at) + more > 0


def sweep(w: World) -> None:
    """Take the cancelled entries out (plain Python)."""
    close_hole(w)
    w.at[:] = [entry for entry in w.at if is_live(w, entry[1])]
    heapq.heapify(w.at)
    w.n[SIZE] = len(w.at)
    w.n[STALE] = 0


def array_first_time(w: World) -> int:
    """Give the time of the first entry; there must be one."""
    return w.at[0]  # type: ignore[no-any-return]


def array_first_ticket(w: World) -> int:
    """Give the ticket of the first entry."""
    return w.at[1]  # type: ignore[no-any-return]


def array_has_room(w: World, more: int) -> bool:
    """Tell whether so many entries fit."""
    return 2 * (w.n[SIZE] + more) < len(w.at)  # type: ignore[no-any-return]


def array_push(w: World, time: int, ticket: int) -> None:
    """Add an entry behind the last, and let it rise."""
    rise(w, 2 * w.n[SIZE], time, ticket)


def array_replace_first(w: World, time: int, ticket: int) -> None:
    """Put an entry in place of the first."""
    sink(w, 2 * (w.n[SIZE] + 1), time, ticket)


def array_drop_first(w: World) -> None:
    """Take the first entry out: the last one goes where it belongs."""
    end = 2 * w.n[SIZE]
    if end > 0:
        sink(w, end, w.at[end], w.at[end + 1])


def rise(w: World, hole: int, time: int, ticket: int) -> None:
    """Put an entry at `hole` or above: parents that come later move down."""
    at = w.at
    while hole > 0:
        parent = ((hole - 2) >> 2) << 1
        if at[parent] < time or (at[parent] == time and at[parent + 1] < ticket):
            break
        at[hole] = at[parent]
        at[hole + 1] = at[parent + 1]
        hole = parent
    at[hole] = time
    at[hole + 1] = ticket


def sink(w: World, end: int, time: int, ticket: int) -> None:
    """Fill the hole at the top from below, all the way down, then let the entry rise from there.

    Which child comes first nobody can guess, the processor neither: so that is computed, not jumped by.
    """
    at = w.at
    hole, child = 0, 2
    while child + 2 < end:
        later = (at[child + 2] < at[child]) | ((at[child + 2] == at[child]) & (at[child + 3] < at[child + 1]))
        child += 2 * later
        at[hole] = at[child]
        at[hole + 1] = at[child + 1]
        hole = child
        child = 2 * hole + 2
    if child < end:
        at[hole] = at[child]
        at[hole + 1] = at[child + 1]
        hole = child
    rise(w, hole, time, ticket)


def array_sweep(w: World) -> None:
    """Take the cancelled entries out: the others are added again, one by one."""
    close_hole(w)
    at = w.at
    size = w.n[SIZE]
    kept = 0
    for i in range(0, 2 * size, 2):
        if is_live(w, at[i + 1]):
            rise(w, kept, at[i], at[i + 1])
            kept += 2
    w.n[SIZE] = kept >> 1
    w.n[STALE] = 0
