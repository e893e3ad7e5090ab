"""Cover: how much of each cell of a row each kind of phase takes, in ns, exactly."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tracer.recording import PhaseKind

IDLE = len(PhaseKind)
"""Beside the kinds of phases: a lane held by no request."""

OTHER = IDLE + 1
"""A phase of a request that the filter leaves out."""

SORTS = OTHER + 1

Ints = NDArray[np.int64]


class Spans(NamedTuple):
    """Intervals to be drawn: arrays of one length. `sort` is a PhaseKind, IDLE or OTHER; times in ns."""

    row: Ints
    sort: Ints
    start: Ints
    end: Ints


def edges_of(window: tuple[int, int], cells: int) -> Ints:
    """Give the edges of cells, shape (cells + 1,). The window must be as many ns long as it has cells."""
    start, end = window
    return start + np.arange(cells + 1, dtype=np.int64) * (end - start) // cells


def cover(spans: Spans, edges: Ints, rows: int) -> Ints:
    """Give the time that each sort takes in each cell of each row: ns, shape (rows, SORTS, cells).

    What is outside of the edges, or of no row (-1), is left out. Where spans of one row and sort overlap
    their times add up.
    """
    cells = len(edges) - 1
    starts, ends = np.maximum(spans.start, edges[0]), np.minimum(spans.end, edges[-1])
    seen = np.flatnonzero((ends > starts) & (spans.row >= 0))
    starts, ends = starts[seen], ends[seen]
    line = (spans.row[seen].astype(np.int64) * SORTS + spans.sort[seen]) * cells
    first = np.searchsorted(edges, starts, "right") - 1
    last = np.searchsorted(edges, ends, "left") - 1
    size = rows * SORTS * cells
    one = first == last
    made = np.bincount(line + first, np.where(one, ends, edges[first + 1]) - starts, size)
    more = np.flatnonzero(~one)
    if len(more):
        line, first, last, ends = line[more], first[more], last[more], ends[more]
        made += np.bincount(line + last, ends - edges[last], size)
        made += _between(line, first, last, size) * np.tile(np.diff(edges), rows * SORTS)
    return made.astype(np.int64).reshape(rows, SORTS, cells)


def _between(line: Ints, first: Ints, last: Ints, size: int) -> Ints:
    """Count the spans that cover a cell whole; the first and the last cell of each are told apart."""
    steps = np.bincount(line + first + 1, minlength=size + 1) - np.bincount(line + last, minlength=size + 1)
    return np.cumsum(steps)[:size]
