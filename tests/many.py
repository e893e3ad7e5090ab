"""A recording of as many requests as one likes, made column by column: for what must work on millions."""

from __future__ import annotations

from typing import Any

import numpy as np

from tracer.recording import LaneKind, Outcome, PhaseKind, Recording, Role
from tracer.recording.nouns import TABLES, Table, columns
from tracer.recording.texts import Texts

US = 1_000
MS = 1_000_000
BASE = 1_700_000_000_000_000_000
WORKERS = 4
_NAMES = ["client", "gunicorn", "app", "http/1.1", "wsgi", "GET", "POST", "time.sleep app.py:17"]
_WORDS = [*_NAMES, *(f"worker {number + 1}" for number in range(WORKERS))]


def many(requests: int, paths: int = 100, seed: int = 7) -> Recording:
    """Give requests 100 us apart, each with a visit of client, gunicorn and app, and eight phases.

    They queue 0 to 40 ms, run 1 ms and are BLOCKED 0 to 20 ms; one in fifty answers 500 or 503.
    """
    draw = np.random.default_rng(seed)
    n = np.arange(requests)
    start = BASE + n * 100 * US
    queued, blocked = (draw.integers(0, most, requests) * MS for most in (40, 20))
    edges = [start, start + 100 * US]  # sent
    for length in (queued, 500 * US, blocked, 500 * US, 100 * US):
        edges.append(edges[-1] + length)
    status = np.where(draw.random(requests) < 0.02, draw.choice([500, 503], requests), 200)
    return Recording(
        **_tables(requests, edges, status, draw, paths),
        texts=Texts.of([*_WORDS, *(f"/item/{number}" for number in range(paths))]),
        meta={"source": "simulation", "title": f"{requests} requests"},
    )


def _tables(requests: int, edges: list[Any], status: Any, draw: Any, paths: int) -> dict[str, Any]:
    sent, taken, up, wait, back, done, got = edges[0], edges[1], *edges[2:]
    lane = draw.integers(0, WORKERS, requests)
    n = np.arange(requests)
    visit_order, of_visit = _visits(n, sent, taken, up, done, got, status)
    client, server, app = of_visit
    kind = PhaseKind
    phases = [
        (client, -1, kind.TRANSFER, 0, sent, taken, -1, -1),
        (client, -1, kind.AWAITING, 0, taken, done, -1, -1),
        (client, -1, kind.TRANSFER, 0, done, got, -1, -1),
        (server, -1, kind.QUEUED, 0, taken, up, lane, -1),
        (server, lane, kind.CALLING, 0, up, done, -1, -1),
        (app, lane, kind.RUNNING, 1, up, wait, -1, -1),
        (app, lane, kind.BLOCKED, 1, wait, back, -1, 7),
        (app, lane, kind.RUNNING, 1, back, done, -1, -1),
    ]
    names = ("visit", "lane", "kind", "holds", "start", "end", "waits_for", "what")
    return {
        "hops": _made(
            "hops", 3, name=[0, 1, 2], role=[Role.CLIENT, Role.GATEWAY, Role.APP], protocol=[-1, 3, 4]
        ),
        "lanes": _made(
            "lanes",
            WORKERS,
            hop=1,
            label=np.arange(WORKERS) + len(_NAMES),
            kind=LaneKind.PROCESS,
            capacity=1,
            start=sent[0] if requests else 0,
        ),
        "requests": _made(
            "requests",
            requests,
            method=5 + (n % 10 == 0),
            target=len(_WORDS) + draw.integers(0, paths, requests),
            status=status,
            start=sent,
            end=got,
            bytes_in=0,
            bytes_out=draw.integers(100, 100_000, requests),
            outcome=np.where(status >= 500, Outcome.ERROR, Outcome.OK),
        ),
        "visits": visit_order,
        "phases": _sorted("phases", [dict(zip(names, one, strict=True)) for one in phases], requests)[0],
        "marks": _made("marks", 0),
    }


def _visits(n: Any, sent: Any, taken: Any, up: Any, done: Any, got: Any, status: Any) -> Any:
    told = [(0, sent, got, -1), (1, taken, done, 3), (2, up, done, 4)]
    rows = [
        {
            "request": n,
            "hop": hop,
            "protocol": protocol,
            "status": status,
            "start": a,
            "answered": b,
            "end": b,
        }
        | {"first_byte": b, "attempt": 1, "outcome": np.where(status >= 500, Outcome.ERROR, Outcome.OK)}
        | {"detached": 0, "match": 0}
        for hop, a, b, protocol in told
    ]
    table, places = _sorted("visits", rows, len(n))
    table.parent[places[1]], table.parent[places[2]] = places[0], places[1]
    return table, places


def _sorted(name: str, parts: list[dict[str, Any]], each: int) -> tuple[Table, list[Any]]:
    """Put parts of `each` rows end to end, sort them by start, and say where the rows of each part went."""
    made = {
        column: np.concatenate([np.broadcast_to(part.get(column, -1), each) for part in parts]).astype(dtype)
        for column, dtype in columns(TABLES[name]).items()
    }
    order = np.argsort(made["start"], kind="stable")
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    table = TABLES[name](**{column: values[order] for column, values in made.items()})
    return table, [place[i * each : (i + 1) * each] for i in range(len(parts))]


def _made(name: str, rows: int, /, **given: Any) -> Table:
    return TABLES[name](
        **{
            column: np.array(np.broadcast_to(given.get(column, -1), rows), dtype)
            for column, dtype in columns(TABLES[name]).items()
        }
    )
