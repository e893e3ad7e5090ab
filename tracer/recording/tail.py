"""Follows a `.part` that grows: only what is new is read, and only the latest requests are kept.

So an hour of following costs what a minute does. What is dropped here is in the file all the same.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracer.recording.columns import Raw, arrange, joined, raw_columns
from tracer.recording.errors import TraceError
from tracer.recording.live import final_of, part_of
from tracer.recording.nouns import REFERENCES, TABLES, text_columns
from tracer.recording.part import FILES, Commit, open_rows, telling
from tracer.recording.recording import Recording
from tracer.recording.texts import Texts

KEEP = 2_000
_ROWS = 64  # of a table, for each request kept, that are read of a file that is long already


class Tail:
    """The last `keep` requests of a recording that goes on. `total` is how many there were in all."""

    def __init__(self, path: Path | str, keep: int = KEEP) -> None:
        self.path, self.keep = part_of(path), keep
        self.total = self.dropped = 0
        self.ended = False  # sealed by its writer: nothing more comes
        self._read: dict[str, int] = {}
        self._held: Raw = {
            name: {c: np.empty(0, dtype) for c, dtype in raw_columns(name).items()} for name in TABLES
        }
        self._open: dict[str, Any] = {}
        self._texts: dict[int, bytes] = {}

    def poll(self) -> Recording | None:
        """Give the latest requests as a recording; None where nothing new is known. Raises TraceError."""
        try:
            commit = Commit.read(self.path)
            if commit.counts == self._read and commit.open == self._open:
                return None
            self._append(commit)
            self._open = commit.open
        except TraceError:
            if final_of(self.path).exists() or not self.path.exists():
                self.ended = True
                return None
            raise
        return self._recording(commit)

    def _append(self, commit: Commit) -> None:
        if not self._read:
            self._read = {name: self._first(name, count) for name, count in commit.counts.items()}
        fresh: Raw = {
            name: {c: self._new(commit, f"{name}.{c}") for c in raw_columns(name)} for name in TABLES
        }
        self._read_texts(commit)
        self._read = dict(commit.counts)
        self._held = joined([self._held, fresh])

    def _first(self, name: str, count: int) -> int:
        """Choose where to begin in a file that is there already: hops, lanes and texts are needed whole."""
        if name.split(".", maxsplit=1)[0] in ("hops", "lanes", "texts"):
            return 0
        return max(0, count - self.keep * (1 if name.startswith("requests.") else _ROWS))

    def _new(self, commit: Commit, name: str) -> NDArray[Any]:
        begin, dtype = self._read[name], FILES[name]
        with telling(self.path, "read"):
            return np.fromfile(
                self.path / name, dtype, commit.counts[name] - begin, offset=begin * dtype.itemsize
            )

    def _read_texts(self, commit: Commit) -> None:
        start, first = self._read["texts.blob"], self._read["texts.ends"]
        blob, ends = self._new(commit, "texts.blob").tobytes(), self._new(commit, "texts.ends")
        for number, end in enumerate(ends.tolist(), first):
            self._texts[number] = blob[start - self._read["texts.blob"] : end - self._read["texts.blob"]]
            start = end

    def _recording(self, commit: Commit) -> Recording:
        self._held = _latest(self._held, self.keep, commit)
        last = open_rows(commit)
        self.total = commit.counts["requests.id"] + len(last["requests"]["id"])
        whole = _sound(joined([self._held, last]))
        self.dropped = self.total - len(whole["requests"]["id"])
        try:
            tables, texts = arrange(*self._numbered(whole))
        except (ValueError, IndexError, KeyError) as error:
            raise TraceError(self.path, f"is damaged, {error}", "record it again") from error
        return Recording(**tables, texts=texts, meta={**commit.meta, "live": True})

    def _numbered(self, raw: Raw) -> tuple[Raw, Texts]:
        """Give the columns with numbers of the texts that they use, and forget the others."""
        places = [(name, c) for name in TABLES for c in text_columns(TABLES[name])]
        used = np.unique(np.concatenate([raw[name][c] for name, c in places]))
        used = used[used >= 0]
        self._texts = {number: self._texts[number] for number in used.tolist()}
        for name, column in places:
            values = raw[name][column]
            found = np.searchsorted(used, values).astype(values.dtype)
            raw[name][column] = np.where(values >= 0, found, values)
        ends = np.cumsum([len(text) for text in self._texts.values()], dtype=np.int64)
        return raw, Texts(np.frombuffer(b"".join(self._texts.values()), np.uint8), ends)


def _chosen(table: dict[str, NDArray[Any]], rows: NDArray[Any]) -> dict[str, NDArray[Any]]:
    return {column: values[rows] for column, values in table.items()}


def _latest(raw: Raw, keep: int, commit: Commit) -> Raw:
    """Keep the last finished requests, and what is of them or of those that are still open."""
    requests = _chosen(raw["requests"], slice(-keep, None))  # type: ignore[arg-type]
    still = commit.open.get("requests", {}).get("id", [])
    ids = np.concatenate([requests["id"], np.array(still, np.int64)])
    since = int(requests["start"].min(initial=np.iinfo(np.int64).max)) if len(ids) else 0
    visits = _chosen(raw["visits"], np.isin(raw["visits"]["request"], ids))
    own = np.concatenate([visits["id"], np.array(commit.open.get("visits", {}).get("id", []), np.int64)])
    phases = raw["phases"]
    idle = (phases["visit"] < 0) & ((phases["end"] >= since) | (phases["end"] < 0))
    phases = _chosen(phases, np.isin(phases["visit"], own) | idle)
    marks = _chosen(raw["marks"], raw["marks"]["time"] >= since)
    kept = {**raw, "requests": requests, "visits": visits, "phases": phases, "marks": marks}
    return {**kept, "lanes": _lanes(kept, commit)}


def _lanes(raw: Raw, commit: Commit) -> dict[str, NDArray[Any]]:
    """Keep the lanes that something names: what is kept, what is open, and lanes that are kept."""
    open_ = open_rows(commit)
    named = [
        table[name][column]
        for table in (raw, open_)
        for name, references in REFERENCES.items()
        for column, target in references.items()
        if target == "lanes" and name != "lanes"
    ]
    wanted = np.unique(np.concatenate([*named, open_["lanes"]["parent"]]))
    lanes = raw["lanes"]
    while True:
        keep = np.isin(lanes["id"], wanted)
        more = np.union1d(wanted, lanes["parent"][keep])
        if len(more) == len(wanted):
            return _chosen(lanes, keep)
        wanted = more


def _sound(raw: Raw) -> Raw:
    """Take off references to rows that were dropped; what is of a dropped visit goes too."""
    ids = {name: raw[name]["id"] for name in ("hops", "lanes", "requests", "visits")}
    visits = _chosen(raw["visits"], np.isin(raw["visits"]["request"], [*ids["requests"].tolist(), -1]))
    ids["visits"] = visits["id"]
    of = raw["phases"]["visit"]
    phases = _chosen(raw["phases"], (of < 0) | np.isin(of, ids["visits"]))
    whole = {**raw, "visits": visits, "phases": phases}
    for name, references in REFERENCES.items():
        table = dict(whole[name])
        for column, target in references.items():
            values = table[column]
            table[column] = np.where(np.isin(values, ids[target]), values, -1)
        whole[name] = table
    return whole
