"""Where decrypted bytes stand: offsets of the content -> offsets of the records that carried it."""

from __future__ import annotations

from bisect import bisect_right

from tracer.wire.message import Body, End, Head, Kind, Message, Note, Proxy, Switch, WireError

KEPT = 4096
"""Records of which the places are kept; a message that began before them begins with the oldest."""


class Places:
    """The records of one direction that carried content, in order.

    A part of the content takes all of the records that it lies in: nobody had a byte of a record before
    the last one had come. What is told once of a head is kept for its end, however far behind that is.
    """

    def __init__(self) -> None:
        self.size = 0  # of the content so far
        self._begins: list[int] = []  # in the content
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._heads: dict[tuple[Kind, int, int], int] = {}  # of open messages -> end of the head

    def add(self, start: int, end: int, size: int) -> None:
        """Say that the next `size` bytes of content stand in [start, end)."""
        if not size:
            return
        if len(self._begins) >= 2 * KEPT:
            del self._begins[:KEPT], self._starts[:KEPT], self._ends[:KEPT]
        self._begins.append(self.size)
        self._starts.append(start)
        self._ends.append(end)
        self.size += size

    def start(self, offset: int) -> int:
        """Give where the record with the byte at `offset` begins."""
        if offset >= self.size and self._ends:
            return self._ends[-1]
        return self._starts[self._row(offset)] if self._starts else 0

    def end(self, offset: int) -> int:
        """Give where the record with the last byte before `offset` ends."""
        return self._ends[self._row(max(0, offset - 1))] if self._ends else 0

    def _row(self, offset: int) -> int:
        return max(0, bisect_right(self._begins, offset) - 1)

    def told(self, message: Message) -> Message:
        """Give a message with its place in the stream instead of in the content."""
        if isinstance(message, WireError):
            at, why = self.start(message.offset), message.why
            return WireError(message.protocol, message.field, at, why, cut=message.cut)
        start, end = self.start(message.start), self.end(message.end)
        key = (message.kind, message.exchange, message.stream)
        match message:
            case Head():
                self._heads[key] = end
            case End():
                start = self._heads.pop(key, start)
            case Switch():
                end = start
            case Body() | Note() | Proxy():
                pass
        return message._replace(start=min(start, end), end=end)
