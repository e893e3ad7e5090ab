"""Filter and sort: which requests stand in the table, in which order. Works in pieces, so it can be ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracer.analysis.where import Columns, mask
from tracer.analysis.where.columns import Column
from tracer.analysis.where.masks import distinct
from tracer.analysis.where.tree import All, Tree

Ids = NDArray[np.int32]
Told = Callable[[str, float], None]
"""Progress: (what is done, the share of it that is). It may raise `Cancelled`."""

PIECE = 500_000  # requests sorted at once: some 50 ms
_SAMPLE = 4096


class Cancelled(Exception):  # noqa: N818 - nothing went wrong
    """Nobody wants the answer any more."""


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """The requests that stand in the table, in order; `ids` None: all of them, by id."""

    total: int
    ids: Ids | None = None

    def __len__(self) -> int:
        return self.total if self.ids is None else len(self.ids)

    def some(self, first: int, after: int) -> NDArray[np.integer]:
        """Give the ids of some rows."""
        if self.ids is None:
            return np.arange(first, min(after, self.total))
        return self.ids[first:after]

    def place(self, request: int) -> int | None:
        """Say in which row a request stands."""
        if self.ids is None:
            return request if 0 <= request < self.total else None
        found = np.flatnonzero(self.ids == request)
        return int(found[0]) if len(found) else None


def arranged(columns: Columns, where: Tree, sort: str, down: bool, tell: Told) -> Rows:
    """Filter, then sort by a field; those alike stay by id, what is not known comes last."""
    tell("filter", 0.0)
    ids = None if where == All(()) else np.flatnonzero(mask(where, columns)).astype(np.int32)
    if sort == "id":
        if not down:
            return Rows(columns.requests, ids)
        every = np.arange(columns.requests, dtype=np.int32) if ids is None else ids
        return Rows(columns.requests, every[::-1])
    tell("sort", 0.0)
    keys = sort_keys(columns, sort)
    tell("sort", 0.1)
    ids = np.arange(columns.requests, dtype=np.int32) if ids is None else ids
    return Rows(columns.requests, ids[_order(_last(keys[ids], down), tell)])


def _last(keys: NDArray[np.int64], down: bool) -> NDArray[np.int64]:
    """Turn keys so that an ascending sort gives what is wanted, the unknown (-1) at the end."""
    turned = -keys if down else keys
    return np.where(keys < 0, np.iinfo(np.int64).max, turned)


def _order(keys: NDArray[np.int64], tell: Told) -> NDArray[np.intp]:
    """Sort stably: parted into ranges of keys first, so that there is progress and an end on the way."""
    if len(keys) <= PIECE:
        return np.asarray(np.argsort(keys, kind="stable"))
    sample = np.sort(keys[:: max(1, len(keys) // _SAMPLE)])
    parts = -(-len(keys) // PIECE)
    edges = np.unique(sample[np.arange(1, parts) * len(sample) // parts])
    part = np.searchsorted(edges, keys, "right").astype(np.int16)
    made = []
    for number in range(len(edges) + 1):
        rows = np.flatnonzero(part == number)
        made.append(rows[np.argsort(keys[rows], kind="stable")])
        tell("sort", 0.1 + 0.9 * (number + 1) / (len(edges) + 1))
    return np.asarray(np.concatenate(made))


def sort_keys(columns: Columns, name: str) -> NDArray[np.int64]:
    """Give a number for each request by which a field sorts; texts by their letters, -1 unknown."""
    column = columns[name]
    values = ranks(column) if column.texts is not None else column.values.astype(np.int64)
    if column.request is None:
        return values
    keys = np.full(columns.requests, -1, np.int64)  # of several visits the first one's
    keys[column.request[::-1]] = values[::-1]
    return keys


def ranks(column: Column) -> NDArray[np.int64]:
    """Number the texts of a column by their letters; those alike get the same number."""
    texts = column.texts
    assert texts is not None
    used = distinct(column.values, len(texts)).tolist()
    said = [texts[number] for number in used]
    places = {text: place for place, text in enumerate(sorted(set(said)))}
    rank = np.full(len(texts) + 1, -1, np.int64)
    rank[used] = [places[text] for text in said]
    return np.asarray(rank[column.values])
