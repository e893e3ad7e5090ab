"""What a recording says, as plain values that can be compared, without the numbers of rows and texts."""

from __future__ import annotations

from typing import Any

from tracer.recording import TABLES, Recording
from tracer.recording.nouns import REFERENCES, columns, rows_in, text_columns


def of_rows(rows: Any) -> dict[str, list[tuple]]:
    """Give the rows themselves; references by id, so ids must be those of the recording."""
    return {
        name: sorted(
            (tuple(_plain(getattr(row, c)) for c in columns(TABLES[name])) for row in told), key=repr
        )
        for name, told in ((name, getattr(rows, name)) for name in TABLES)
    }


def _plain(value: Any) -> Any:
    return int(value) if isinstance(value, int) else value


def of_recording(recording: Recording, ids: dict[str, list[int]]) -> dict[str, list[tuple]]:
    """Give the rows of a recording, with the ids that the source gave them (`ids[table][number]`)."""
    return {name: sorted(_rows(recording, name, ids), key=repr) for name in TABLES}


def _rows(recording: Recording, name: str, ids: dict[str, list[int]]) -> list[tuple]:
    table, told = getattr(recording, name), []
    for number in range(rows_in(table)):
        row = []
        for column in columns(TABLES[name]):
            value = int(getattr(table, column)[number])
            if column in text_columns(TABLES[name]):
                value = recording.text(value) if value >= 0 else None
            elif value >= 0 and column in REFERENCES.get(name, {}):
                value = ids[REFERENCES[name][column]][value]
            row.append(value)
        told.append(tuple(row))
    return told


def ids_in_order(rows: Any) -> dict[str, list[int]]:
    """Give the ids of a source in the order that a recording numbers them."""
    return {
        "hops": sorted(row.id for row in rows.hops),
        "lanes": sorted(row.id for row in rows.lanes),
        "requests": [row.id for row in sorted(rows.requests, key=lambda row: (row.start, row.id))],
        "visits": [row.id for row in sorted(rows.visits, key=lambda row: (row.start, row.id))],
    }


def same(a: Recording, b: Recording) -> bool:
    """Whether two recordings have the same columns, texts and meta."""
    columns_same = all(
        getattr(getattr(a, name), column).tolist() == getattr(getattr(b, name), column).tolist()
        for name in TABLES
        for column in columns(TABLES[name])
    )
    return columns_same and list(a.texts) == list(b.texts) and a.meta == b.meta
