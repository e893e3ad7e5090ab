"""The pcap format: a file header of 24 bytes, then for each frame a header of 16 bytes and its bytes.

The parser is sans-IO: it takes the bytes there are and says how many of them it has used up. Only the
walk from header to header is a loop (`walk`); everything else is done for all headers at once.
"""

from __future__ import annotations

import struct
from typing import Any

import numpy as np

from tracer.capture.errors import CaptureError
from tracer.capture.records import I8, Interface, Records, gather
from tracer.capture.salvage import Salvage

FILE_HEADER = 24
HEADER = 16
LARGEST = 1 << 24
"""No frame is longer than this; a header that says so is damage."""
USUAL = 1 << 18
"""What libpcap itself writes at most; files with a smaller snap length have been seen to break it."""

MAGICS = {
    b"\xa1\xb2\xc3\xd4": (">", 1_000_000),
    b"\xd4\xc3\xb2\xa1": ("<", 1_000_000),
    b"\xa1\xb2\x3c\x4d": (">", 1_000_000_000),
    b"\x4d\x3c\xb2\xa1": ("<", 1_000_000_000),
}
"""First four bytes -> byte order, ticks of its clock a second."""


class PcapParser:
    """Turns bytes into Records. `interfaces` has the one there is; `faults` is added to."""

    def __init__(self, name: str, header: bytes) -> None:
        self._order, ticks = MAGICS[header[:4]]
        snap, link = struct.unpack_from(self._order + "16xII", header)
        self.interfaces = [Interface(link & 0xFFFF, snap, ticks=ticks)]
        self.faults: list[CaptureError] = []
        self.secrets: list[bytes] = []  # this format has none,
        self.drops: dict[int, int] = {}  # nor these
        self._name = name
        self._layout = _layout(self._order)
        self.frame = 1  # the next one's number
        self._seconds = -1  # the time of the last one
        self._largest = max(snap, USUAL) if 0 < snap <= LARGEST else LARGEST
        self._lost: tuple[int, int, str] | None = None  # damage began: frame, place in the file, what

    def parse(self, data: bytes, position: int, *, final: bool) -> tuple[Records, int]:
        """Give the whole frames in `data`, which stands at `position` in the file, and the bytes used.

        With `final` nothing will follow: what is left then is a cut frame.
        """
        starts: list[int] = []
        at = 0
        while True:
            if self._lost is not None:
                at, found = self._resume(data, at, position, final=final)
                if not found:
                    break
            at, why = walk(data, at, self._order, self._largest, starts)
            if why is None:
                break
            self._lost = (self.frame + len(starts), position + at, why)
            at += 1
        records = self._records(data, position, np.array(starts, np.int64))
        return records, at

    def _records(self, data: bytes, position: int, starts: I8) -> Records:
        heads = gather(data, starts, self._layout)
        ticks = self.interfaces[0].ticks
        seconds = heads["seconds"].astype(np.int64)
        time = seconds * 1_000_000_000 + heads["fraction"].astype(np.int64) * (1_000_000_000 // ticks)
        frame = np.arange(self.frame, self.frame + len(starts))
        self.frame += len(starts)
        if len(starts):
            self._seconds = int(seconds[-1])
        return Records(
            data,
            position,
            frame,
            time,
            starts + HEADER,
            heads["captured"].astype(np.int64),
            heads["length"].astype(np.int64),
            np.zeros(len(starts), np.int32),
            np.full(len(starts), self.interfaces[0].link, np.int32),
        )

    def cut(self, rest: bytes) -> str:
        """Say what is missing where the file ends with `rest`."""
        if len(rest) < HEADER:
            return f"the file stops in the frame's header, {len(rest)} of {HEADER} bytes are there"
        (captured,) = struct.unpack_from(self._order + "8xI", rest)
        return (
            f"the file stops in the middle of the frame, {len(rest) - HEADER} of {captured} bytes are there"
        )

    def _resume(self, data: bytes, at: int, position: int, *, final: bool) -> tuple[int, bool]:
        """Look for the next frame after damage: (where to go on, whether it stands there)."""
        assert self._lost is not None
        frame, where, why = self._lost
        salvage = Salvage(self._layout, self.interfaces[0].ticks, self._largest, self._seconds)
        at, found = salvage.find(data, at, final=final)
        if found or final:
            self._lost = None
            rest = (
                f"{position + at - where} bytes were skipped" if found else "nothing could be read after it"
            )
            self.faults.append(CaptureError(self._name, f"{why}; {rest}", frame, where))
        return (len(data), False) if final and not found else (at, found)


def walk(data: bytes, at: int, order: str, largest: int, starts: list[int]) -> tuple[int, str | None]:
    """Add the start of every whole frame from `at` on to `starts`; give where it ended and why.

    The reason is None where more bytes are needed. A header that cannot be true ends the walk too.
    """
    captured_at = struct.Struct(order + "8xI").unpack_from
    end = len(data) - HEADER
    add = starts.append
    while at <= end:
        (captured,) = captured_at(data, at)
        after = at + HEADER + captured
        if captured > largest:
            return at, f"the frame's header says that {captured} bytes were captured, more than any frame has"
        if after > end + HEADER:
            break
        add(at)
        at = after
    return at, None


def _layout(order: str) -> np.dtype[Any]:
    names = ("seconds", "fraction", "captured", "length")
    return np.dtype([(name, order + "u4") for name in names])
