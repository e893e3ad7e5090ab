"""`NAME.trace.part/`: the files of a recording that goes on, its commit record, and how both are read.

    lock              held by the writer for as long as it lives
    <table>.<column>  raw values of the rows that are final, one after the other; of rows with ids also `id`
    texts.blob, .ends the texts, numbered in order of first use
    commit.json       how many of all those count, the rows that are still open, meta and cursor

`commit.json` is written last and takes the place of the one before in one step, and nothing that it
counts is ever changed. So whoever reads it first and then no more than it counts sees a consistent prefix,
whenever the writer was killed. (The system's own death is another matter: only sealing waits for the disk.)
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracer.recording.bounds import faults
from tracer.recording.columns import Raw, arrange, encode, joined, raw_columns
from tracer.recording.errors import TraceError
from tracer.recording.nouns import TABLES
from tracer.recording.recording import Meta, Recording
from tracer.recording.rows import Rows
from tracer.recording.texts import Interner, Texts

FORMAT = "hopscope live trace"
VERSION = 1
_NAME = "commit.json"
_AGAIN = "record it again"

FILES = {f"{name}.{column}": dtype for name in TABLES for column, dtype in raw_columns(name).items()}
FILES |= {"texts.blob": np.dtype("u1"), "texts.ends": np.dtype("<i8")}
"""Name -> type of the values of the files that grow."""


@dataclass(slots=True)
class Commit:
    """What `commit.json` says."""

    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(FILES, 0))  # values, by file
    open: dict[str, dict[str, list[int]]] = field(default_factory=dict)  # raw columns of open rows, by table
    meta: Meta = field(default_factory=dict)
    cursor: dict[str, Any] = field(default_factory=dict)
    format: str = FORMAT
    version: int = VERSION

    def write(self, part: Path) -> None:
        """Put it in the place of the one before, in one step."""
        temporary = part / f"{_NAME}.tmp"
        said = {name: getattr(self, name) for name in self.__slots__}
        temporary.write_text(json.dumps(said, ensure_ascii=False), "utf-8", "replace")
        temporary.replace(part / _NAME)

    @classmethod
    def read(cls, part: Path) -> Commit:
        """Read the last one. Raises TraceError."""
        with telling(part, "read"):
            if part.is_dir() and not (part / _NAME).exists():
                raise TraceError(
                    part, "its writer ended before it wrote anything", "remove it, and record again"
                )
            said = (part / _NAME).read_bytes()
        try:
            told = json.loads(said)
            version = told["version"] if told["format"] == FORMAT else None
            newer = type(version) is int and version > VERSION
            commit = None if newer else cls(**told)
        except (ValueError, TypeError, KeyError) as error:
            raise TraceError(part, f"its {_NAME} is damaged", _AGAIN) from error
        if commit is None:
            what = f"is of live format {version}, and this hopscope reads up to {VERSION}"
            raise TraceError(part, what, "upgrade hopscope")
        if not commit.is_sound():
            raise TraceError(part, f"its {_NAME} is damaged", _AGAIN)
        return commit

    def is_sound(self) -> bool:
        """Whether it says what a commit must."""
        if not all(isinstance(said, dict) for said in (self.counts, self.open, self.meta, self.cursor)):
            return False
        counts = [self.counts.get(name) for name in FILES]
        same = self.format == FORMAT and self.version == VERSION
        return same and all(type(count) is int and count >= 0 for count in counts)


@contextmanager
def telling(path: Path, doing: str) -> Iterator[None]:
    """Turn what the system says while `doing` something into a TraceError."""
    try:
        yield
    except OSError as error:
        raise TraceError.of(path, error, doing) from error


def read_part(part: Path, commit: Commit, instead: Rows | None = None) -> Recording:
    """Read what a commit counts; meta["live"] is true. Raises TraceError.

    `instead` are rows that take the place of those that were open.
    """
    try:
        with telling(part, "read"):
            look_at_sizes(part, commit)
            intern = Interner(read_texts(part, commit))
            last = open_rows(commit) if instead is None else encode(instead, intern)
            tables, texts = arrange(joined([_final(part, commit), last]), intern.texts())
    except (ValueError, TypeError, IndexError, AttributeError, OverflowError, MemoryError) as error:
        raise TraceError(part, f"is damaged, {error}", _AGAIN) from error
    recording = Recording(**tables, texts=texts, meta={**commit.meta, "live": True})
    for _, _, said in faults(recording):
        raise TraceError(part, f"is damaged, {said}", _AGAIN)
    return recording


def look_at_sizes(part: Path, commit: Commit) -> None:
    """Raise ValueError where a file is shorter than a commit says."""
    for name, dtype in FILES.items():
        there = (part / name).stat().st_size // dtype.itemsize
        if there < commit.counts[name]:
            raise ValueError(f"{name} has {there} of {commit.counts[name]} values")


def read_texts(part: Path, commit: Commit) -> Texts:
    """Read the texts that a commit counts. Raises ValueError."""
    blob, ends = _values(part, commit, "texts.blob"), _values(part, commit, "texts.ends")
    if len(ends) and (ends[0] < 0 or (ends[1:] < ends[:-1]).any() or ends[-1] != len(blob)):
        raise ValueError("its texts end outside the place where they are kept")
    return Texts(blob, ends)


def _values(part: Path, commit: Commit, name: str) -> NDArray[Any]:
    return np.fromfile(part / name, FILES[name], commit.counts[name])


def _final(part: Path, commit: Commit) -> Raw:
    return {name: {c: _values(part, commit, f"{name}.{c}") for c in raw_columns(name)} for name in TABLES}


def open_rows(commit: Commit) -> Raw:
    """Give the rows that were open at a commit, as raw columns."""
    return {
        name: {
            c: np.array(commit.open.get(name, {}).get(c, []), dtype) for c, dtype in raw_columns(name).items()
        }
        for name in TABLES
    }
