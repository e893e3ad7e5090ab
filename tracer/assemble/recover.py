"""What a killed collector left behind: `NAME.trace.part` with the rings in it, read again from its cursor.

The cursor says for each ring from which record on to read again, and which visits of those are out already.
A ring keeps its last 65,536 records, so nothing is missing unless more came after the last commit.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tracer.assemble.assembler import Assembler
from tracer.assemble.collector import FINISHED, RINGS, clock_meta, world_meta
from tracer.observe.rings import RingReader
from tracer.recording import Recording, Rows, TraceError
from tracer.recording.live import LiveWriter, final_of, look_at_name, part_of, read_live
from tracer.recording.part import Commit
from tracer.recording.sealed import save


def left_behind(path: Path) -> bool:
    """Whether `path`, or `path` with `.part` behind it, is a `.part` with rings in it."""
    return any((part / RINGS).is_dir() for part in (path, Path(f"{path}.part")))


def recovered(path: Path) -> Recording:
    """Read a `.part` together with what its rings hold beyond it; nothing is written. Raises TraceError."""
    part = part_of(path)
    if Commit.read(part).cursor == FINISHED:
        return read_live(part)
    assembler, rows = _replayed(part)
    recording = read_live(part, rows)
    recording.meta.update(world_meta(assembler))
    return recording


def seal_left(path: Path, output: Path | None = None, *, overwrite: bool = False) -> Path:
    """Seal a `.part` that was left behind, with what its rings hold; give the `.trace`.

    It goes to `output`, else to the `.part`'s own name. Nothing is written beside it, for its disk may be
    full. Raises TraceError.
    """
    final = output or final_of(path)
    look_at_name(final, overwrite)
    with LiveWriter.reopen(path) as writer:  # from here on nobody else writes or seals it
        recording = recovered(writer.part)
        del recording.meta["live"]
        save(recording, final)
        writer.discard()
    return final


def collected(rings: Path, path: Path, meta: dict[str, Any], *, overwrite: bool = False) -> Path:
    """Make a recording of a directory of rings, which stays as it is; give its path. Raises TraceError."""
    try:
        reader = RingReader(rings)
        batches = reader.poll()
    except OSError as error:
        raise TraceError.of(rings, error, "read") from error
    if not batches:
        raise TraceError(rings, "has no rings in it", "give the directory that HOPSCOPE_RINGS named")
    first = batches[0].ring
    assembler = Assembler(first.created_wall - first.created)
    for batch in batches:
        assembler.records(batch)
    writer = LiveWriter(path, {**meta, **clock_meta(assembler.offset)}, overwrite=overwrite)
    writer.append(assembler.finish())
    writer.meta |= world_meta(assembler)
    writer.commit(Rows(), FINISHED)
    return writer.seal()


def _replayed(part: Path) -> tuple[Assembler, Rows]:
    """Go on from the cursor with all that the rings hold; give the rows that come after the final ones."""
    commit = Commit.read(part)
    assembler = Assembler(commit.meta["clocks"][0]["offset_ns"], cursor=commit.cursor)
    try:
        for batch in RingReader(part / RINGS).poll():
            assembler.records(batch)
    except OSError as error:
        raise TraceError.of(part / RINGS, error, "read") from error
    return assembler, assembler.finish()
