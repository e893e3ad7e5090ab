"""Reassembly of one direction of a TCP connection: bytes by sequence number, out as they stand in order.

Offsets count from the first byte of the direction, as Python ints without end; sequence numbers are their
lowest 32 bits, moved. Of bytes that come twice, the first copy counts.
"""

from __future__ import annotations

from bisect import insort
from dataclasses import dataclass, field

from tracer.capture.ranges import gaps, start_of
from tracer.capture.records import I8

PATIENCE = 10 * 10**9
"""A hole is given up 10 s of capture time after it opened,"""
ACKED_PATIENCE = 10**9
"""or 1 s after the other side said that it has the bytes: then only the capture lacks them,"""
MOST_BYTES, MOST_PIECES = 1 << 24, 1 << 12
"""or when this much waits behind holes."""

HALF, FULL = 1 << 31, 1 << 32


@dataclass(slots=True)
class Piece:
    """Bytes [start, end) of a flow, from one frame; `data` is what was captured of them (None: lost)."""

    start: int
    end: int
    data: memoryview | bytes | None
    frame: int
    time: int


@dataclass(slots=True)
class Run:
    """Bytes from `start` on, in order and whole, each piece from one frame."""

    start: int
    pieces: list[memoryview]
    frames: I8
    times: I8


@dataclass(slots=True)
class Flow:
    """The state of one direction. `ready` collects what is in order; its owner takes it."""

    seq: int | None = None  # sequence number of `next`; None: nothing seen yet
    next: int = 0  # the offset that is due
    first: int | None = None  # the sequence number of its SYN, if that was seen
    fin: Piece | None = None  # where it ends (a piece of no bytes), if a FIN was seen
    shut: bool = False  # it announced a window of zero
    expires: int | None = None  # when its hole is given up; None: there is none
    hole: int = 0  # where the hole is that `expires` is of
    held: list[Piece] = field(default_factory=list)  # what waits behind a hole
    held_bytes: int = 0
    ready: list[Piece | Run] = field(default_factory=list)

    def anchor(self, seq: int) -> None:
        """Say that the byte at offset 0 has this sequence number."""
        self.seq = seq % FULL

    def place(self, seq: int) -> int:
        """Turn a sequence number into the offset next to `next` that has it."""
        assert self.seq is not None
        return self.next + (seq - self.seq + HALF) % FULL - HALF

    def receive(self, start: int, length: int, data: memoryview, frame: int, time: int) -> int:
        """Take in a segment; give how many of its bytes had not come before."""
        if start == self.next and self.expires is None:
            self._deliver(Piece(start, start + length, data, frame, time))
            return length
        fresh = 0
        for begin, stop in gaps(self.held, max(start, self.next), start + length):  # type: ignore[arg-type]
            part: memoryview | bytes = data[begin - start : stop - start]
            part = part if begin == self.next else bytes(part)  # what is held must not hold a whole chunk
            insort(self.held, Piece(begin, stop, part, frame, time), key=start_of)
            self.held_bytes += stop - begin
            fresh += stop - begin
        self._drain()
        while self.held_bytes > MOST_BYTES or len(self.held) > MOST_PIECES:
            self.give_up()
        return fresh

    def finish(self, at: int, frame: int, time: int) -> None:
        """Take in a FIN at offset `at`."""
        if self.fin is None and at >= self.next:
            self.fin = Piece(at, at, None, frame, time)
            self._watch()

    @property
    def done(self) -> bool:
        """Everything up to the FIN is out."""
        return self.fin is not None and self.next >= self.fin.start

    def acked(self, seq: int, time: int) -> None:
        """Take in that the other side has all before this sequence number."""
        after = self._after_hole()
        if self.expires is not None and after is not None and self.place(seq) >= after.start:
            self.expires = min(self.expires, time + ACKED_PATIENCE)

    def give_up(self) -> None:
        """Go on after the hole without its bytes."""
        after = self._after_hole()
        if after is not None:
            self._deliver(Piece(self.next, after.start, None, after.frame, after.time))
            self._drain()

    def _after_hole(self) -> Piece | None:
        """Give what stands next after the hole, if there is one."""
        if self.held:
            return self.held[0]
        return self.fin if self.fin is not None and self.fin.start > self.next else None

    def _drain(self) -> None:
        """Deliver what no longer waits for anything."""
        count = 0
        for piece in self.held:
            if piece.start != self.next:
                break
            self._deliver(piece)
            self.held_bytes -= piece.end - piece.start
            count += 1
        del self.held[:count]
        self._watch()

    def _watch(self) -> None:
        """Set the clock for a new hole; a hole that was there keeps its own."""
        after = self._after_hole()
        if after is None:
            self.expires = None
        elif self.expires is None or self.hole != self.next:
            self.expires, self.hole = after.time + PATIENCE, self.next

    def extend(self, run: Run, length: int) -> None:
        """Take in a run of `length` bytes that begins at `next`."""
        self.ready.append(run)
        self._skip(self.next + length)

    def _skip(self, end: int) -> None:
        self.seq = (self.seq + end - self.next) % FULL  # type: ignore[operator]
        self.next = end

    def _deliver(self, piece: Piece) -> None:
        self.ready.append(piece)
        self._skip(piece.end)
