"""From the log of a run to a Recording: the engine's rows are in order already, so columns become columns."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.engine import steps
from simulator.engine.account import NO_STATUS, PARENT_BITS, STATUS_BITS, STATUS_MASK, TRY_BITS
from simulator.engine.state import (
    ISSUED,
    LANE,
    PHASE,
    PHASE_END,
    PHASE_START,
    PHASE_WHAT,
    PHASES,
    POOL,
    REQUEST_DUE,
    REQUEST_END,
    REQUEST_HOW,
    REQUEST_ROW,
    STEP,
    VISIT_END,
    VISIT_HOW,
    VISIT_OF,
    VISIT_ROW,
    VISIT_START,
    VISITS,
    Program,
)
from simulator.program import SILENT, Layout
from simulator.run import Run
from tracer.recording import (
    UNKNOWN,
    Clock,
    Evidence,
    Hops,
    Interner,
    LaneKind,
    Lanes,
    MarkKind,
    Marks,
    Match,
    Outcome,
    PhaseKind,
    Phases,
    Recording,
    Requests,
    Visits,
)
from tracer.recording.nouns import TABLES, columns

I8 = NDArray[np.int64]


def recording_of(run: Run, *, title: str, seed: int) -> Recording:
    """Make the recording of a run that was told to record; times from 0, evidence simulated."""
    intern = Interner()
    n = run.world.n
    rows = {
        "visits": _rows(run.world.visits, int(n[VISITS]), VISIT_ROW),
        "phases": _rows(run.world.phases, int(n[PHASES]), PHASE),
        "requests": _rows(run.world.requests, int(n[ISSUED]) * REQUEST_ROW, REQUEST_ROW),
    }
    visits = _visits(run.layout, rows["visits"], intern)
    tables: dict[str, Any] = {
        "hops": _hops(run.layout, intern),
        "lanes": _lanes(run.layout, intern),
        "requests": _requests(run.layout, rows["requests"], intern),
        "visits": visits,
        "phases": _phases(run, rows["phases"], intern),
        "marks": _marks(visits),
    }
    meta = {
        "source": "simulation",
        "title": title,
        "clocks": [Clock("simulated").as_meta()],
        "warmup": run.program.warmup,
        "events": run.events,
        "seed": seed,
    }
    stations = {cores for _, cores in run.layout.shared.values()}
    for number, count in enumerate(run.layout.cores):
        if number not in stations:
            meta["cores"] = int(count)
    return Recording(**tables, texts=intern.texts(), meta=meta)


def status_in(how: I8) -> I8:
    """Give the status of rows, which shares a field."""
    return (how & STATUS_MASK) - NO_STATUS


def _rows(log: Any, length: int, width: int) -> I8:
    """Give the rows of a log, shape (rows, width)."""
    return np.asarray(log[:length], np.int64).reshape(-1, width)


def _table(name: str, length: int, values: dict[str, Any]) -> Any:
    """Make a table; a column that is not given is not known."""
    made = {}
    for column, dtype in columns(TABLES[name]).items():
        value = np.asarray(values.get(column, UNKNOWN))
        made[column] = np.ascontiguousarray(np.broadcast_to(value, (length,)), dtype)
    return TABLES[name](**made)


def _hops(layout: Layout, intern: Interner) -> Hops:
    hops = layout.hops
    values = {
        "name": [intern(hop.name) for hop in hops],
        "role": [int(hop.role) for hop in hops],
        "software": [intern(hop.software) for hop in hops],
        "protocol": [intern(hop.protocol) for hop in hops],
    }
    return _table("hops", len(hops), values)  # type: ignore[no-any-return]


def _lanes(layout: Layout, intern: Interner) -> Lanes:
    lanes = layout.lanes
    values: dict[str, Any] = {
        name: [int(getattr(lane, name)) for lane in lanes] for name in ("hop", "kind", "capacity", "parent")
    }
    values["label"] = [intern(lane.label) for lane in lanes]
    return _table("lanes", len(lanes), {**values, "start": 0})  # type: ignore[no-any-return]


def _requests(layout: Layout, rows: I8, intern: Interner) -> Requests:
    targets = np.array([intern(path) for path in layout.endpoints])
    status, end = status_in(rows[:, REQUEST_HOW]), rows[:, REQUEST_END]
    values = {
        "method": intern("GET"),
        "target": targets[rows[:, REQUEST_HOW] >> STATUS_BITS],
        "status": np.where((end >= 0) & (status > 0), status, UNKNOWN),
        "start": rows[:, REQUEST_DUE],
        "end": end,
        "outcome": _outcome(status, end),
    }
    return _table("requests", len(rows), values)  # type: ignore[no-any-return]


def _outcome(status: I8, end: I8) -> I8:
    """Give the outcome that a status of the engine stands for."""
    outcome = np.where((status > 0) & (status < 500), Outcome.OK, Outcome.ERROR)
    outcome = np.where(status == steps.REFUSED, Outcome.REFUSED, outcome)
    outcome = np.where(status == steps.GAVE_UP, Outcome.TIMEOUT, outcome)
    return np.where(end < 0, Outcome.OPEN, outcome)


def _visits(layout: Layout, rows: I8, intern: Interner) -> Visits:
    hop_of = np.array([step.hop for step in layout.steps])
    how, parent = rows[:, VISIT_HOW], (rows[:, VISIT_OF] & ((1 << PARENT_BITS) - 1)) - 1
    hop = hop_of[(how >> (STATUS_BITS + TRY_BITS)) // STEP]
    protocol = np.array([intern(spec.protocol) for spec in layout.hops])
    status, end = status_in(how), rows[:, VISIT_END]
    values = {
        "request": rows[:, VISIT_OF] >> PARENT_BITS,
        "hop": hop,
        "parent": np.where(parent >= 0, parent, UNKNOWN),
        "attempt": (how >> STATUS_BITS) & ((1 << TRY_BITS) - 1),
        "protocol": protocol[hop],
        "status": np.where((end >= 0) & (status > 0), status, UNKNOWN),
        "outcome": _outcome(status, end),
        "detached": 0,
        "start": rows[:, VISIT_START],
        "answered": np.where((end >= 0) & (status > 0), end, UNKNOWN),
        "end": end,
        "match": Match.NONE,
    }
    return _table("visits", len(rows), values)  # type: ignore[no-any-return]


def _phases(run: Run, rows: I8, intern: Interner) -> Phases:
    layout = run.layout
    visit, at, where = _unpacked(run.program, rows[:, PHASE_WHAT])
    gil = at >= run.program.steps
    step = (at - np.where(gil, run.program.steps, 0)) // STEP
    kind = np.where(gil, PhaseKind.QUEUED, np.array([int(s.kind) for s in layout.steps])[step])
    lasting = rows[:, PHASE_END] != rows[:, PHASE_START]
    keep = np.flatnonzero((kind != SILENT) & lasting)
    keep = keep[np.lexsort((visit[keep], rows[keep, PHASE_START]))]
    rows, gil, step, kind = rows[keep], gil[keep], step[keep], kind[keep]
    visit, where = visit[keep], where[keep]
    values = {
        "visit": visit,
        "kind": kind,
        "start": rows[:, PHASE_START],
        "end": rows[:, PHASE_END],
        "what": np.array([intern(s.what) for s in layout.steps])[step],
        "evidence": Evidence.SIMULATED,
        **_places(layout, where, gil, step, kind),
    }
    return _table("phases", len(rows), values)  # type: ignore[no-any-return]


def _unpacked(program: Program, what: I8) -> tuple[I8, I8, I8]:
    """Give visit, step and lane or pool of phases, as `account.open_row` packs them."""
    where = (what & ((1 << program.where_bits) - 1)) - 1
    step = (what >> program.where_bits) & ((1 << program.step_bits) - 1)
    return (what >> (program.where_bits + program.step_bits)) - 1, step, where


def _places(layout: Layout, where: I8, gil: NDArray[np.bool_], step: I8, kind: I8) -> dict[str, I8]:
    """Give lane, holds and waits_for: who queues holds nothing, unless it is for a GIL."""
    queued = (kind == PhaseKind.QUEUED) & ~gil
    shared = np.array([layout.shared.get(s.hop, (UNKNOWN, 0))[0] for s in layout.steps])
    lane = np.where(where >= 0, where // LANE, shared[step])
    # A station whose lanes are shared computes on its one lane.
    holds = np.array([s.holds for s in layout.steps])[step] | gil
    lane = np.where(queued | (holds == 0), UNKNOWN, lane)
    pools = np.array([pool.waits_for for pool in layout.pools] or [UNKNOWN])
    pool = np.where(queued, where // POOL, 0)
    locks = np.array([_lock_of(layout, i) for i in range(len(layout.lanes))] or [UNKNOWN])
    waits_for = np.where(queued, pools[pool], np.where(gil, locks[lane], UNKNOWN))
    return {"lane": lane, "holds": holds, "waits_for": waits_for}


def _lock_of(layout: Layout, lane: int) -> int:
    """Find the lock among a lane's ancestors."""
    while lane >= 0 and layout.lanes[lane].kind != LaneKind.LOCK:
        lane = layout.lanes[lane].parent
    return lane


def _marks(visits: Visits) -> Marks:
    """Mark what went wrong, at the end of the visit that it went wrong in."""
    kinds = {
        Outcome.REFUSED: MarkKind.REFUSED,
        Outcome.TIMEOUT: MarkKind.TIMEOUT,
        Outcome.ERROR: MarkKind.ERROR,
    }
    rows = np.flatnonzero(np.isin(visits.outcome, list(kinds)) & (visits.end >= 0))
    rows = rows[np.argsort(visits.end[rows], kind="stable")]
    table = np.full(len(Outcome), UNKNOWN)
    for outcome, kind in kinds.items():
        table[outcome] = kind
    values = {
        "time": visits.end[rows],
        "kind": table[visits.outcome[rows]],
        "request": visits.request[rows],
        "visit": rows,
        "evidence": Evidence.SIMULATED,
    }
    return _table("marks", len(rows), values)  # type: ignore[no-any-return]
