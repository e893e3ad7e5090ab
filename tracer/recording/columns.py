"""From rows to columns: encode what a source writes, then put it in order and number it.

*Raw* columns are rows as a source gave them: an `id` column where the noun has one, references by those
ids (int64), in any order. `arrange` makes a Recording of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracer.recording.nouns import REFERENCES, TABLES, columns, text_columns
from tracer.recording.rows import Rows
from tracer.recording.texts import Interner, Texts, in_order_of_use

Raw = dict[str, dict[str, NDArray[Any]]]
"""Table -> column -> values."""

ID = np.dtype("<i8")
IDENTIFIED = ("hops", "lanes", "requests", "visits")


def raw_columns(name: str) -> dict[str, np.dtype[Any]]:
    """Name -> type of the raw columns of a table."""
    references = REFERENCES.get(name, {})
    own = {c: ID if c in references else dtype for c, dtype in columns(TABLES[name]).items()}
    return {"id": ID, **own} if name in IDENTIFIED else own


def encode(rows: Rows, intern: Interner) -> Raw:
    """Turn rows into raw columns; texts get their numbers from `intern`.

    Raises ValueError where a number does not fit its column.
    """
    return {name: _encoded(name, getattr(rows, name), intern) for name in TABLES}


def _encoded(name: str, rows: list[Any], intern: Interner) -> dict[str, NDArray[Any]]:
    texts = text_columns(TABLES[name])
    made = {}
    for column, dtype in raw_columns(name).items():
        values: Iterable[Any] = map(attrgetter(column), rows)
        if column in texts:
            values = map(intern, values)
        try:
            made[column] = np.fromiter(values, dtype, len(rows))
        except (OverflowError, TypeError, ValueError) as error:
            raise ValueError(f"a row of {name} does not fit its column {column}: {error}") from error
    return made


def joined(parts: Iterable[Raw]) -> Raw:
    """Put raw columns end to end."""
    parts = list(parts)
    return {
        name: {c: np.concatenate([part[name][c] for part in parts]) for c in raw_columns(name)}
        for name in TABLES
    }


@dataclass(frozen=True, slots=True)
class _Numbers:
    """The new number of each id of a table."""

    table: str
    ids: NDArray[np.int64]  # ascending
    numbers: NDArray[np.int64]

    @classmethod
    def of(cls, table: str, ids: NDArray[np.int64]) -> _Numbers:
        order = np.argsort(ids, kind="stable")
        sorted_ids = ids[order]
        twice = sorted_ids[1:][sorted_ids[1:] == sorted_ids[:-1]]
        if len(twice):
            raise ValueError(f"two rows of {table} have the id {twice[0]}")
        return cls(table, sorted_ids, order)

    def __call__(self, name: str, column: str, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        if not len(self.ids):
            place, known = np.zeros(len(ids), np.int64), np.zeros(len(ids), np.bool_)
        else:
            place = np.minimum(np.searchsorted(self.ids, ids), len(self.ids) - 1)
            known = self.ids[place] == ids
        lost = ids[(ids >= 0) & ~known]
        if len(lost):
            raise ValueError(f"{name}.{column} says {lost[0]}, and no row of {self.table} has that id")
        return np.where(ids >= 0, self.numbers[place], -1) if len(self.ids) else np.full(len(ids), -1)


def arrange(raw: Raw, texts: Texts) -> tuple[dict[str, Any], Texts]:
    """Sort raw columns, number rows and texts; give the tables by name, and the texts.

    Raises ValueError where an id stands twice, or a reference leads nowhere.
    """
    numbers: dict[str, _Numbers] = {}
    sorted_: Raw = {}
    for name in TABLES:
        order = _order(name, raw[name], numbers)
        sorted_[name] = {column: values[order] for column, values in raw[name].items()}
        if name in IDENTIFIED:
            numbers[name] = _Numbers.of(name, sorted_[name].pop("id"))
    for name, references in REFERENCES.items():
        for column, target in references.items():
            found = numbers[target](name, column, sorted_[name][column])
            sorted_[name][column] = found.astype(columns(TABLES[name])[column])
    texts = _with_texts_in_order(sorted_, texts)
    return {name: TABLES[name](**sorted_[name]) for name in TABLES}, texts


def _order(name: str, raw: dict[str, NDArray[Any]], numbers: dict[str, _Numbers]) -> NDArray[Any]:
    if name in ("hops", "lanes"):
        return np.argsort(raw["id"], kind="stable")
    if name == "marks":
        return np.argsort(raw["time"], kind="stable")
    if name == "phases":  # of phases that start together the empty one first, the open one last
        visit = numbers["visits"](name, "visit", raw["visit"])
        return np.lexsort((raw["end"].view(np.uint64), visit, raw["start"]))
    return np.lexsort((raw["id"], raw["start"]))


def _with_texts_in_order(tables: Raw, texts: Texts) -> Texts:
    places = [(name, c) for name in TABLES for c in columns(TABLES[name]) if c in text_columns(TABLES[name])]
    texts, renumbered = in_order_of_use(texts, [tables[name][column] for name, column in places])
    for (name, column), values in zip(places, renumbered, strict=True):
        tables[name][column] = values
    return texts
