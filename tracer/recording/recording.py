"""The Recording: what every source writes and every reader reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracer.recording import rows as rows_module
from tracer.recording.nouns import (
    TABLES,
    Hops,
    Lanes,
    Marks,
    Phases,
    Requests,
    Table,
    Visits,
    columns,
    text_columns,
)
from tracer.recording.texts import Interner, Texts

Meta = dict[str, Any]
"""JSON: `source` ("hook", "simulation", "packets"), `title`, `clocks`, and what a source likes to add."""

_REFERENCES = {
    "lanes": {"hop": "hops", "parent": "lanes"},
    "visits": {"request": "requests", "hop": "hops", "parent": "visits", "connection": "lanes"},
    "phases": {"visit": "visits", "lane": "lanes", "waits_for": "lanes"},
    "marks": {"request": "requests", "visit": "visits", "lane": "lanes"},
}
_ORDER: dict[str, Callable[[Any], Any]] = {
    "hops": lambda row: row.id,
    "lanes": lambda row: row.id,
    "requests": lambda row: (row.start, row.id),
    "visits": lambda row: (row.start, row.id),
    "phases": lambda row: (row.start, row.visit),
    "marks": lambda row: row.time,
}


@dataclass(frozen=True, slots=True)
class Recording:
    """Six tables, the texts that they number, and what is known about the whole.

    Rows are in order of time (requests, visits and phases by start, marks by time), hops in path order.
    """

    hops: Hops
    lanes: Lanes
    requests: Requests
    visits: Visits
    phases: Phases
    marks: Marks
    texts: Texts
    meta: Meta = field(default_factory=dict)

    @classmethod
    def of(cls, rows: rows_module.Rows, meta: Meta | None = None) -> Recording:
        """Sort rows, make each row's number its id, and turn them into columns."""
        ordered = {name: sorted(getattr(rows, name), key=_ORDER[name]) for name in TABLES}
        numbers = {
            name: {row.id: number for number, row in enumerate(ordered[name])}
            for name in ("hops", "lanes", "requests", "visits")
        }
        intern = Interner()
        tables = {name: _table(name, ordered[name], numbers, intern) for name in TABLES}
        return cls(**tables, texts=intern.texts(), meta=meta or {})

    def text(self, number: int) -> str:
        """Give a text by its number; "" for -1."""
        return self.texts[int(number)]


def _table(name: str, rows: list[Any], numbers: dict[str, dict[int, int]], intern: Interner) -> Any:
    references = _REFERENCES.get(name, {})
    made: dict[str, NDArray[Any]] = {}
    for column, dtype in columns(TABLES[name]).items():
        values: Iterable[Any] = (getattr(row, column) for row in rows)
        if column in text_columns(TABLES[name]):
            values = map(intern, values)
        elif column in references:
            target = numbers[references[column]]
            values = (target[value] if value >= 0 else value for value in values)
        made[column] = np.fromiter(values, dtype, len(rows))
    return TABLES[name](**made)


def empty(table: type[Table]) -> Table:
    """Give a table of no rows."""
    return table(**{f.name: np.empty(0, f.metadata["dtype"]) for f in fields(table)})
