"""What a run leaves behind: time spent by step, and, if it records, a row for each visit and phase.

A row is opened when a phase starts and closed when it ends, so the rows stand in order of their start.
"""

from __future__ import annotations

from simulator.engine.state import (
    ANSWER,
    CALLED,
    COUNTED,
    DEPTH,
    FIRST,
    HELD,
    HOP,
    LAST,
    NOW,
    ORPHAN,
    OUTER,
    OVER,
    OWNER,
    PARENT,
    PC,
    PHASE,
    PHASE_END,
    PHASE_START,
    PHASE_WHAT,
    PHASES,
    REQUEST,
    ROW,
    SEAT,
    SINCE,
    STARTED,
    TOKEN,
    TRIES,
    VISIT,
    VISIT_END,
    VISIT_HOW,
    VISIT_OF,
    VISIT_ROW,
    VISIT_START,
    VISITS,
    WAITED,
    WAITS,
    Program,
    World,
)

STATUS_BITS, TRY_BITS, PARENT_BITS = 16, 20, 32
STATUS_MASK = (1 << STATUS_BITS) - 1
NO_STATUS = 8
"""A status of 0 as it is written; those that are none of HTTP's are a little below."""


def begin_phase(p: Program, w: World, t: int, step: int, where: int) -> None:
    """A token starts something that takes time; `where` is the lane, or the pool that it waits for."""
    w.tok[t + STARTED] = w.n[NOW]
    if p.record:
        w.tok[t + ROW] = open_row(p, w, w.tok[t + p.step[w.tok[t + PC] + DEPTH] + VISIT], step, where)


def end_phase(p: Program, w: World, t: int, step: int) -> int:
    """It is over: give how long it took."""
    tok = w.tok
    took = w.n[NOW] - tok[t + STARTED]
    tok[t + STARTED] = -1
    w.spent[step] += took * tok[t + COUNTED]
    if p.record:
        w.phases[tok[t + ROW] + PHASE_END] = w.n[NOW]
    return took  # type: ignore[no-any-return]


def open_row(p: Program, w: World, visit: int, step: int, where: int) -> int:
    """Log the start of a phase; give its row. A visit or place of -1 is written as 0."""
    row = w.n[PHASES]
    w.n[PHASES] = row + PHASE
    number = visit // VISIT_ROW + 1
    w.phases[row + PHASE_WHAT] = ((number << p.step_bits | step) << p.where_bits) | (where + 1)
    w.phases[row + PHASE_START] = w.n[NOW]
    w.phases[row + PHASE_END] = -1
    return row  # type: ignore[no-any-return]


def enter(p: Program, w: World, t: int, pc: int) -> None:
    """A visit begins; the visit around it is in the phase of this step meanwhile."""
    frame = t + p.step[pc + DEPTH]
    w.tok[frame + CALLED] = w.n[NOW]
    w.tok[frame + WAITED] = 0
    if p.record:
        if tells_outside(p, w, t, p.step[pc + DEPTH]):
            w.tok[frame + OUTER] = open_row(p, w, w.tok[frame - p.frame + VISIT], pc, seat_of(p, w, t, pc))
        w.tok[frame + VISIT] = open_visit(p, w, t, pc)


def tells_outside(p: Program, w: World, t: int, depth: int) -> bool:
    """Tell whether this token tells the visit around: no branch does, none whose client left."""
    if w.tok[t + PARENT] >= 0 or depth == TOKEN:
        return False
    return depth > TOKEN + p.frame or not w.tok[t + ORPHAN]


def seat_of(p: Program, w: World, t: int, pc: int) -> int:
    """Give the lane that a step runs on; -1."""
    if p.step[pc + SEAT] < 0:
        return -1
    return w.tok[t + p.step[pc + SEAT]]  # type: ignore[no-any-return]


def open_visit(p: Program, w: World, t: int, pc: int) -> int:
    """Log the start of a visit; give its row."""
    tok, visits = w.tok, w.visits
    depth = p.step[pc + DEPTH]
    row = w.n[VISITS]
    w.n[VISITS] = row + VISIT_ROW
    parent = tok[t + depth - p.frame + VISIT] if depth > TOKEN else -1
    visits[row + VISIT_OF] = (tok[t + REQUEST] << PARENT_BITS) | (parent // VISIT_ROW + 1)
    visits[row + VISIT_HOW] = (((pc << TRY_BITS) | tok[t + TRIES]) << STATUS_BITS) | NO_STATUS
    visits[row + VISIT_START] = w.n[NOW]
    visits[row + VISIT_END] = -1
    return row  # type: ignore[no-any-return]


def leave(p: Program, w: World, t: int, entered: int) -> None:
    """A visit ends: the one that step `entered` began."""
    tok = w.tok
    depth = p.step[entered + DEPTH]
    frame = t + depth
    w.visited[entered] += tok[t + COUNTED]
    w.spent[entered] += (w.n[NOW] - tok[frame + CALLED]) * tok[t + COUNTED]
    if tok[frame + WAITED] > 0 and tok[t + COUNTED]:
        note_wait(w, tok[frame + WAITED], p.step[entered + HOP])
    if p.record:
        close_visit(w, tok[frame + VISIT], tok[t + ANSWER])
        # The client's own rows were closed when it left.
        if tells_outside(p, w, t, depth):
            w.phases[tok[frame + OUTER] + PHASE_END] = w.n[NOW]


def stand_in_line(w: World, t: int, hop: int) -> None:
    """A counted visit at a hop is queued."""
    if w.tok[t + COUNTED]:
        now = w.line[2 * hop] + 1
        w.line[2 * hop] = now
        if now > w.line[2 * hop + 1]:
            w.line[2 * hop + 1] = now


def leave_line(w: World, t: int, hop: int) -> None:
    """It is queued no more."""
    w.line[2 * hop] -= w.tok[t + COUNTED]


def note_wait(w: World, waited: int, hop: int) -> None:
    """Keep how long a visit queued, for the percentiles."""
    w.waits[w.n[WAITS]] = (waited << 8) | hop
    w.n[WAITS] += 1


def close_visit(w: World, row: int, status: int) -> None:
    """Log the end of a visit."""
    w.visits[row + VISIT_END] = w.n[NOW]
    w.visits[row + VISIT_HOW] = with_status(w.visits[row + VISIT_HOW], status)


def with_status(how: int, status: int) -> int:
    """Put a status into the field that it shares."""
    return (how & ~STATUS_MASK) | (status + NO_STATUS)


def hold_lane(w: World, lane: int, t: int) -> None:
    """A lane is taken by a token."""
    w.lane[lane + OWNER] = t
    w.lane[lane + SINCE] = w.n[NOW]


def free_lane(w: World, lane: int) -> None:
    """A lane is let go: what counts is its time from the first counted request to the last end."""
    w.lane[lane + HELD] += held_within(w, w.lane[lane + SINCE])
    w.lane[lane + OWNER] = -1


def held_within(w: World, since: int) -> int:
    """How long a lane held since then was held within the counted time."""
    n = w.n
    if n[FIRST] < 0:
        return 0
    end = n[LAST] if n[OVER] else n[NOW]
    start = max(n[FIRST], since)
    return end - start if end > start else 0
