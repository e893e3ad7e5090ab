"""The sealed recording: one `.trace` file, mapped when it is read.

Members of the box (see `container`): `meta.json`, then `<table>/<column>.npy` for every column, then
`texts/blob.npy` and `texts/ends.npy`. A column that says the same in every row is stored as one value and
mapped as a view that repeats it.

Opening reads the directory, `meta.json` and nothing else. A column is mapped when it is first touched, and
then its header is compared and, where it numbers rows, texts or kinds, its range is looked at once: no
reader ever follows a number that points outside. `verify` reads everything.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracer.recording import container
from tracer.recording.atomic import replacing
from tracer.recording.bounds import faults
from tracer.recording.container import Buffer
from tracer.recording.errors import TraceError
from tracer.recording.mapped import AGAIN, FORMAT, TEXT_COLUMNS, VERSION, TraceFile
from tracer.recording.nouns import TABLES, columns, rows_in
from tracer.recording.npy import npy_header
from tracer.recording.recording import Recording


def save(recording: Recording, path: Path | str) -> None:
    """Write a `.trace` (mode 0600) that appears under its name only when it is whole and on the disk.

    The same recording gives the same bytes. Raises TraceError where it cannot be written, or where a
    number of a table points outside, so that whatever was written can be read.
    """
    path = Path(path)
    for _, _, said in faults(recording):
        raise TraceError(path, f"not written, since {said}", "this is a fault of what recorded it")
    with replacing(path) as file:
        container.write(file, _members(recording))


def _members(recording: Recording) -> Iterator[tuple[str, list[Buffer]]]:
    yield "meta.json", [_head(recording)]
    for name in TABLES:
        table = getattr(recording, name)
        for column, dtype in columns(TABLES[name]).items():
            yield f"{name}/{column}.npy", _npy(_once(np.asarray(getattr(table, column), dtype)))
    for column, dtype in TEXT_COLUMNS.items():
        yield f"texts/{column}.npy", _npy(np.asarray(getattr(recording.texts, column), dtype))


def _head(recording: Recording) -> bytes:
    said = {
        "format": FORMAT,
        "version": VERSION,
        "rows": {name: rows_in(getattr(recording, name)) for name in TABLES},
        "texts": [len(recording.texts), len(recording.texts.blob)],
        "meta": recording.meta,
    }
    return json.dumps(said, ensure_ascii=False, sort_keys=True).encode()


def _once(values: NDArray[Any]) -> NDArray[Any]:
    """Give the one value of a column that says the same throughout, else the column."""
    same = len(values) > 1 and values[0] == values[-1] and bool((values == values[0]).all())
    return values[:1] if same else values


def _npy(values: NDArray[Any]) -> list[Buffer]:
    header = npy_header(values.dtype, len(values))
    return [header, np.ascontiguousarray(values).data.cast("B")] if len(values) else [header]


def load(path: Path | str) -> Recording:
    """Map a `.trace`. Raises TraceError for whatever is wrong with it (see the module on when)."""
    return TraceFile.open(Path(path)).recording()


def verify(path: Path | str) -> Recording:
    """Map a `.trace` and read every byte of it. Raises TraceError where one is not as it was written."""
    file = TraceFile.open(Path(path))
    for name, member in file.members.items():
        if not container.whole(file.box, member):
            raise TraceError(path, f"its member {name!r} was changed after it was written", AGAIN)
    recording = file.recording()
    for name in TABLES:
        for column in columns(TABLES[name]):
            getattr(getattr(recording, name), column)
    return recording
