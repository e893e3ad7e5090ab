"""Making and growing the state of a run, as lists or as arrays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from simulator.engine import steps
from simulator.engine.state import (
    ACTOR,
    AFTER,
    BASE,
    BATCH,
    BEYOND_LANE,
    CHILDREN,
    CONNECTION_ROW,
    CORE,
    CORES_ACTOR,
    FIRST,
    FIRST_LANE,
    FREE,
    GONE,
    HEAD,
    HOLDER,
    LANE,
    NEXT,
    NUMBERS,
    OWNER,
    PARENT,
    PATIENCE,
    PC,
    PHASE,
    POOL,
    POOL_OF,
    READY,
    READY_LAST,
    REQUEST_ROW,
    SPARE,
    TAIL,
    VISIT_ROW,
    WAKE,
    Program,
    World,
)
from simulator.program import Layout, PoolSpec

FLOATS = frozenset({"number", "table", "chance", "profile", "share", "finish", "gap"})
ROOM = 512
"""Tokens that a run starts with, actors left out."""

MOST_ROOM = 1_000_000
"""Requests for which a recording's logs are made long enough from the start."""

LOGS = {
    steps.ANSWERS_FULL: "answers",
    steps.WAITS_FULL: "waits",
    steps.PHASES_FULL: "phases",
    steps.VISITS_FULL: "visits",
    steps.REQUESTS_FULL: "requests",
}

Actors = Sequence[tuple[int, int]]
"""(kind, of which pool or set of cores) of each actor."""


class Store:
    """Makes columns: lists of numbers in plain mode, arrays for the compiled engine."""

    def __init__(self, *, arrays: bool) -> None:
        self.arrays = arrays

    def column(self, name: str, values: Iterable[Any]) -> Any:
        """Give a column with these values."""
        if self.arrays:
            return np.array(list(values), np.float64 if name in FLOATS else np.int64)
        return list(values)

    def zeros(self, name: str, length: int) -> Any:
        """Give a column of zeros."""
        return self.column(name, [0.0 if name in FLOATS else 0]) * length if not self.arrays else np.zeros(
            length, np.float64 if name in FLOATS else np.int64
        )  # fmt: skip

    def blank(self, name: str, length: int) -> Any:
        """Give a column for a log, of which every row is written before it is read.

        Of large blank arrays numpy asks the system for huge pages; touching them one by one in small ones
        costs more than all of the engine.
        """
        return np.empty(length, np.int64) if self.arrays else self.zeros(name, length)

    def grown(self, name: str, column: Any, length: int) -> Any:
        """Give a column that is longer, its old values first."""
        if not self.arrays:
            column.extend(self.zeros(name, length - len(column)))
            return column
        longer = self.blank(name, length) if name in LOGS.values() else self.zeros(name, length)
        longer[: len(column)] = column
        return longer


def program_in(store: Store, program: Program) -> Program:
    """Give a program, its columns of the right kind."""
    made = {
        name: store.column(name, value) if isinstance(value, list) else value
        for name, value in program._asdict().items()
    }
    return Program(**made)


def new_world(store: Store, p: Program, layout: Layout, actors: Actors) -> World:
    """Make the state before anything has happened."""
    columns = {name: store.zeros(name, 0) for name in World._fields}
    columns["n"] = store.zeros("n", NUMBERS)
    columns["n"][SPARE] = columns["n"][READY] = columns["n"][READY_LAST] = columns["n"][FIRST] = -1
    columns["pool"] = store.column("pool", _pools(layout, actors, p.width))
    columns["lane"] = store.column("lane", _lanes(layout))
    columns["core"] = store.column("core", _cores(layout, actors, p.width))
    columns["share"] = store.column("share", [x for count in layout.cores for x in (float(count), 0.0, 0.0)])
    columns["line"] = store.zeros("line", 2 * len(layout.hops))
    columns["spent"] = store.zeros("spent", 2 * p.steps)
    columns["visited"] = store.zeros("visited", p.steps)
    columns["outcome"] = store.zeros("outcome", 8)
    columns["salt"], columns["gap"] = store.zeros("salt", BATCH), store.zeros("gap", BATCH)
    if store.arrays:
        columns["at"] = store.zeros("at", 4096)
    if store.arrays and p.record and p.requests > 0:
        columns |= _log_room(store, p, layout)
    world = more_tokens(store, p, World(**columns), len(actors) + ROOM, len(actors))
    for i, (kind, which) in enumerate(actors):
        actor = i * p.width
        world.tok[actor + PC], world.tok[actor + CHILDREN] = -kind, which
        world.tok[actor + WAKE] = world.tok[actor + GONE] = world.tok[actor + PARENT] = -1
    return world


def _log_room(store: Store, p: Program, layout: Layout) -> dict[str, Any]:
    """Make the logs as long as they may get, within reason: memory is taken only when it is written to."""
    timed = (steps.ACQUIRE, steps.COMPUTE, steps.HOLD, steps.FORK, steps.ENTER)
    visits = sum(step.op == steps.ENTER for step in layout.steps) // len(p.entry) + 2
    phases = sum(step.op in timed for step in layout.steps) // len(p.entry) + 2
    requests = min(p.requests, MOST_ROOM)
    return {
        "phases": store.blank("phases", requests * phases * PHASE),
        "visits": store.blank("visits", requests * visits * VISIT_ROW),
        "requests": store.blank("requests", requests * REQUEST_ROW + 1024),
    }


def _pools(layout: Layout, actors: Actors, width: int) -> list[int]:
    rows: list[int] = []
    for q, spec in enumerate(layout.pools):
        row = [0] * POOL
        row[HEAD] = row[TAIL] = row[HOLDER] = row[ACTOR] = -1
        row[FREE] = spec.first * LANE if spec.lanes else -1
        row[PATIENCE] = spec.timeout
        row[FIRST_LANE], row[BEYOND_LANE] = spec.first * LANE, (spec.first + spec.lanes) * LANE
        for i, (kind, which) in enumerate(actors):
            if kind in (steps.GIL, steps.WATCHDOG) and which == q * POOL:
                row[ACTOR] = i * width
        rows += row
    return rows


def _lanes(layout: Layout) -> list[int]:
    rows = [0] * (LANE * len(layout.lanes))
    for start in range(0, len(rows), LANE):
        rows[start + OWNER] = rows[start + POOL_OF] = rows[start + AFTER] = -1
    for q, spec in enumerate(layout.pools):
        _string_lanes(rows, q, spec)
    return rows


def _string_lanes(rows: list[int], q: int, spec: PoolSpec) -> None:
    """Put a pool's lanes on its list of free ones."""
    for lane in range(spec.first, spec.first + spec.lanes):
        rows[lane * LANE + POOL_OF] = q * POOL
        if lane + 1 < spec.first + spec.lanes:
            rows[lane * LANE + AFTER] = (lane + 1) * LANE


def _cores(layout: Layout, actors: Actors, width: int) -> list[int]:
    rows = [0] * (CORE * len(layout.cores))
    for i, (kind, g) in enumerate(actors):
        if kind == steps.CORES:
            rows[g * CORE + CORES_ACTOR] = i * width
    return rows


def grow(store: Store, p: Program, world: World, full: int) -> World:
    """Give a state in which that what was full has twice the room."""
    if full == steps.TOKENS_FULL:
        old = len(world.tok) // p.width
        return more_tokens(store, p, world, 2 * old, old)
    if full == steps.AGENDA_FULL:
        return world._replace(at=store.grown("at", world.at, 2 * len(world.at)))
    name = LOGS[full]
    column = getattr(world, name)
    length = max(4 * len(column), 128 * (p.steps + 1024))
    return world._replace(**{name: store.grown(name, column, length)})


def more_tokens(store: Store, p: Program, world: World, room: int, first: int) -> World:
    """Give a state with `room` tokens, of which those from `first` on are new and spare."""
    grown = world._replace(
        tok=store.grown("tok", world.tok, room * p.width),
        conn=store.grown("conn", world.conn, room * CONNECTION_ROW if p.keepalive >= 0 else 0),
        finish=_spread(store, "finish", world, room),
        job=_spread(store, "job", world, room),
    )
    for g in range(len(world.core) // CORE):
        grown.core[g * CORE + BASE] = g * room
    for t in range(room - 1, first - 1, -1):
        token = t * p.width
        grown.tok[token + WAKE] = grown.tok[token + GONE] = grown.tok[token + PARENT] = -1
        grown.tok[token + NEXT] = grown.n[SPARE]
        grown.n[SPARE] = token
    return grown


def _spread(store: Store, name: str, world: World, room: int) -> Any:
    """Give each set of cores more room: its heap stays at the front of its part."""
    groups = len(world.core) // CORE
    old = getattr(world, name)
    longer = store.zeros(name, groups * room)
    part = len(old) // groups if groups else 0
    for g in range(groups):
        longer[g * room : g * room + part] = old[g * part : (g + 1) * part]
    return longer
