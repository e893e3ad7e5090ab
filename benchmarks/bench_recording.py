"""A recording of ten million phases: how fast it opens, what it takes on disk, how long check() takes.

Asked: open in under 100 ms (mapped, not loaded), under 60 bytes per phase on disk. The recording is that of
a client, a server and its application as hooks tell it: 12 phases and 3 visits a request, no frames.
Opening is measured in processes of their own (5 of them, the interpreter and the imports left out), with
the file in the page cache; beside it the first touch of columns, which looks at the range of each.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from tracer.recording import TABLES, Hop, Lane, LaneKind, Recording, Rows
from tracer.recording.nouns import columns
from tracer.recording.sealed import load, save
from tracer.recording.texts import Texts

PER_REQUEST = 12
WORKERS = 64
# kind, holds, visit (0 client, 1 server, 2 app), start and end in us of 1000
STEPS = (
    (0, 0, 0, 0, 10), (5, 0, 0, 10, 20), (3, 0, 0, 20, 980), (5, 0, 0, 980, 1000),
    (0, 0, 1, 20, 100), (5, 1, 1, 100, 120), (4, 0, 1, 120, 900), (5, 1, 1, 900, 960), (2, 1, 1, 960, 970),
    (1, 1, 2, 120, 300), (2, 1, 2, 300, 800), (1, 1, 2, 800, 900),
)  # fmt: skip


def made(requests: int) -> Recording:
    """Make the recording column by column, in order of time; requests take turns on the workers."""
    begin = 1_700_000_000_000_000_000 + np.arange(requests, dtype=np.int64) * (1_000_000 // WORKERS)
    rows = Rows([Hop(0, "client", 0), Hop(1, "gunicorn"), Hop(2, "app", 3)])
    rows.lanes = [Lane(0, 1, "arbiter", LaneKind.POOL, WORKERS, start=0)]
    rows.lanes += [Lane(n + 1, 1, f"worker {n + 1}", parent=0, start=0) for n in range(WORKERS)]
    small = Recording.of(rows)
    texts = Texts.of([*small.texts, "GET", "http/1.1", *(f"time.sleep views.py:{n}" for n in range(40))])
    meta = {"source": "hook", "clocks": [{"name": "monotonic", "offset_ns": 0, "uncertainty_ns": 0}]}
    numbers, which, visits = _visits(begin, texts)
    tables = {"visits": visits, "phases": _phases(begin, numbers, which, texts)}
    tables["requests"] = TABLES["requests"](**_requests(begin, texts))
    tables["marks"] = small.marks
    return Recording(small.hops, small.lanes, texts=texts, meta=meta, **tables)


def _filled(name: str, rows: int, **values: object) -> dict[str, np.ndarray]:
    """Give the columns of a table: the values given, and -1 for all else."""
    types = columns(TABLES[name]).items()
    return {c: np.asarray(values[c], d) if c in values else np.full(rows, -1, d) for c, d in types}


def _requests(begin: np.ndarray, texts: Texts) -> dict[str, np.ndarray]:
    n, bytes_out = len(begin), 100 + np.arange(len(begin)) % 900
    get = list(texts).index("GET")
    same = {"method": np.full(n, get), "target": get + np.arange(n) % 40, "status": np.full(n, 200)}
    times = {"start": begin, "end": begin + 1_000_000, "bytes_out": bytes_out, "bytes_in": np.zeros(n)}
    return _filled("requests", n, **same, **times, outcome=np.zeros(n))


def _visits(begin: np.ndarray, texts: Texts) -> tuple[np.ndarray, np.ndarray, object]:
    n = len(begin)
    start = (begin[:, None] + np.array([0, 20_000, 120_000])).ravel()
    end = (begin[:, None] + np.array([1_000_000, 970_000, 900_000])).ravel()
    order = np.argsort(start, kind="stable")
    numbers = np.empty(3 * n, np.int64)
    numbers[order] = np.arange(3 * n)
    numbers = numbers.reshape(n, 3)
    parent = np.column_stack([np.full(n, -1), numbers[:, 0], numbers[:, 1]]).ravel()
    hop = np.tile([0, 1, 2], n)
    told = {"request": np.repeat(np.arange(n), 3), "hop": hop, "parent": parent, "attempt": np.ones(3 * n)}
    told |= {"protocol": np.full(3 * n, list(texts).index("http/1.1")), "status": np.full(3 * n, 200)}
    told |= {"outcome": np.zeros(3 * n), "detached": np.zeros(3 * n), "start": start, "end": end}
    told |= {
        "first_byte": end - 50_000,
        "answered": end,
        "match": hop,
        "confidence": np.where(hop, 10_000, -1),
    }
    told = {name: np.asarray(values)[order] for name, values in told.items()}
    return numbers, np.arange(n) % WORKERS + 1, TABLES["visits"](**_filled("visits", 3 * n, **told))


def _phases(begin: np.ndarray, numbers: np.ndarray, worker: np.ndarray, texts: Texts) -> object:
    n = len(begin)
    kind, holds, visit, first, last = (np.array(column) for column in zip(*STEPS, strict=True))
    start = (begin[:, None] + first * 1000).ravel()
    owner = numbers[:, visit].ravel()
    order = np.lexsort((owner, start))
    told = {"visit": owner, "start": start, "end": (begin[:, None] + last * 1000).ravel()}
    told |= {"kind": np.tile(kind, n), "holds": np.tile(holds, n), "evidence": np.ones(n * len(STEPS))}
    told["lane"] = np.where(holds, worker[:, None], -1).ravel()
    told["waits_for"] = np.tile(np.where((kind == 0) & (visit == 1), 0, -1), n)
    told["cpu_ns"] = np.where(np.tile(kind == 1, n), (told["end"] - start) * 9 // 10, -1)
    told["what"] = np.where(np.tile(kind == 2, n), len(texts) - 1 - np.arange(n * len(STEPS)) % 40, -1)
    told = {name: np.asarray(values)[order] for name, values in told.items()}
    return TABLES["phases"](**_filled("phases", n * len(STEPS), **told))


OPENING = """
import json, sys, time
import numpy
from tracer.recording import sealed, live
def timed(do):
    wall, cpu = time.perf_counter(), time.process_time()
    value = do()
    return value, (time.perf_counter() - wall) * 1e3, (time.process_time() - cpu) * 1e3
def middle(r):
    at = numpy.searchsorted(r.phases.start, r.phases.start[len(r.phases.start) // 2])
    return r.phases.start[at : at + 1000].sum()
def every(r):
    for t in (r.hops, r.lanes, r.requests, r.visits, r.phases, r.marks):
        [getattr(t, c) for c in type(t).__dataclass_fields__]
r, *opened = timed(lambda: sealed.load(sys.argv[1]))
_, *window = timed(lambda: middle(r))
_, *touched = timed(lambda: every(r))
print(json.dumps([opened, window, touched]))
"""


def opened(path: Path, times: int = 5) -> np.ndarray:
    """Give wall and CPU ms, shape (times, 3, 2): to open, to read a window of 1000, to touch every column."""
    run = [sys.executable, "-c", OPENING, str(path)]
    return np.array(
        [json.loads(subprocess.run(run, check=True, capture_output=True).stdout) for _ in range(times)]
    )


def main() -> None:
    """Make, save, open and check; clean up."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--phases", type=float, default=10e6)
    requests = int(parser.parse_args().phases) // PER_REQUEST + 1
    with tempfile.TemporaryDirectory(prefix="bench-recording-") as directory:
        path = Path(directory) / "ten-million.trace"
        recording = made(requests)
        phases = len(recording.phases.start)
        begin = time.perf_counter()
        save(recording, path)
        saving = time.perf_counter() - begin
        del recording
        report(path, phases, saving)
        check_a_million(Path(directory) / "million.trace")


def report(path: Path, phases: int, saving: float) -> None:
    """Print the table, the asked figure beside each."""
    size = path.stat().st_size
    own = sum(np.load(path)[f"phases/{c}"].nbytes for c in columns(TABLES["phases"]))
    ms = opened(path)
    middle, worst = np.median(ms, axis=0), ms.max(axis=0)
    print(f"{phases:,} phases, {size / 1e6:,.0f} MB, saved in {saving:.1f} s")
    row("", "median", "worst", "asked")
    for what, at, asked in (("open", 0, "< 100"), ("window of 1000", 1, ""), ("look at all columns", 2, "")):
        for clock, column in (("wall", 0), ("CPU", 1)):
            row(f"{what}, {clock} ms", middle[at][column], worst[at][column], asked)
    row("bytes per phase, the whole file", size / phases, "", "< 60")
    row("bytes per phase, the table of phases", own / phases, "", "")


def row(name: str, *cells: float | str) -> None:
    """Print a row of the table."""
    told = (f"{cell:10.1f}" if isinstance(cell, float) else f"{cell:>10}" for cell in cells)
    print(f"{name:40}", *told)


def check_a_million(path: Path) -> None:
    """Print what check() takes, from a file."""
    recording = made(1_000_000 // PER_REQUEST + 1)
    save(recording, path)
    cpu = time.process_time()
    told = load(path).check()
    row("check() of 1M phases, CPU s", time.process_time() - cpu, "", "a few")
    if told:
        raise SystemExit(f"the recording is not sound: {told[0]}")


if __name__ == "__main__":
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, numpy {np.__version__}")
    main()
