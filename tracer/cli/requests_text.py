"""Requests for people: a line each, and how it went from hop to hop."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from rich.table import Table

from tracer.analysis.duration import show
from tracer.cli.table import console, printable, table

PIECE = 500  # rows a table: Rich keeps all rows of one


def write(records: Iterable[dict[str, Any]]) -> None:
    """Print tables of PIECE requests each."""
    out, pending = console(), iter(records)
    piece = list(islice(pending, PIECE)) or [{}]
    begin = piece[0].get("start_ns") or 0
    while piece:
        out.print(_table(piece, begin))
        piece = list(islice(pending, PIECE))


def _table(piece: list[dict[str, Any]], begin: int) -> Table:
    made = table("", "id", "request", "outcome", "due at", "took", "hops")
    made.columns[1].justify = made.columns[2].justify = made.columns[5].justify = "left"
    for record in piece:
        if record:
            made.add_row(*_row(record, begin))
    return made


def _row(record: dict[str, Any], begin: int) -> Iterator[str]:
    yield f"{record['stack']} {record['id']}" if "stack" in record else str(record["id"])
    yield printable(f"{record['method'] or '?'} {record['target'] or '?'}")
    yield record["outcome"] if record["status"] is None else f"{record['status']} {record['outcome']}"
    yield _between(begin, record["start_ns"])
    yield _between(record["start_ns"], record["end_ns"])
    yield printable(" > ".join(_visit(visit) for visit in record["hops"]) or "-")


def _visit(visit: dict[str, Any]) -> str:
    name = f"{visit['hop']} {visit['lane']}" if visit["lane"] else visit["hop"]
    took = _between(visit["start_ns"], visit["end_ns"])
    line = f", {show(visit['queued_ns'])} queued" if visit["queued_ns"] else ""
    return f"{name}: {took}{line}"


def _between(start: int | None, end: int | None) -> str:
    return "-" if start is None or end is None else show(end - start)
