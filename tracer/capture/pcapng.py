"""The pcapng format: blocks, each with its type and, at both ends, its length.

Sections may differ in byte order; a section declares its interfaces before their packets. A run of blocks
with packets is only walked through (`run`) and turned into columns together; the other blocks change what
the reader knows and are read one by one.
"""

from __future__ import annotations

import struct

import numpy as np

from tracer.capture import blocks
from tracer.capture.blocks import INTERFACE, LARGEST, PLAIN, SECRETS, SECTION, SIMPLE, SMALLEST, STATISTICS
from tracer.capture.errors import CaptureError
from tracer.capture.records import I8, UNKNOWN, Interface, Records, gather, joined

WINDOW = 1 << 16  # places looked at together after damage


class DamageError(Exception):
    """A block cannot be what it says; the text says why."""


class PcapngParser:
    """Turns bytes into Records. `interfaces`, `secrets` and `drops` grow as they are read, and `faults`."""

    def __init__(self, name: str) -> None:
        self.interfaces: list[Interface] = []
        self.secrets: list[bytes] = []  # TLS key logs
        self.drops: dict[int, int] = {}  # interface -> packets it dropped
        self.faults: list[CaptureError] = []
        self._name = name
        self._order = "<"
        self._first = 0  # interface of this section
        self.frame = 1  # the next one's number
        self._lost: tuple[int, int, str] | None = None  # damage began: frame, place in the file, what

    def parse(self, data: bytes, position: int, *, final: bool) -> tuple[Records, int]:
        """Give the frames of the whole blocks in `data`, which stands at `position`, and the bytes used.

        With `final` nothing will follow: what is left then is a cut block.
        """
        runs: list[Records] = []
        at = 0
        while True:
            if self._lost is not None:
                at, found = self._resume(data, at, position, final=final)
                if not found:
                    break
            try:
                at = self._blocks(data, at, position, runs)
                break
            except DamageError as damage:
                at = self._reached
                self._lost = (self.frame, position + at, str(damage))
                at += 1
        return joined(runs, data, position), at

    def _blocks(self, data: bytes, at: int, position: int, runs: list[Records]) -> int:
        """Read block after block; give the place of the first that is not whole. Raises DamageError."""
        while True:
            self._reached = at
            found = sound(data, at, self._order)
            if found is None:
                return at
            kind, total, self._order = found
            if kind in blocks.LAYOUTS:
                starts, at = run(data, at, self._order, kind)
                runs.append(self._packets(data, position, kind, np.array(starts, np.int64)))
            else:
                self._learn(kind, data, at, total)
                at += total

    def _learn(self, kind: int, data: bytes, at: int, total: int) -> None:
        """Take in a whole block that holds no packet."""
        if kind == SECTION:
            self._first = len(self.interfaces)
        elif kind == INTERFACE:
            self.interfaces.append(blocks.interface(data, at, total, self._order))
        elif kind == STATISTICS:
            (number,) = struct.unpack_from(self._order + "I", data, at + 8)
            if (lost := blocks.drops(data, at, total, self._order)) >= 0:
                self.drops[self._first + number] = lost
        elif kind == SECRETS:
            what, length = struct.unpack_from(self._order + "II", data, at + 8)
            if what == blocks.TLS_KEY_LOG:
                self.secrets.append(data[at + 16 : at + 16 + min(length, total - 20)])

    def _packets(self, data: bytes, position: int, kind: int, starts: I8) -> Records:
        """Make columns of a run of blocks; those that contradict themselves are left out and told."""
        layout = blocks.layout(kind, self._order)
        heads = gather(data, starts, layout)
        room = heads["total"].astype(np.int64) - layout.itemsize - 4
        length = heads["length"].astype(np.int64)
        if kind == SIMPLE:
            section = np.zeros(len(starts), np.int64)
            captured = np.minimum(np.minimum(length, room), self._snap())
            time = np.full(len(starts), UNKNOWN, np.int64)
        else:
            section = heads["interface"].astype(np.int64)
            captured = heads["captured"].astype(np.int64)
            time = self._times(section, (heads["high"].astype(np.uint64) << np.uint64(32)) | heads["low"])
        frame = np.arange(self.frame, self.frame + len(starts))
        self.frame += len(starts)
        known = section < len(self.interfaces) - self._first
        keep = known & (captured <= room)
        for row in np.flatnonzero(~keep).tolist():
            self._contradiction(known[row], int(captured[row]), int(frame[row]), position + int(starts[row]))
        links = np.array([interface.link for interface in self.interfaces] or [UNKNOWN], np.int32)
        number = np.where(known, section + self._first, 0)
        made = Records(
            data, position, frame, time, starts + layout.itemsize, captured, length,
            number.astype(np.int32), links[number],
        )  # fmt: skip
        return made if keep.all() else made.take(np.flatnonzero(keep))

    def _snap(self) -> int:
        here = self.interfaces[self._first :]
        return (here[0].snap if here else 0) or LARGEST

    def _times(self, section: I8, stamps: blocks.U8) -> I8:
        """Convert time stamps, each by the clock of its interface."""
        time = np.full(len(stamps), UNKNOWN, np.int64)
        here = self.interfaces[self._first :]
        for number in np.unique(section).tolist():
            if number < len(here):
                rows = section == number
                time[rows] = blocks.nanoseconds(stamps[rows], here[number])
        return time

    def _contradiction(self, known: bool, captured: int, frame: int, place: int) -> None:
        why = "the packet names an interface that was not declared"
        if known:
            why = f"the packet says that {captured} bytes were captured, more than its block holds"
        self._fault(f"{why}; it was left out", frame, place)

    def _fault(self, why: str, frame: int, place: int) -> None:
        self.faults.append(CaptureError(self._name, why, frame, place))

    def _resume(self, data: bytes, at: int, position: int, *, final: bool) -> tuple[int, bool]:
        """Look for the next block after damage: (where to go on, whether it stands there)."""
        assert self._lost is not None
        frame, where, why = self._lost
        at, found = find(data, at, self._order, final=final)
        if found or final:
            self._lost = None
            rest = (
                f"{position + at - where} bytes were skipped" if found else "nothing could be read after it"
            )
            self._fault(f"{why}; {rest}", frame, where)
        return (len(data), False) if final and not found else (at, found)

    def cut(self, rest: bytes) -> str:
        """Say what is missing where the file ends with `rest`."""
        return f"the file stops in the middle of a block, {len(rest)} bytes of it are there"


def sound(data: bytes, at: int, order: str) -> tuple[int, int, str] | None:
    """Give a block's type, length and byte order; None: it is not there as a whole. Raises DamageError."""
    if at + PLAIN > len(data):
        return None
    if data[at : at + 4] == blocks.MAGIC:
        if data[at + 8 : at + 12] not in blocks.ORDERS:
            raise DamageError("a section begins without its byte-order magic")
        order = blocks.ORDERS[data[at + 8 : at + 12]]
    kind, total = struct.unpack_from(order + "II", data, at)
    if total < SMALLEST.get(kind, PLAIN) or total > LARGEST or total & 3:
        raise DamageError(f"a block of type {kind} says that it is {total} bytes long, which cannot be")
    if at + total > len(data):
        return None
    (again,) = struct.unpack_from(order + "I", data, at + total - 4)
    if again != total:
        raise DamageError(f"a block of type {kind} gives its length as {total} and as {again}")
    return kind, total, order


def run(data: bytes, at: int, order: str, kind: int) -> tuple[list[int], int]:
    """Walk over the blocks of one type that follow each other: (their starts, the end of the last).

    It stops before the first block that is of another type, not whole or not `sound`.
    """
    head, tail = struct.Struct(order + "II").unpack_from, struct.Struct(order + "I").unpack_from
    smallest, end = SMALLEST[kind], len(data)
    starts: list[int] = []
    while at + smallest <= end:
        here, total = head(data, at)
        after = at + total
        if here != kind or not smallest <= total <= LARGEST or total & 3 or after > end:
            break
        if tail(data, after - 4)[0] != total:
            break
        starts.append(at)
        at = after
    return starts, at


def find(data: bytes, at: int, order: str, *, final: bool) -> tuple[int, bool]:
    """Find the next sound block of a known type: (its place, True), or (where to look again, False)."""
    end = len(data) - PLAIN + 1
    layout = np.dtype([("kind", order + "u4"), ("total", order + "u4")])
    for begin in range(at, end, WINDOW):
        places = np.arange(begin, min(begin + WINDOW, end))
        heads = gather(data, places, layout)
        likely = np.isin(heads["kind"], blocks.KINDS) & (heads["total"] <= LARGEST)
        for place in places[likely].tolist():
            try:
                found = sound(data, place, order)
            except DamageError:
                continue
            if found is not None or not final:
                return place, found is not None
    return max(at, end), False
