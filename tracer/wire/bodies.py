"""Bodies in the three framings of HTTP/1 (RFC 9112, 6 and 7): a told length, chunks, the end of the stream.

CGI, SCGI and uwsgi responses have the same bodies. Content is counted and dropped, or told piece by piece.
"""

from __future__ import annotations

import re

from tracer.wire.decoder import Decoder
from tracer.wire.fields import BLANK_LINE, LIMIT, read_fields, split_lines
from tracer.wire.message import Body, End, Head, Pairs

LINE_LIMIT = 16 * 1024
"""Bytes of a chunk's size line."""

_CHUNK_LINE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\n]*)?\r?\n")


class Bodies(Decoder):
    """Reads the body of the message whose head is `_head`, and ends it."""

    def __init__(self, *, offset: int = 0, keep: bool = False) -> None:
        super().__init__(offset=offset, keep=keep)
        self._head: Head | None = None  # of the message that is open
        self._body = 0  # its first byte after the head
        self._size = 0  # its content so far
        self._left = 0  # of the body or the chunk
        self._scanned = 0  # bytes of the buffer that hold no blank line

    def _begin(self, framing: str, length: int) -> None:
        """Go on to the body, which ends by "length", "chunked" or "close"."""
        self._left = length
        if framing == "length" and not length:
            self._complete()
        else:
            states = {"length": self._length, "chunked": self._chunk_size, "close": self._until_close}
            self._state = states[framing]

    # States

    def _length(self) -> bool:
        self._content(min(self._left, len(self._buffer)))
        if self._left:
            return False
        self._complete()
        return True

    def _until_close(self) -> bool:
        self._left = len(self._buffer)
        self._content(self._left)
        return False

    def _chunk_size(self) -> bool:
        end = self._buffer.find(b"\n", 0, LINE_LIMIT) + 1
        if not end:
            if len(self._buffer) >= LINE_LIMIT:
                raise self._error("chunk-size", f"no end of the line within {LINE_LIMIT} bytes")
            return False
        line = _CHUNK_LINE.fullmatch(self._buffer, 0, end)
        if not line:
            raise self._error("chunk-size", f"{bytes(self._buffer[: min(end, 40)])!r} is not a chunk's size")
        self._left = int(line[1], 16)
        self._drop(end)
        self._scanned = 0
        self._state = self._chunk_data if self._left else self._trailers
        return True

    def _chunk_data(self) -> bool:
        self._content(min(self._left, len(self._buffer)))
        if self._left:
            return False
        self._state = self._chunk_end
        return True

    def _chunk_end(self) -> bool:
        size = 2 if self._buffer[:1] == b"\r" else 1
        if len(self._buffer) < size:
            return False
        if self._buffer[size - 1] != ord("\n"):
            raise self._error("chunk-end", "no line end after the data of a chunk")
        self._drop(size)
        self._state = self._chunk_size
        return True

    def _trailers(self) -> bool:
        first = self._buffer[:2]
        end = 1 if first[:1] == b"\n" else 2 if first == b"\r\n" else 0
        end = end or self._blank_line("trailers")
        if not end:
            return False
        lines, _ = split_lines(self._take(end))
        self._complete(tuple(read_fields(lines)[0]))
        return True

    # Parts

    def _check_first_line(self) -> None:
        """Refuse a head that is not whole yet by its first line."""

    def _blank_line(self, what: str = "head") -> int:
        """Give the length up to the blank line and with it, 0 if it is not there yet."""
        found = BLANK_LINE.search(self._buffer, self._scanned)
        if found and found.end() <= LIMIT:
            return found.end()
        if what == "head":
            self._check_first_line()
        if len(self._buffer) >= LIMIT:
            raise self._error(what, f"no end within {LIMIT} bytes")
        self._scanned = max(0, len(self._buffer) - 2)
        return 0

    def _content(self, size: int) -> None:
        if not size:
            return
        if self.keep and self._head:
            head, at = self._head, self._offset
            data = bytes(self._buffer[:size])
            self._out.append(Body(head.kind, head.exchange, head.stream, at, at + size, data))
        self._drop(size)
        self._size += size
        self._left -= size

    def _complete(self, trailers: Pairs = ()) -> None:
        """End the open message and go on to the next."""
        head = self._ended(True, trailers)
        self._state = self._start
        self._after(head)

    def _after(self, head: Head) -> None:
        """Go where a message of this direction leads to."""

    def _ended(self, complete: bool, trailers: Pairs = ()) -> Head:
        head = self._head
        assert head is not None
        self._head = None
        end = End(
            head.kind, head.exchange, head.stream, self._body, self._offset, self._size, complete, trailers
        )
        self._out.append(end)
        return head

    def _abandon(self) -> None:
        if self._head:
            self._ended(False)

    # Gaps

    def _bridge(self, size: int) -> int:
        """Count missing bytes that must be content; give how many are."""
        if not self._head or self._state not in (self._length, self._chunk_data, self._until_close):
            return 0
        bridged = size if self._state == self._until_close else min(size, self._left)
        self._size += bridged
        self._left = max(0, self._left - bridged)
        return bridged

    def _bridged(self) -> None:
        if self._state == self._length:
            self._complete()
        elif self._state == self._chunk_data:
            self._state = self._chunk_end
