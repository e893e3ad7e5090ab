"""The simulator's loop in C (loop.c), compiled by gcc and fed with the engine's own program and draws."""

from __future__ import annotations

import ctypes
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.draw import LAW
from simulator.engine import steps
from simulator.engine.arrivals import ARRIVAL_NAME
from simulator.engine.state import DRAW, OP, POOL, STEP, A, B
from simulator.run import Run

OPS = {steps.ACQUIRE: 0, steps.COMPUTE: 1, steps.RELEASE: 2, steps.END: 3}
STEP_TYPE = np.dtype(
    [(name, "i8") for name in ("op", "pool", "law", "ns")] + [("mean", "f8"), ("name", "u8")]
)
POOL_FIELDS = 8


@cache
def library() -> ctypes.CDLL:
    """Compile loop.c for this machine, as numba does."""
    source = Path(__file__).with_name("loop.c")
    folder = tempfile.mkdtemp()
    target = Path(folder) / "loop.so"
    command = ["gcc", "-O3", "-march=native", "-shared", "-fPIC", "-o", str(target), str(source), "-lm"]
    subprocess.run(command, check=True)
    return ctypes.CDLL(str(target))


def table(run: Run) -> NDArray[np.void]:
    """Give those steps of a run's program that the loop in C knows, up to the end."""
    rows: list[tuple[Any, ...]] = []
    seats: dict[int, int] = {}
    program = run.program
    for pc in range(program.entry[0], program.steps, STEP):
        op, a, b = (int(program.step[pc + field]) for field in (OP, A, B))
        if op == steps.ACQUIRE:
            seats[b] = a // POOL
        pool = seats[b] if op in (steps.ACQUIRE, steps.RELEASE) else 0
        law = int(program.step[pc + DRAW])
        kind, ns, name = (int(x) for x in program.law[law * LAW : law * LAW + 3])
        if op in OPS:
            rows.append((OPS[op], pool, kind, ns, program.number[2 * law], name))
        if op == steps.END:
            break
    return np.array(rows, STEP_TYPE)


def pools(run: Run) -> NDArray[np.int64]:
    """Give the pools, all lanes free; shape (pools, fields)."""
    made = np.zeros((len(run.layout.pools), POOL_FIELDS), np.int64)
    made[:, 0] = [pool.lanes for pool in run.layout.pools]
    made[:, 1:3] = -1
    return made


def serve(run: Run) -> NDArray[np.int64]:
    """Serve a run's requests, which must be open at one rate; give their latencies in ns, in order of end."""
    latency = np.zeros(run.program.requests, np.int64)
    rate = ctypes.c_double(run.program.profile[1])
    seed, name = ctypes.c_uint64(run.program.seed), ctypes.c_uint64(ARRIVAL_NAME)
    rows, places = table(run), pools(run)
    pointers = [ctypes.c_void_p(column.ctypes.data) for column in (rows, places, latency)]
    requests = ctypes.c_int64(run.program.requests)
    library().serve(pointers[0], pointers[1], requests, seed, name, rate, pointers[2])
    return latency
