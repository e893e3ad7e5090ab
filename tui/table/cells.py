"""Cells: what stands in the rows that are seen, read for these rows alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracer.analysis.duration import show
from tracer.analysis.where import Columns
from tracer.recording import UNKNOWN, Outcome
from tui.player.grid import BOLD, Ink
from tui.table.groups import Groups

Ids = NDArray[np.integer]
Cell = tuple[str, int]
"""A text, and its style."""

NOT_YET: Cell = ("...", int(Ink.FAINT))
NOTHING: Cell = ("-", int(Ink.FAINT))
_TIMES = ("start", "latency", "queued", "running", "blocked", "awaiting", "transfer", "unseen")
_INKS = {"queued": Ink.QUEUE, "blocked": Ink.BLOCK}
_UNITS = ((10**9, "GB"), (10**6, "MB"), (10**3, "kB"))


def cells(columns: Columns, name: str, ids: Ids, ready: bool) -> Sequence[Cell]:
    """Give the cells of a field for some requests; `ready`: a field that is dear was made."""
    if name in _READERS:
        return _READERS[name](columns, ids)
    if not ready:
        return [NOT_YET] * len(ids)
    if name == "hop":
        return _hops(columns, ids)
    return [_number(name, value) for value in columns[name].values[ids].tolist()]


def _number(name: str, value: int) -> Cell:
    if value < 0:
        return NOTHING
    if name in _TIMES:
        return show(value), int(_INKS.get(name, Ink.TEXT)) if value else int(Ink.FAINT)
    return str(value), int(Ink.TEXT)


def _texts(columns: Columns, numbers: NDArray[Any], paths: bool = False) -> list[Cell]:
    texts = columns.paths if paths else columns.spans
    return [NOTHING if number < 0 else (texts[number], int(Ink.TEXT)) for number in numbers.tolist()]


def _path(columns: Columns, ids: Ids) -> list[Cell]:
    """Cut the targets of these rows; all paths at once are only wanted by a filter."""
    made = []
    for number in columns.recording.requests.target[ids].tolist():
        if number < 0:
            made.append(NOTHING)
        else:
            made.append((path_of(columns.recording.text(number)), int(Ink.TEXT)))
    return made


def path_of(target: str) -> str:
    """Give the path of a target, as the filter language has it."""
    from tracer.analysis.where.spans import Spans

    return Spans.made([target]).paths()[0]


def _status(columns: Columns, ids: Ids) -> list[Cell]:
    return [
        NOTHING if value < 0 else (str(value), Ink.BLOCK | BOLD if value >= 500 else int(Ink.TEXT))
        for value in columns.recording.requests.status[ids].tolist()
    ]


def _outcome(columns: Columns, ids: Ids) -> list[Cell]:
    good = {Outcome.OK: int(Ink.TEXT), Outcome.OPEN: int(Ink.FAINT)}
    return [
        (Outcome(value).name.lower(), good.get(Outcome(value), Ink.BLOCK | BOLD))
        for value in columns.recording.requests.outcome[ids].tolist()
    ]


def _took(columns: Columns, ids: Ids) -> list[Cell]:
    table = columns.recording.requests
    ends = table.end[ids]
    took = np.where(ends == UNKNOWN, UNKNOWN, ends - table.start[ids])
    return [_number("latency", value) for value in took.tolist()]


def _due(columns: Columns, ids: Ids) -> list[Cell]:
    return [
        _number("start", value) for value in (columns.recording.requests.start[ids] - columns.origin).tolist()
    ]


def _size(values: NDArray[Any]) -> list[Cell]:
    return [NOTHING if value < 0 else (size(value), int(Ink.TEXT)) for value in values.tolist()]


def size(value: int) -> str:
    """Write a number of bytes: 812 B, 20.5 kB."""
    for unit, name in _UNITS:
        if value >= unit:
            return f"{value / unit:.{1 if value < 100 * unit else 0}f} {name}"
    return f"{value} B"


def _hops(columns: Columns, ids: Ids) -> list[Cell]:
    """Name the hops that a request went through, in order, each once."""
    order, request = columns.journeys
    hops, recording = columns.recording.visits.hop, columns.recording
    made = []
    for first, after in zip(
        *(np.searchsorted(request, ids, side) for side in ("left", "right")), strict=True
    ):
        names = [recording.text(int(recording.hops.name[hop])) for hop in hops[order[first:after]].tolist()]
        made.append((" > ".join(dict.fromkeys(names)), int(Ink.TEXT)) if names else NOTHING)
    return made


_READERS: dict[str, Callable[[Columns, Ids], Sequence[Cell]]] = {
    "id": lambda _, ids: [(str(one), int(Ink.TEXT)) for one in ids.tolist()],
    "start": _due,
    "method": lambda c, ids: _texts(c, c.recording.requests.method[ids]),
    "path": _path,
    "target": lambda c, ids: _texts(c, c.recording.requests.target[ids]),
    "status": _status,
    "outcome": _outcome,
    "latency": _took,
    "bytes_in": lambda c, ids: _size(c.recording.requests.bytes_in[ids]),
    "bytes_out": lambda c, ids: _size(c.recording.requests.bytes_out[ids]),
}


def group_cells(groups: Groups, name: str, first: int, after: int, total: int) -> list[Cell]:
    """Give the cells of a column of some groups; `total` is what the shares are of."""
    if name == "key":
        return [NOTHING if key is None else (key, int(Ink.TEXT)) for key in groups.key[first:after]]
    if name == "share":
        shares = groups.count[first:after] * 100 / max(total, 1)
        return [(f"{share:.1f}%", int(Ink.TEXT)) for share in shares.tolist()]
    values = getattr(groups, name)[first:after].tolist()
    if name == "count":
        return [(f"{value:,}", int(Ink.TEXT)) for value in values]
    if name == "bad":
        return [(f"{value:,}", Ink.BLOCK | BOLD if value else int(Ink.FAINT)) for value in values]
    return [NOTHING if value != value else (show(value), int(Ink.TEXT)) for value in values]
