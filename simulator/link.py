"""From the assembler's rows to the engine's columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from simulator import draw
from simulator.distributions import constant
from simulator.engine import steps
from simulator.engine.state import LANE, POOL, STEP, TOKEN, Program
from simulator.program import Assembler, Label, PoolSpec, Step
from simulator.workload import Closed, Open, Replay, Workload

INTERVAL = 5_000_000
"""ns after which a thread asks for the GIL: sys.getswitchinterval()."""

_INSTANT = frozenset({steps.ENTER, steps.LEAVE, steps.STATUS})


def link(
    asm: Assembler,
    workload: Workload,
    seed: int,
    events: list[tuple[int, int, int]],
    idle: int,
    *,
    record: bool,
) -> Program:
    """Make the program of an assembled stack; events are (ns, pool, down).

    `idle` is how long the first server keeps an idle connection, in ns; -1 if it never does.
    """
    rows = asm.layout.steps
    _keep_gil(rows)
    frame = 4 if record else 2
    frames = TOKEN + frame * (max(step.depth for step in rows) + 1)
    shape = Shape(frame, frames, frames + max(asm.seats, 1))
    return Program(
        step=[number for row in rows for number in _step(row, shape)],
        **_laws(asm, workload),
        branches=[label.step * STEP for label in asm.branches] or [0],
        entry=[entry * STEP for entry in asm.entries],
        chance=_shares(asm.weights),
        event=[number for at, pool, down in events for number in (at, pool * POOL, down)],
        profile=_profile(workload),
        due=list(workload.due) if isinstance(workload, Replay) and workload.due else [0, 0, 0],
        steps=len(rows) * STEP,
        width=shape.regs + asm.regs,
        frame=shape.frame,
        seats=shape.seats,
        regs=shape.regs,
        most=2 + max((step.b for step in rows if step.op == steps.FORK), default=0),
        actors=len(actors(asm.layout.pools, len(asm.layout.cores))),
        seed=draw.mix(seed & draw.MASK),
        **_workload(workload, idle),
        think=len(asm.laws),
        interval=INTERVAL,
        record=int(record),
        where_bits=max(len(asm.layout.lanes) * LANE, len(asm.layout.pools) * POOL).bit_length() + 1,
        step_bits=(2 * len(rows) * STEP).bit_length(),
    )


@dataclass(frozen=True, slots=True)
class Shape:
    """Where in a token's row frames, seats and registers stand."""

    frame: int
    seats: int
    regs: int


def actors(pools: list[PoolSpec], cores: int) -> list[tuple[int, int]]:
    """List (kind, of which) of the actors, in the order of their tokens."""
    found = [(steps.ARRIVALS, 0), (steps.EVENTS, 0)]
    found += [(steps.CORES, g) for g in range(cores)]
    found += [(steps.GIL, q * POOL) for q, pool in enumerate(pools) if pool.gil]
    return found + [(steps.WATCHDOG, q * POOL) for q, pool in enumerate(pools) if pool.timeout >= 0]


def _at(operand: int | Label) -> int:
    """Give the handle of the step that a label stands at."""
    return operand.step * STEP if isinstance(operand, Label) else operand


def _step(row: Step, shape: Shape) -> tuple[int, ...]:
    """Give the row of a step: operands that name a seat, register, frame, pool or step become handles."""
    a, b, c = _at(row.a), row.b, _at(row.c)
    if row.op in (steps.ACQUIRE, steps.COMPUTE) and a >= 0:
        a *= POOL
    if row.op == steps.LEAVE:
        a *= STEP
    if row.op == steps.PICK:
        c *= POOL
    if row.op in (steps.ACQUIRE, steps.RELEASE, steps.BOOT):
        b += shape.seats
    reg = row.reg + shape.regs if row.reg >= 0 else -1
    seat = row.seat + shape.seats if row.seat >= 0 else -1
    depth = TOKEN + row.depth * shape.frame
    return (
        row.op,
        a,
        b,
        c,
        row.d,
        row.draw,
        reg,
        depth,
        row.hop,
        seat,
        _at(row.rescue) if row.rescue else -1,
        row.inside * STEP,
    )


def _keep_gil(rows: list[Step]) -> None:
    """Let a thread that goes on computing keep the GIL between two steps."""
    for i, row in enumerate(rows):
        if row.op == steps.COMPUTE and _at(row.a) >= 0:
            j = i + 1
            while rows[j].op in _INSTANT:
                j += 1
            row.c = int(rows[j].op == steps.COMPUTE and (rows[j].a, rows[j].reg) == (row.a, row.reg))


def _laws(asm: Assembler, workload: Workload) -> dict[str, Any]:
    laws = list(asm.laws)
    laws.append((workload.think if isinstance(workload, Closed) else constant(0), 0x0123456789ABCDEF))
    law: list[int] = []
    number: list[float] = []
    # Demands of a recording stand first: RECORDED counts from there.
    table = list(workload.demands) if isinstance(workload, Replay) else []
    for one, name in laws:
        law += (one.law, one.fixed, name, len(table))
        number += (float(one.mean), float(one.shape))
        table += one.table
    return {"law": law, "number": number, "table": table or [0.0]}


def _shares(weights: list[float]) -> list[float]:
    """Give the cumulative share of each endpoint; the last is out of reach."""
    total, so_far, shares = sum(weights), 0.0, []
    for weight in weights:
        so_far += weight
        shares.append(so_far / total)
    return [*shares[:-1], 2.0]


def _profile(workload: Workload) -> list[float]:
    points: list[tuple[int, float]] = [(0, 0.0)]
    if isinstance(workload, Open):
        points = list(workload.profile) or [(0, workload.rate)]
    return [number for at, rate in points for number in (float(at), rate / 1e9)]


_KINDS = {Open: steps.OPEN, Closed: steps.CLOSED, Replay: steps.REPLAY}


def _workload(workload: Workload, idle: int) -> dict[str, Any]:
    return {
        "workload": _KINDS[type(workload)],
        "requests": workload.requests if workload.requests is not None else -1,
        "until": workload.duration if workload.duration is not None else -1,
        "warmup": workload.warmup,
        "constant": int(isinstance(workload, Open) and workload.arrivals == "constant"),
        "burst": workload.burst if isinstance(workload, Open) else 1,
        "clients": workload.clients if isinstance(workload, Closed) else 0,
        "timeout": workload.timeout if workload.timeout is not None else -1,
        "retries": workload.retries,
        "backoff": workload.backoff,
        "keepalive": idle if workload.keepalive else -1,
    }
