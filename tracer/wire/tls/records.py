"""The record layer (RFC 8446 section 5): one direction as records, each with its place in the stream.

A gap inside a record of known length costs that record. After any other gap the next record is found by
its header, which must be followed by another header, or by the end of the stream: a header alone turns up
in ciphertext about once in 500 kB.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from tracer.wire.decoder import Decoder

CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, APPLICATION_DATA = 20, 21, 22, 23
HEADER = 5
LARGEST = 16384 + 2048
"""Bytes of a record's content, at most: what TLS 1.2 allows for ciphertext."""


_LIKELY = re.compile(rb"[\x14-\x17]\x03(?:[\x00-\x04]|\Z)|[\x14-\x17]\Z")


class Record(NamedTuple):
    """One record; [start, end) is its place, header included."""

    start: int
    end: int
    type: int
    version: int  # as its header says, which of TLS 1.3 is 0x0303
    body: bytes


class Records(Decoder):
    """One direction as records, each handed to `_record`."""

    protocol = "tls"

    def __init__(self, *, offset: int = 0, keep: bool = False) -> None:
        super().__init__(offset=offset, keep=keep)
        self._until = 0  # where the record ends that a gap cut

    def _start(self) -> bool:
        if len(self._buffer) < HEADER:
            return False
        if why := wrong(self._buffer):
            raise self._error("record header", why)
        end = HEADER + int.from_bytes(self._buffer[3:5], "big")
        if len(self._buffer) < end:
            return False
        start, taken = self._offset, self._take(end)
        version = int.from_bytes(taken[1:3], "big")
        self._record(Record(start, start + end, taken[0], version, taken[HEADER:]))
        return True

    def _record(self, record: Record) -> None:
        raise NotImplementedError

    # Missing bytes

    def _lose(self, size: int) -> None:
        """Pass over the record that a gap cuts, or look for the next one."""
        behind = self.offset + size
        if self._state == self._start and len(self._buffer) >= HEADER and not wrong(self._buffer):
            self._until = self._offset + HEADER + int.from_bytes(self._buffer[3:5], "big")
            self._state = self._pass
        self._drop(len(self._buffer))
        if self._state != self._pass or behind > self._until:
            self._state = self._seek

    def _pass(self) -> bool:
        """Drop what is left of a record that lacks bytes."""
        self._drop(max(0, min(len(self._buffer), self._until - self._offset)))
        if self._offset < self._until:
            return False
        self._state = self._start
        return True

    def _seek(self) -> bool:
        """Drop bytes up to a header that another one follows."""
        at, sure = self._boundary()
        self._drop(at)
        if sure:
            self._state = self._start
        return sure

    def _boundary(self, *, final: bool = False) -> tuple[int, bool]:
        """Find the next header: (its place, whether it is sure to be one); up to there there is none."""
        size = len(self._buffer)
        for match in _LIKELY.finditer(bytes(self._buffer)):
            at = match.start()
            if at + HEADER > size:
                return at, False
            if wrong(self._buffer, at):
                continue
            behind = at + HEADER + int.from_bytes(self._buffer[at + 3 : at + HEADER], "big")
            if behind + HEADER > size and (not final or behind == size):
                return at, final
            if behind + HEADER <= size and not wrong(self._buffer, behind):
                return at, True
        return max(0, size - 2), False

    def _closed(self) -> None:
        if self._state == self._seek:
            at, sure = self._boundary(final=True)
            self._drop(at)
            if sure:
                self._start()
            return
        if self._state == self._start and self._buffer:
            raise self._error("record", "the stream ended inside it", self.offset, cut=True)


def wrong(data: bytes | bytearray, at: int = 0) -> str:
    """Say why a record header cannot stand there; "": it can. Needs HEADER bytes."""
    kind, major, minor = data[at], data[at + 1], data[at + 2]
    size = int.from_bytes(data[at + 3 : at + 5], "big")
    if not CHANGE_CIPHER_SPEC <= kind <= APPLICATION_DATA:
        return f"{kind} is no type of a record"
    if major != 3 or minor > 4:
        return f"{major}.{minor} is no version of TLS"
    if size > LARGEST:
        return f"{size} bytes are more than {LARGEST}"
    return "" if size or kind == APPLICATION_DATA else "it is empty"
