"""Writing a recording while it happens: `NAME.trace.part/` grows (see `part`), and becomes `NAME.trace`."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from tracer.recording.bounds import fault
from tracer.recording.columns import Raw, encode
from tracer.recording.errors import TraceError
from tracer.recording.nouns import TABLES
from tracer.recording.part import FILES, Commit, look_at_sizes, read_part, read_texts, telling
from tracer.recording.recording import Meta, Recording
from tracer.recording.rows import Rows
from tracer.recording.sealed import load, save
from tracer.recording.texts import Interner, Texts

PART = ".part"


def part_of(path: Path | str) -> Path:
    """Give the directory of a recording that goes on, by its own or by its final name."""
    path = Path(path)
    return path if _is_part(path) else Path(f"{path}{PART}")


def final_of(path: Path | str) -> Path:
    """Give the final name of a recording, by its own or by that of its directory."""
    path = Path(path)
    return path.with_name(path.name.removesuffix(PART)) if _is_part(path) else path


def _is_part(path: Path) -> bool:
    return path.name.endswith(PART) and path.name != PART


class LiveWriter:
    """Writes a recording as it happens. `meta` may be changed; the next commit writes it.

    Every method raises TraceError where the system refuses, and ValueError for rows that cannot be. After
    a failed write the writer takes no more, and what was committed before can be read and sealed.
    """

    def __init__(self, path: Path | str, meta: Meta, *, overwrite: bool = False) -> None:
        part = part_of(path)
        _make(final_of(path), part, overwrite)
        lock = _locked(part)
        try:
            self._begin(part, Commit(meta=dict(meta)), lock)
            self.commit(Rows(), {})
        except TraceError:
            _remove(part)  # nothing is in it, and it would be in the way of the next
            lock.close()
            raise

    def _begin(self, part: Path, commit: Commit, lock: BinaryIO) -> None:
        """Open the files and cut each to what was committed."""
        self.path, self.part, self.meta = final_of(part), part, dict(commit.meta)
        self._lock, self._committed, self._counts = lock, commit, dict(commit.counts)
        self._intern = Interner()
        self._files: dict[str, BinaryIO] = {}
        with telling(part, "write"):
            for name, dtype in FILES.items():
                self._files[name] = (part / name).open("ab", buffering=1 << 16)
                self._files[name].truncate(commit.counts[name] * dtype.itemsize)

    @classmethod
    def reopen(cls, path: Path | str) -> LiveWriter:
        """Go on with a `.part` that was left behind, from its last commit; what came after is cut off."""
        part = part_of(path)
        lock = _locked(part)
        try:
            commit = Commit.read(part)
            texts = _whole_texts(part, commit)
            writer = object.__new__(cls)
            writer._begin(part, commit, lock)
        except BaseException:
            lock.close()
            raise
        writer._intern = Interner(texts)
        return writer

    def append(self, rows: Rows) -> None:
        """Take rows that are final: finished, and never told again. They count from the next commit on."""
        raw = _encoded(rows, self._intern)
        with self._writing():
            for name in TABLES:
                for column, values in raw[name].items():
                    self._write(f"{name}.{column}", values)

    def commit(self, open_rows: Rows, cursor: dict[str, Any]) -> None:
        """Make all appended rows count, with the rows that are open now and the place the source is at.

        `open_rows` takes the place of those of the commit before; `cursor` is JSON, and the source's own.
        """
        raw = _encoded(open_rows, self._intern)
        there = [name for name in TABLES if getattr(open_rows, name)]
        listed = {name: {c: v.tolist() for c, v in raw[name].items()} for name in there}
        with self._writing():
            self._write_texts()
            for file in self._files.values():
                file.flush()
            commit = Commit(dict(self._counts), listed, dict(self.meta), cursor)
            commit.write(self.part)
        self._committed = commit

    def _write_texts(self) -> None:
        new = self._intern.since(self._counts["texts.ends"])
        parts = [text.encode("utf-8", "replace") for text in new]
        ends = self._counts["texts.blob"] + np.cumsum([len(part) for part in parts], dtype=np.int64)
        self._write("texts.blob", np.frombuffer(b"".join(parts), np.uint8))
        self._write("texts.ends", ends)

    def _write(self, name: str, values: NDArray[Any]) -> None:
        self._files[name].write(values.tobytes())
        self._counts[name] += len(values)

    def seal(self) -> Path:
        """Write the final `.trace` of what was last committed, remove the `.part`, and give its path.

        Rows that were appended and not committed are not in it.
        """
        self._close_files()
        with telling(self.path, "write"):
            if self.path.exists():
                raise TraceError(self.path, "is there already", "move it away, and seal again")
        recording = read_part(self.part, self._committed)
        del recording.meta["live"]
        save(recording, self.path)
        self.discard()
        return self.path

    def discard(self) -> None:
        """Remove the `.part`."""
        self._close_files()
        with telling(self.part, "remove"):
            _remove(self.part)
        self._lock.close()

    def close(self) -> None:
        """Leave the `.part` as it was last committed: it can be read, reopened and sealed."""
        self._close_files()
        self._lock.close()

    def _close_files(self) -> None:
        files, self._files = self._files, {}
        for file in files.values():
            with suppress(OSError):  # what it cannot write now was not committed
                file.close()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Close the files when a write fails: from then on they may be of different length."""
        if not self._files:
            raise TraceError(self.part, "takes no more rows", "read or seal what was committed")
        try:
            with telling(self.part, "write"):
                yield
        except BaseException:
            self._close_files()
            raise

    def __enter__(self) -> LiveWriter:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def _make(final: Path, part: Path, overwrite: bool) -> None:
    """Make the directory, for nobody else to read; what stands there already goes only when asked."""
    with telling(part, "make"):
        for there in (final, part):
            look_at_name(there, overwrite)
        if part.exists():
            if not _ours(part):
                raise TraceError(
                    part, "holds what is no recording and is not overwritten", "give another name"
                )
            _locked(part).close()
            _remove(part)
        final.unlink(missing_ok=True)
        part.mkdir(mode=0o700)


def look_at_name(path: Path, overwrite: bool) -> None:
    """Raise TraceError for a name that is taken: by a device or the like it stays so, whoever asks."""
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise TraceError(path, "is no ordinary file and is not overwritten", "give another name")
    if path.exists() and not overwrite:
        raise TraceError(path, "is there already", "give another name, or overwrite it with --force")


def _ours(part: Path) -> bool:
    """Whether a recording was begun in a directory, or nothing is in it."""
    return (part / "lock").is_file() or not any(part.iterdir())


def _remove(part: Path) -> None:
    from shutil import rmtree  # 10 ms that a reader does not need

    rmtree(part)


def _locked(part: Path) -> BinaryIO:
    """Take the writer's lock, which the system lets go when the process ends, however it ends."""
    with telling(part, "write"):
        file = cast(BinaryIO, (part / "lock").open("ab"))
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.close()
            raise TraceError(part, "is being written by another process", "wait for it or end it") from error
        return file


def _whole_texts(part: Path, commit: Commit) -> Texts:
    """Give the texts, where every file is as long as was committed: none is ever filled up with nothing."""
    try:
        with telling(part, "read"):
            look_at_sizes(part, commit)
            return read_texts(part, commit)
    except ValueError as error:
        raise TraceError(part, f"is damaged, {error}", "record it again") from error


def _encoded(rows: Rows, intern: Interner) -> Raw:
    """Encode rows that can be read again: kinds are of their table, flags 0 or 1."""
    raw = encode(rows, intern)
    for name in TABLES:
        for column, values in raw[name].items():
            said = fault(name, column, values, None)
            if said:
                raise ValueError(said)
    return raw


def reopen(path: Path | str) -> LiveWriter:
    """Go on with a `.part` that was left behind, from its last commit; what came after is cut off."""
    return LiveWriter.reopen(path)


def read_live(path: Path | str, instead: Rows | None = None) -> Recording:
    """Read what was last committed; meta["live"] is true. Raises TraceError.

    `instead` are rows that take the place of those that were open: what a source made of its cursor.
    """
    part = part_of(path)
    return read_part(part, Commit.read(part), instead)


def read_cursor(path: Path | str) -> dict[str, Any]:
    """Give the source's cursor of the last commit. Raises TraceError."""
    return dict(Commit.read(part_of(path)).cursor)


def is_being_written(path: Path | str) -> bool:
    """Whether a writer lives that goes on with this recording; a `.part` without one was left behind."""
    lock = part_of(path) / "lock"
    if not lock.exists():
        return False
    with telling(lock, "read"), lock.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


def open_recording(path: Path | str) -> Recording:
    """Read a `.trace`, or the `.part` of one that is not sealed yet, by either name. Raises TraceError."""
    final, part = final_of(path), part_of(path)
    with telling(Path(path), "read"):
        if final.exists() or not part.is_dir():
            return load(final)
        try:
            return read_live(part)
        except TraceError:
            if not final.exists():
                raise
            return load(final)  # it was sealed just now
