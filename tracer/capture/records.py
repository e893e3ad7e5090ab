"""Layer 1: what a capture file holds, as columns: one row a frame, nothing of its content looked at."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

I8 = NDArray[np.int64]
I4 = NDArray[np.int32]

UNKNOWN = -1


@dataclass(frozen=True, slots=True, eq=False)
class Records:
    """The frames of one chunk of a file, in file order; columns have shape (n,).

    `data[offset : offset + captured]` are a frame's bytes. Frames count from 1 over the whole file.
    """

    data: bytes
    position: int  # where data[0] stands in the (unpacked) file
    frame: I8
    time: I8  # ns since the epoch; -1 where the file has none
    offset: I8  # in data
    captured: I8  # bytes
    length: I8  # bytes on the wire
    interface: I4  # row of Capture.interfaces
    link: I4  # link type, by its LINKTYPE_ number

    def __len__(self) -> int:
        return len(self.frame)

    def packet(self, row: int) -> memoryview:
        """Give the bytes of a row as captured."""
        start = int(self.offset[row])
        return memoryview(self.data)[start : start + int(self.captured[row])]

    def take(self, rows: NDArray[Any]) -> Records:
        """Give some of the rows, by numbers or by a mask."""
        return Records(self.data, self.position, *(column[rows] for column in columns_of(self).values()))


@dataclass(frozen=True, slots=True)
class Interface:
    """Where frames were captured."""

    link: int  # LINKTYPE_ number
    snap: int  # bytes kept of a frame; 0: no limit
    name: str | None = None
    ticks: int = 1_000_000  # of its clock a second
    shift: int = 0  # seconds to add to its time stamps


def columns_of(table: Any) -> dict[str, NDArray[Any]]:
    """Give the columns of a table by name, in order."""
    named = ((field.name, getattr(table, field.name)) for field in fields(table))
    return {name: column for name, column in named if isinstance(column, np.ndarray)}


def joined(parts: list[Records], data: bytes, position: int) -> Records:
    """Put parts of one chunk under each other."""
    if len(parts) == 1:
        return parts[0]
    if not parts:
        eight, four = np.empty(0, np.int64), np.empty(0, np.int32)
        return Records(data, position, eight, eight, eight, eight, eight, four, four)
    columns = [columns_of(part) for part in parts]
    return Records(data, position, *(np.concatenate([c[name] for c in columns]) for name in columns[0]))


def gather(data: bytes, positions: I8, layout: np.dtype[Any]) -> NDArray[Any]:
    """Copy the header that stands at each position out of `data`: shape (n,), dtype `layout`.

    Every position must leave room for the whole layout. Indexing an array of overlapping void items
    costs 6 ns a row for 20 bytes; items with fields cost 90, so the fields are put on afterwards.
    """
    room = len(data) - layout.itemsize + 1
    if room <= 0 or not len(positions):
        return np.empty(0, layout)
    items = np.ndarray((room,), f"V{layout.itemsize}", buffer=data, strides=(1,))
    return items[positions].view(layout)
