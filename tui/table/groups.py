"""Groups: the requests of the table put together by path, status or hop, with counts and percentiles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracer.analysis.outcomes import answered
from tracer.analysis.where import Columns
from tracer.recording import UNKNOWN, Outcome
from tui.table.order import Rows, Told, ranks

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """One row a group. `key` is None for what is not known; p50, p95 and max are ns, nan if unknown.

    By path and status they are latencies, answered requests alone, as in `tracer summary`; by hop they are of
    the visits, from start to the last byte out, and `count` counts visits.
    """

    by: str
    key: list[str | None]
    count: I8
    bad: I8  # ended neither ok nor open
    p50: F8
    p95: F8
    max: F8

    def __len__(self) -> int:
        return len(self.key)


def grouped(columns: Columns, rows: Rows, by: str, sort: str, down: bool, tell: Told) -> Groups:
    """Put the requests of some rows together."""
    tell("group", 0.0)
    chosen = _chosen(columns, rows)
    code, keys, took, counts, bad = (_by_hop if by == "hop" else _by_request)(columns, chosen, by)
    tell("group", 0.5)
    groups = _measured(by, keys, code, took, counts, bad)
    return _sorted(groups, sort, down)


def _chosen(columns: Columns, rows: Rows) -> NDArray[np.bool_]:
    if rows.ids is None:
        return np.ones(columns.requests, bool)
    chosen = np.zeros(columns.requests, bool)
    chosen[rows.ids] = True
    return chosen


_Told = tuple[I8, list[str | None], I8, NDArray[np.bool_], NDArray[np.bool_]]


def _by_request(columns: Columns, chosen: NDArray[np.bool_], by: str) -> _Told:
    """Give of each request: its group, what groups are called, its latency, whether it counts, and is bad."""
    table, ids = columns.recording.requests, np.flatnonzero(chosen)
    column = columns[by]
    values = (ranks(column) if column.texts is not None else column.values)[ids]
    found, first, code = np.unique(values, return_index=True, return_inverse=True)
    if column.texts is None:
        keys = [None if value < 0 else str(value) for value in found.tolist()]
    else:
        numbers = column.values[ids[first]].tolist()
        keys = [None if number < 0 else column.texts[number] for number in numbers]
    took = (table.end - table.start)[ids]
    return code.reshape(-1), keys, took, answered(columns.recording)[ids], _bad(table.outcome[ids])


def _by_hop(columns: Columns, chosen: NDArray[np.bool_], by: str) -> _Told:  # noqa: ARG001
    """Give the same of visits."""
    recording, visits = columns.recording, columns.recording.visits
    ids = columns.listed[chosen[columns.visitor]]
    found, code = np.unique(visits.hop[ids], return_inverse=True)
    keys: list[str | None] = [recording.text(int(recording.hops.name[hop])) for hop in found.tolist()]
    end = visits.answered[ids]
    return code.reshape(-1), keys, end - visits.start[ids], end != UNKNOWN, _bad(visits.outcome[ids])


def _bad(outcome: NDArray[np.int8]) -> NDArray[np.bool_]:
    return np.asarray((outcome != Outcome.OK) & (outcome != Outcome.OPEN))


def _measured(
    by: str, keys: list[str | None], code: I8, took: I8, counts: NDArray[np.bool_], bad: NDArray[np.bool_]
) -> Groups:
    """Sort by group and time once; a percentile is then a place in that order."""
    size = len(keys)
    some = np.flatnonzero(counts)
    order = some[np.lexsort((took[some], code[some]))]
    values, many = took[order].astype(np.float64), np.bincount(code[some], minlength=size)
    first = np.cumsum(many) - many
    return Groups(
        by,
        keys,
        np.bincount(code, minlength=size),
        np.bincount(code, bad, size).astype(np.int64),
        _rank(values, first, many, 0.5),
        _rank(values, first, many, 0.95),
        _rank(values, first, many, 1.0),
    )


def _rank(values: F8, first: I8, many: I8, share: float) -> F8:
    """Give a percentile of each group, linear between the two nearest ranks, as `tracer summary` has it."""
    known = many > 0
    told = np.full(len(many), np.nan)
    place = (many[known] - 1) * share
    low = np.floor(place).astype(np.int64)
    high = np.minimum(low + 1, many[known] - 1)
    below, above = values[first[known] + low], values[first[known] + high]
    told[known] = below + (above - below) * (place - low)
    return told


def _sorted(groups: Groups, sort: str, down: bool) -> Groups:
    if sort == "key":
        keys = np.array([-1 if key is None else place for place, key in enumerate(groups.key)], np.float64)
    else:
        keys = getattr(groups, "count" if sort == "share" else sort).astype(np.float64)
    order = np.argsort(-keys if down else keys, kind="stable")
    keys_ = [groups.key[place] for place in order.tolist()]
    times = (one[order] for one in (groups.p50, groups.p95, groups.max))
    return Groups(groups.by, keys_, groups.count[order], groups.bad[order], *times)


def nothing(by: str) -> Groups:
    """Give no groups: those asked for are not there yet."""
    none, times = np.zeros(0, np.int64), np.zeros(0)
    return Groups(by, [], none, none, times, times, times)
