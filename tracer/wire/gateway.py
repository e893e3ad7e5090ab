"""What uwsgi and SCGI share: one block of variables, then CONTENT_LENGTH bytes of body."""

from __future__ import annotations

import re

from tracer.wire.decoder import Decoder
from tracer.wire.exchanges import Exchanges
from tracer.wire.fields import headers_of
from tracer.wire.message import CUT, REQUEST, Body, End, Head, Pairs

_DIGITS = re.compile(r"[0-9]{1,18}")


def head_of(
    variables: Pairs, exchange: int, stream: int, start: int, end: int, odd: tuple[str, ...] = ()
) -> Head:
    """Tell CGI variables as the head of the request that they were made of."""
    named = dict(variables)
    target = named.get("REQUEST_URI", "") or _target(named)
    version = named.get("SERVER_PROTOCOL", "").removeprefix("HTTP/")
    method = named.get("REQUEST_METHOD", "")
    headers = headers_of(variables)
    return Head(
        REQUEST, exchange, stream, start, end, method, target, version, -1, "", headers, variables, odd
    )


def _target(named: dict[str, str]) -> str:
    path = named.get("SCRIPT_NAME", "") + named.get("PATH_INFO", "")
    query = named.get("QUERY_STRING", "")
    return f"{path}?{query}" if query else path


class GatewayRequests(Decoder):
    """A head, a counted body, and perhaps the next request."""

    kind = REQUEST

    def __init__(self, exchanges: Exchanges | None = None, *, offset: int = 0, keep: bool = False) -> None:
        super().__init__(offset=offset, keep=keep)
        self.exchanges = exchanges or Exchanges()
        self._head: Head | None = None
        self._left: int | None = 0  # None: up to the end of the stream
        self._size = 0

    def _begin(self, variables: Pairs, size: int, odd: tuple[str, ...] = ()) -> None:
        """Tell the head, of `size` bytes at the front of the buffer, and go on to the body."""
        length = self._length_of(dict(variables))
        method = dict(variables).get("REQUEST_METHOD", "")
        start = self._offset
        self._head = head_of(variables, self.exchanges.ask(method), 0, start, start + size, odd)
        self._drop(size)
        self._out.append(self._head)
        self._left, self._size = length, 0
        self._state = self._body

    def _length_of(self, named: dict[str, str]) -> int | None:
        told = named.get("CONTENT_LENGTH", "")
        if told and not _DIGITS.fullmatch(told):
            raise self._error("CONTENT_LENGTH", f"{told[:40]!r} is not a number of bytes")
        if not told and "chunked" in named.get("HTTP_TRANSFER_ENCODING", "").lower():
            return None
        return int(told or 0)

    def _body(self) -> bool:
        size = len(self._buffer) if self._left is None else min(self._left, len(self._buffer))
        if size and self.keep and self._head:
            at = self._offset
            data = bytes(self._buffer[:size])
            self._out.append(Body(REQUEST, self._head.exchange, 0, at, at + size, data))
        self._drop(size)
        self._count(size)
        return self._state != self._body

    def _count(self, size: int) -> None:
        self._size += size
        if self._left is not None:
            self._left -= size
            if not self._left:
                self._ended(True)
                self._state = self._start

    def _ended(self, complete: bool) -> None:
        assert self._head is not None
        head, self._head = self._head, None
        end = End(REQUEST, head.exchange, 0, head.end, self._offset, self._size, complete)
        self._out.append(end)

    def _abandon(self) -> None:
        if self._head:
            self._ended(False)

    def _closed(self) -> None:
        if self._head and self._left is None:
            self._ended(True)
        elif self._head:
            raise self._error("body", f"the stream ended {self._left} bytes before it", self.offset, cut=True)
        else:
            super()._closed()

    def _lose(self, size: int) -> None:
        """Bridge a gap within a body."""
        size -= self._cut_head(size)
        bridged = 0
        if self._head and not self._buffer:
            bridged = size if self._left is None else min(size, self._left)
            self._offset += bridged
            self._count(bridged)
        if bridged < size:
            super()._lose(size - bridged)

    def _cut_head(self, size: int) -> int:
        """Tell the variables before a gap that covers the rest of the head; give how much of it that is."""
        found = None if self._head else self._seen()
        if found is None or len(self._buffer) + size < found[1]:
            return 0
        variables, whole = found
        missing = whole - len(self._buffer)
        self._buffer += bytes(missing)
        self._begin(variables, whole, (CUT,))
        if "CONTENT_LENGTH" not in dict(variables):
            self._left = None
        return missing

    def _seen(self) -> tuple[Pairs, int] | None:
        """Give the variables that are whole so far, and the size of the whole head; None: not known yet."""
        raise NotImplementedError
