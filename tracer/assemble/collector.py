"""The collector: rings and exchanges go in at one end, a recording comes out at the other."""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from tracer.assemble.assembler import Assembler
from tracer.load.exchange import Exchange
from tracer.observe.rings import RingReader
from tracer.recording import Clock, Rows, TraceError
from tracer.recording.live import LiveWriter
from tracer.recording.part import telling

RINGS = "rings"  # the directory inside of NAME.trace.part that servers write their rings to
COMMIT = 0.25  # seconds between commits
FINISHED = {"finished": True}  # the cursor of a recording to which the rings have nothing to add
STAMP_DIGIT = 1_000_000  # ns: what nginx's $msec leaves out
FAULTS = 20  # told in the meta data at most


class Collector:
    """Records into `path` until it is sealed. Servers write their rings to `rings`."""

    def __init__(
        self, path: Path, meta: dict[str, Any], *, client: bool = False, overwrite: bool = False
    ) -> None:
        """Make the `.part` directory. Raises TraceError."""
        offset = clock_offset()
        self.writer = LiveWriter(path, {**meta, **clock_meta(offset)}, overwrite=overwrite)
        self.rings = self.writer.part / RINGS
        self.assembler = Assembler(offset, client=client)
        self.reader = RingReader(self.rings)
        try:
            with telling(self.rings, "make"):
                self.rings.mkdir(mode=0o700)
            self.commit()
        except TraceError:
            self.discard()
            raise

    def poll(self, exchanges: Iterable[Exchange] = ()) -> None:
        """Take what is new; commit when it is time. Raises TraceError where it cannot be written."""
        for exchange in exchanges:
            self.assembler.exchange(exchange)
        for batch in self.reader.poll():
            self.assembler.records(batch)
        if time.monotonic() >= self._due:
            self.commit()

    def commit(self) -> None:
        """Make all that is known by now count."""
        self.writer.append(self.assembler.closed())
        self.writer.meta |= world_meta(self.assembler)
        self.writer.commit(self.assembler.open(), self.assembler.cursor())
        self._due = time.monotonic() + COMMIT

    def seal(self) -> Path:
        """Take the rest, write the final `.trace` and give its path. What is not over stays open."""
        for batch in self.reader.poll():
            self.assembler.records(batch)
        rows = self.assembler.closed()
        for more in (rows, self.assembler.finish()):
            self.writer.append(more)
        self.writer.meta |= world_meta(self.assembler)
        self.writer.commit(Rows(), FINISHED)
        return self.writer.seal()

    def notes(self) -> list[str]:
        """Say what the user should know: hooks that failed, servers that are not known, files left out."""
        world = self.assembler.world
        faults = [f"a hook failed and was switched off, in {fault}" for fault in world.faults[:FAULTS]]
        return [*self.reader.notes, *faults, *(f"not recorded: {name}" for name in world.unsupported)]

    def close(self) -> None:
        """Leave the `.part` as it is."""
        self.writer.close()

    def discard(self) -> None:
        """Remove the `.part`: nothing was recorded."""
        with suppress(TraceError):
            self.writer.discard()


def clock_offset() -> int:
    """Give CLOCK_REALTIME - CLOCK_MONOTONIC in ns, by the tightest of nine pairs of readings."""
    readings = []
    for _ in range(9):
        before, wall, after = time.monotonic_ns(), time.time_ns(), time.monotonic_ns()
        readings.append((after - before, wall - (before + after) // 2))
    return min(readings)[1]


def clock_meta(offset: int, *, proxy: bool = False) -> dict[str, Any]:
    """Say whose clock it is. All processes of a machine share it, so nothing is uncertain between them.

    With `proxy`, X-Request-Start was read too: from a proxy on this machine it is as good as its last digit.
    """
    clocks = [Clock("CLOCK_MONOTONIC", offset, 0)]
    clocks += [Clock("X-Request-Start", 0, STAMP_DIGIT)] if proxy else []
    return {"source": "hook", "clocks": [clock.as_meta() for clock in clocks]}


def world_meta(assembler: Assembler) -> dict[str, Any]:
    """Say which servers there were, which points were live, and what went wrong."""
    world = assembler.world
    return {
        **clock_meta(assembler.offset, proxy=world.passed_on),
        "servers": [{"name": name, "version": version} for name, version in world.servers.items()],
        "points": list(world.points),
        "unsupported": list(world.unsupported),
        "faults": world.faults[:FAULTS],
        "lost_records": world.lost,
    }
