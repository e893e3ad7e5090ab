"""Puts IP fragments together again. They are rare, so this is plain Python, one fragment at a time.

What is held is bounded: datagrams wait for 30 s of capture time, and at most `MOST` of them.
"""

from __future__ import annotations

from bisect import insort
from dataclasses import dataclass, field

from tracer.capture.ranges import gaps, start_of

MOST = 256
PATIENCE = 30 * 10**9  # ns; RFC 8200 gives 60 s, Linux waits 30

Key = tuple[int, ...]
"""What the fragments of one datagram have in common: addresses, protocol, id."""


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes [start, end) of a datagram; `data` is what was captured of them, from the start on."""

    start: int
    end: int
    data: bytes


@dataclass(slots=True)
class Datagram:
    """The payload of an IP datagram, of which some fragments have come."""

    since: int  # ns
    parts: list[Part] = field(default_factory=list)
    had: int = 0  # bytes on the wire
    length: int = -1  # known from the last fragment

    def add(self, start: int, end: int, data: bytes) -> None:
        """Take in what no earlier fragment had."""
        for begin, stop in gaps(self.parts, start, end):  # type: ignore[arg-type]
            insort(self.parts, Part(begin, stop, data[begin - start : stop - start]), key=start_of)
            self.had += stop - begin

    def captured(self) -> bytes:
        """Give what was captured without a break from the start."""
        out = []
        for part in self.parts:
            out.append(part.data)
            if len(part.data) < part.end - part.start:
                break
        return b"".join(out)[: self.length]


class Fragments:
    """The datagrams that wait for more of their fragments."""

    def __init__(self) -> None:
        self._waiting: dict[Key, Datagram] = {}

    def add(
        self, key: Key, start: int, length: int, data: bytes, time: int, *, more: bool
    ) -> Datagram | None:
        """Take in a fragment of `length` bytes at `start`, captured as `data`; give what it completed."""
        datagram = self._waiting.get(key)
        if datagram is None or time - datagram.since > PATIENCE:
            self._waiting.pop(key, None)
            datagram = self._waiting[key] = Datagram(time)
            if len(self._waiting) > MOST:
                del self._waiting[next(iter(self._waiting))]
        datagram.add(start, start + length, data)
        if not more and datagram.length < 0:
            datagram.length = start + length
        if not 0 <= datagram.length <= datagram.had:
            return None
        return self._waiting.pop(key)
