"""Ring records as named tuples: every kind of `layout.FIELDS` decoded by numpy, many at once."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracer.agent import layout

Record = Any
"""A named tuple with the fields of its kind, padding left out; numbers are int, texts are bytes."""

Slots = NDArray[np.uint8]
"""Raw slots, shape (n, layout.SLOT)."""

_RAW = frozenset({"trace_id", "span_id"})  # bytes of a fixed length, trailing zeros and all
_CODES = {"B": "u1", "H": "<u2", "I": "<u4", "Q": "<u8", "q": "<i8"}


def _column(name: str, code: str) -> tuple[str, str]:
    if code.endswith("s"):
        return name, ("V" if name in _RAW else "S") + code[:-1]
    if code.endswith("x"):
        return name, "V" + code[:-1]
    return name, _CODES[code]


def dtype_of(fields: tuple[tuple[str, str], ...]) -> np.dtype[Any]:
    """The numpy type of a packed record, padding and all."""
    return np.dtype([_column(name, code) for name, code in fields if code != "0x"])


_DTYPES = {kind: dtype_of(fields) for kind, fields in layout.FIELDS.items()}
_NAMES = {kind: [name for name in dtype.names or () if name != "pad"] for kind, dtype in _DTYPES.items()}
_TUPLES = {kind: namedtuple(f"Record{kind}", names) for kind, names in _NAMES.items()}
HEADER = dtype_of(layout.HEADER_FIELDS)


def pack(kind: int, seq: int, **fields: Any) -> bytes:
    """Make one slot, the fields that are not given 0. For tests, and for tools that write rings."""
    fields |= {"kind": kind, "seq": seq}
    values = (
        fields.get(name, b"" if code.endswith("s") else 0)
        for name, code in layout.FIELDS[kind]
        if not code.endswith("x")
    )
    return layout.record(kind).pack(*values)


def decode(slots: Slots) -> list[Record]:
    """Turn whole slots into records, in the order given; kinds that are not known are left out."""
    kinds = slots[:, 0]
    records: list[Record] = [None] * len(slots)
    for kind in np.unique(kinds).tolist():
        if kind in _DTYPES:
            _decode_kind(kind, slots, np.flatnonzero(kinds == kind), records)
    return [record for record in records if record is not None]


def _decode_kind(kind: int, slots: Slots, places: NDArray[np.intp], records: list[Record]) -> None:
    structured = np.ascontiguousarray(slots[places]).view(_DTYPES[kind]).ravel()
    make: Any = _TUPLES[kind]
    for place, values in zip(places.tolist(), structured[_NAMES[kind]].tolist(), strict=True):
        records[place] = make(*values)
