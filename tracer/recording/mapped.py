"""A `.trace` as it is read: mapped, and every column looked at when it is first touched."""

from __future__ import annotations

import json
import mmap
import os
import stat
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracer.recording import container
from tracer.recording.bounds import fault
from tracer.recording.container import DamagedError
from tracer.recording.errors import TraceError
from tracer.recording.nouns import TABLES, Table, columns
from tracer.recording.npy import npy_header
from tracer.recording.recording import Recording
from tracer.recording.texts import Texts

FORMAT = "hopscope trace"
VERSION = 1
AGAIN = "record it again, or take another copy"
TEXT_COLUMNS: dict[str, np.dtype[Any]] = {"blob": np.dtype("u1"), "ends": np.dtype("<i8")}


class TraceFile:
    """A mapped `.trace`: its members, and what its head says."""

    def __init__(self, path: Path, box: memoryview) -> None:
        self.path, self.box = path, box
        try:
            self.members = container.directory(box)
        except DamagedError as error:
            raise self._error(f"{error}, so it was cut off or changed") from error
        self.head = self._head()

    @classmethod
    def open(cls, path: Path) -> TraceFile:
        """Map a file and read its directory and head. Raises TraceError."""
        box = _map(path)
        if bytes(box[:4]) != b"PK\3\4":
            what = "is empty" if not len(box) else "is not a trace, it does not begin like one"
            raise TraceError(path, what, "give a file that ends in .trace")
        return cls(path, box)

    def _error(self, what: str, do: str = AGAIN) -> TraceError:
        return TraceError(self.path, what, do)

    def _head(self) -> dict[str, Any]:
        member = self.members.get("meta.json")
        if member is None:
            raise self._error(
                "is a zip and not a trace, it has no meta.json", "give a file that ends in .trace"
            )
        if not container.whole(self.box, member):
            raise self._error("its meta.json is damaged")
        try:
            head = json.loads(bytes(self.box[member.offset : member.offset + member.size]))
        except ValueError as error:
            raise self._error("its meta.json is no JSON") from error
        self._judge(head)
        return dict(head)

    def _judge(self, head: Any) -> None:
        if not isinstance(head, dict) or head.get("format") != FORMAT:
            raise self._error("is a zip and not a trace", "give a file that ends in .trace")
        version, rows, texts = head.get("version"), head.get("rows"), head.get("texts")
        if isinstance(version, int) and version > VERSION:
            what = f"is of format {version}, and this hopscope reads up to {VERSION}"
            raise self._error(what, "upgrade hopscope")
        counts = [rows.get(name) for name in TABLES] if isinstance(rows, dict) else [None]
        sizes = texts if isinstance(texts, list) and len(texts) == 2 else [None]
        sound = all(_is_count(n, 31) for n in counts) and all(_is_count(n, 40) for n in sizes)
        if (
            type(version) is not int
            or version != VERSION
            or not isinstance(head.get("meta"), dict)
            or not sound
        ):
            raise self._error("its meta.json does not say what a trace must")

    def recording(self) -> Recording:
        """Map the tables; the lengths of all columns are looked at now, their numbers when touched."""
        for name in TABLES:
            for column, dtype in columns(TABLES[name]).items():
                self._place(f"{name}/{column}.npy", dtype, self.head["rows"][name])
        for column, rows in self._text_sizes():
            self._place(f"texts/{column}.npy", TEXT_COLUMNS[column], rows)
        tables: dict[str, Any] = {name: _mapped(name, self) for name in TABLES}
        return Recording(**tables, texts=_MappedTexts(self), meta=self.head["meta"])

    def _text_sizes(self) -> list[tuple[str, int]]:
        return list(zip(("ends", "blob"), self.head["texts"], strict=True))

    def count(self, name: str) -> int:
        """Rows of a table; of "texts", how many there are."""
        return int(self.head["texts"][0] if name == "texts" else self.head["rows"][name])

    def _place(self, name: str, dtype: np.dtype[Any], rows: int) -> tuple[int, int]:
        """Give the offset of a column's values and how many are stored: all, or one for all."""
        member = self.members.get(name)
        if member is None:
            raise self._error(f"its member {name!r} is missing")
        for stored in (rows, 1):
            header = npy_header(dtype, stored)
            begin = member.offset + len(header)
            same = bytes(self.box[member.offset : begin]) == header
            if same and member.size == len(header) + stored * dtype.itemsize:
                return begin, stored
        raise self._error(f"its member {name!r} is not {rows} values of type {dtype.str!r}")

    def values(self, name: str, dtype: np.dtype[Any], rows: int) -> NDArray[Any]:
        """Give a read-only view of a column."""
        begin, stored = self._place(name, dtype, rows)
        if not rows:
            return np.empty(0, dtype)
        view = np.frombuffer(self.box, dtype, stored, begin)
        return view if stored == rows else np.broadcast_to(view, rows)

    def column(self, table: str, column: str) -> NDArray[Any]:
        """Give a column whose numbers all lead somewhere."""
        dtype = columns(TABLES[table])[column]
        values = self.values(f"{table}/{column}.npy", dtype, self.count(table))
        said = fault(table, column, values, self.count)
        if said:
            raise self._error(said)
        return values

    def text_column(self, column: str) -> NDArray[Any]:
        """Give the blob or the ends of the texts; the ends ascend and lie inside the blob."""
        rows = dict(self._text_sizes())
        values = self.values(f"texts/{column}.npy", TEXT_COLUMNS[column], rows[column])
        if column == "ends" and len(values):
            ascending = values[0] >= 0 and bool((values[1:] >= values[:-1]).all())
            if not ascending or values[-1] != rows["blob"]:
                raise self._error("its texts end outside the place where they are kept")
        return values


def _is_count(value: Any, bits: int) -> bool:
    return type(value) is int and 0 <= value < 1 << bits


def _map(path: Path) -> memoryview:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            mode = os.fstat(descriptor)
            if not stat.S_ISREG(mode.st_mode):
                kind = "a directory" if stat.S_ISDIR(mode.st_mode) else "no ordinary file"
                raise TraceError(path, f"is {kind}", "give a .trace file")
            if not mode.st_size:
                return memoryview(b"")
            return memoryview(mmap.mmap(descriptor, 0, prot=mmap.PROT_READ))
        finally:
            os.close(descriptor)
    except OSError as error:
        raise TraceError.of(path, error, "read") from error
    except ValueError as error:  # a NUL in the name
        raise TraceError(path, f"cannot read it, {error}", "check the path") from error


def _mapped_class(name: str, table: type[Table]) -> type[Table]:
    """Make a table whose columns are mapped at their first touch; their slots keep them from then on."""

    def fetch(self: Any, column: str) -> NDArray[Any]:
        if column not in columns(table):
            raise AttributeError(column)
        values: NDArray[Any] = self._file.column(name, column)
        object.__setattr__(self, column, values)
        return values

    def loaded(self: Any) -> tuple[type[Table], tuple[NDArray[Any], ...]]:
        return table, tuple(getattr(self, column) for column in columns(table))

    methods = {"__slots__": ("_file",), "__getattr__": fetch, "__reduce__": loaded}
    return type(f"Mapped{table.__name__}", (table,), methods)


_MAPPED = {name: _mapped_class(name, table) for name, table in TABLES.items()}


def _mapped(name: str, file: TraceFile) -> Any:
    made = object.__new__(_MAPPED[name])
    object.__setattr__(made, "_file", file)
    return made


class _MappedTexts(Texts):
    """Texts that are mapped when the first is asked for."""

    __slots__ = ("file",)
    file: TraceFile

    def __init__(self, file: TraceFile) -> None:
        object.__setattr__(self, "file", file)

    def __getattr__(self, name: str) -> NDArray[Any]:
        if name not in TEXT_COLUMNS:
            raise AttributeError(name)
        values = self.file.text_column(name)
        object.__setattr__(self, name, values)
        return values

    def __len__(self) -> int:
        return self.file.count("texts")

    def __reduce__(self) -> tuple[Any, ...]:
        return Texts, (self.blob, self.ends)
