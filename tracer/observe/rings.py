"""Reads the rings that agents write, while they write them and after they were killed."""

from __future__ import annotations

import mmap
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tracer.agent import layout
from tracer.observe.processes import lives
from tracer.observe.records import HEADER, Record, decode

CHUNK = 4096  # slots copied at once: half a megabyte
MARGIN = 1024  # slots that a lapped reader leaves to the writer, so as not to be lapped again at once
HOLE = 250_000_000  # ns after which a slot that was passed over is taken to be torn
YOUNG = 2.0  # seconds that a ring may be without its header before it is called foreign

_SLOT = np.dtype([("body", f"V{layout.SLOT - 8}"), ("seq", "<u8")])


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose ring it is: its header. `created` is CLOCK_MONOTONIC, `created_wall` the same instant, ns."""

    name: str  # of the file
    pid: int
    ppid: int
    python: int
    created: int
    created_wall: int
    server: str
    server_version: str


@dataclass(slots=True)
class Batch:
    """What one ring had to say since it was read last: records in order of their numbers."""

    ring: Identity
    records: list[Record] = field(default_factory=list)
    next: int = 1  # the number of the record that comes next
    lost: int = 0  # records overwritten before they were read
    torn: int = 0  # slots that a killed writer left unfinished
    alive: int = 0  # CLOCK_MONOTONIC ns when the process was last seen alive; 0: never by this reader
    ended: bool = False  # the process is gone and everything is read; said once, in the last batch


class ForeignRingError(Exception):
    """A file that is no ring of this version; the text is one sentence."""


class Ring:
    """One mapped ring file, read from record `next` on."""

    def __init__(self, path: Path, next_number: int = 1) -> None:
        """Map a ring. Raises ForeignRingError, OSError."""
        with path.open("rb") as file:
            size = path.stat().st_size
            header = _header(file.read(HEADER.itemsize), size, path)
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self.identity = _identity(header, path.name)
        self.capacity = int(header["capacity"])
        slots = np.frombuffer(self._map, _SLOT, self.capacity, layout.HEADER)
        self._slots, self._numbers = slots, slots["seq"]
        self.next = next_number
        self.ended = False
        self._hole = (0, 0)  # a number that was waited for, and since when
        self._alive = 0

    def read(self) -> Batch:
        """Take everything that is whole by now."""
        batch = Batch(self.identity)
        now = time.monotonic_ns()
        dead = not lives(self.identity.pid, self.identity.created)
        self._alive = self._alive if dead else now
        while self._take(batch) or self._pass(batch, dead, now):
            pass
        batch.next, batch.alive = self.next, self._alive
        batch.ended = self.ended = dead
        return batch

    def _take(self, batch: Batch) -> bool:
        """Copy one run of slots, as long as their numbers follow; False if there is none."""
        first = (self.next - 1) % self.capacity
        if int(self._numbers[first]) != self.next:
            return False
        last = min(first + CHUNK, self.capacity)
        expected = np.arange(self.next, self.next + last - first, dtype=np.uint64)
        whole = _prefix(self._numbers[first:last] == expected)
        copy = self._slots[first : first + whole].copy()
        whole = _prefix(self._numbers[first : first + whole] == expected[:whole])  # not overwritten meanwhile
        if whole:
            batch.records += decode(copy[:whole].view(np.uint8).reshape(whole, layout.SLOT))
            self.next += whole
        return whole > 0

    def _pass(self, batch: Batch, dead: bool, now: int) -> bool:
        """Go past what will never come: overwritten records, and slots that were left torn."""
        if int(self._numbers[(self.next - 1) % self.capacity]) > self.next:
            oldest = int(self._numbers.max()) - self.capacity + 1 + (0 if dead else MARGIN)
            batch.lost += oldest - self.next
            self.next = oldest
            return True
        following = self._following(dead)
        if not following or not (dead or self._waited(now)):
            return False
        batch.torn += following - self.next
        self.next = following
        return True

    def _following(self, dead: bool) -> int:
        """Give the number of the next whole slot after a hole, 0 if there is none."""
        ahead = self.capacity if dead else 64
        places = (self.next - 1 + np.arange(1, ahead)) % self.capacity
        later = self._numbers[places]
        later = later[later > self.next]
        return int(later.min()) if len(later) else 0

    def _waited(self, now: int) -> bool:
        if self._hole[0] != self.next:
            self._hole = (self.next, now)
        return now - self._hole[1] > HOLE


class RingReader:
    """All rings of a directory. Cheap enough to be polled every 20 ms."""

    def __init__(self, directory: Path, resume: dict[str, int] | None = None) -> None:
        """Read the rings of `directory`; `resume` gives, by file name, the number to go on from."""
        self.directory = directory
        self.notes: list[str] = []  # one sentence for each file that was left out
        self._resume = resume or {}
        self._rings: dict[str, Ring] = {}
        self._foreign: set[str] = set()

    def poll(self) -> list[Batch]:
        """Give what is new, one batch for each ring that has some. Raises OSError."""
        self._discover()
        batches = [ring.read() for ring in self._rings.values() if not ring.ended]
        return [batch for batch in batches if batch.records or batch.lost or batch.torn or batch.ended]

    def live(self) -> list[Identity]:
        """List the rings whose processes have not ended."""
        return [ring.identity for ring in self._rings.values() if not ring.ended]

    def _discover(self) -> None:
        for path in sorted(self.directory.iterdir()):
            if path.name not in self._rings and path.name not in self._foreign:
                self._open(path)

    def _open(self, path: Path) -> None:
        try:
            if path.suffix != layout.SUFFIX:
                raise ForeignRingError(f"{path} is no ring: its name does not end in {layout.SUFFIX}")
            self._rings[path.name] = Ring(path, self._resume.get(path.name, 1))
        except (ForeignRingError, OSError) as error:
            if path.suffix != layout.SUFFIX or not _young(path):
                self._foreign.add(path.name)
                self.notes.append(f"{error}; it is left out")


def _young(path: Path) -> bool:
    """Whether a file was only just made: its header may still be on the way."""
    try:
        return time.time() - path.stat().st_mtime < YOUNG
    except OSError:
        return True


def _prefix(fits: np.ndarray[Any, np.dtype[np.bool_]]) -> int:
    """How many fit before the first that does not."""
    return len(fits) if fits.all() else int(fits.argmin())


def _header(raw: bytes, size: int, path: Path) -> Any:
    if len(raw) < HEADER.itemsize:
        raise ForeignRingError(f"{path} is no ring: it is shorter than a header")
    header = np.frombuffer(raw, HEADER)[0]
    if header["magic"] != layout.MAGIC:
        raise ForeignRingError(f"{path} is no ring: it does not begin with {layout.MAGIC.decode()}")
    if header["version"] != layout.VERSION or header["slot"] != layout.SLOT:
        raise ForeignRingError(
            f"{path} is a ring of version {header['version']}, this program reads version {layout.VERSION}"
        )
    if not 0 < int(header["capacity"]) <= (size - layout.HEADER) // layout.SLOT:
        raise ForeignRingError(f"{path} is a ring cut short: {size} bytes for {header['capacity']} slots")
    return header


def _identity(header: Any, name: str) -> Identity:
    server, version = (header[key].decode("utf-8", "replace") for key in ("server", "server_version"))
    pid, ppid, python, created, wall = (
        int(header[key]) for key in ("pid", "ppid", "python", "created", "created_wall")
    )
    return Identity(name, pid, ppid, python, created, wall, server, version)
