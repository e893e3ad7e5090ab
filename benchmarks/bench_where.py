"""CPU of filtering a million requests (three visits and eight phases each), and of the naive way beside it.

"first" makes the columns, as the command line does; "again" finds them made, as the filter line of the table
does while one types. The peer is a plain Python loop over the same columns, run on a tenth of the requests.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.many import many
from tracer.analysis.where import Columns, mask, parse
from tracer.recording import Recording

REQUESTS = 1_000_000
EXPRESSIONS = (
    'status >= 500 and queued > 20ms and path ~ "/item"',
    'status >= 500 and queued > 20ms and path ~ "^/item/[0-9]+$"',
    'hop = app and lane = "worker 3"',
    "latency > 20ms or not outcome = ok",
)


def cpu_ms(work: Callable[[], object]) -> float:
    """Measure the CPU of one call, in ms."""
    begin = time.process_time()
    work()
    return (time.process_time() - begin) * 1e3


def naive(recording: Recording, requests: int) -> int:
    """Count what the first expression fits, request by request."""
    table, phases, visits = recording.requests, recording.phases, recording.visits
    queued = dict.fromkeys(range(requests), 0)
    last = int(visits.request.searchsorted(requests)) if len(visits.request) else 0
    for visit, kind, start, end in zip(
        *(column[: last * 3].tolist() for column in (phases.visit, phases.kind, phases.start, phases.end)),
        strict=True,
    ):
        if kind == 0 and visit >= 0 and (request := int(visits.request[visit])) < requests:
            queued[request] += end - start
    return sum(
        int(table.status[n]) >= 500
        and queued[n] > 20_000_000
        and "/item" in recording.text(int(table.target[n])).partition("?")[0]
        for n in range(requests)
    )


def told(recording: Recording, text: str) -> str:
    """Measure an expression: median (least … most) of first and again."""
    tree, kept = parse(text), Columns(recording)
    first = [cpu_ms(lambda: mask(tree, Columns(recording))) for _ in range(3)]
    mask(tree, kept)
    again = [cpu_ms(lambda: mask(tree, kept)) for _ in range(5)]
    pairs = (("first", first), ("again", again))
    return "  ".join(
        f"{name} {statistics.median(taken):6.1f} ({min(taken):.1f} … {max(taken):.1f})"
        for name, taken in pairs
    )


def main() -> None:
    """Print a line an expression, for a few paths and for as many as there are requests."""
    for paths in (100, REQUESTS):
        recording, part = many(REQUESTS, paths=paths), REQUESTS // 10
        print(f"{REQUESTS:,} requests, {len(recording.phases.start):,} phases, {paths:,} paths; CPU ms")
        for text in EXPRESSIONS:
            print(f"  {told(recording, text)}  {text}")
        loop = cpu_ms(partial(naive, recording, part)) * REQUESTS / part
        print(f"  a Python loop {loop:6.0f}  the first of these")


if __name__ == "__main__":
    main()
