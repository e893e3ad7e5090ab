"""HTTP/1.0 and HTTP/1.1 (RFC 9112), one decoder a direction, tied by `pair()`.

A passive reader: it accepts what real servers accept and tells it in `Head.oddities`; it refuses only what
leaves open where the message ends.
"""

from __future__ import annotations

import re

from tracer.wire.bodies import LINE_LIMIT, Bodies
from tracer.wire.exchanges import Exchanges
from tracer.wire.fields import FRAMING, content_length, field_offset, read_head, values
from tracer.wire.message import AFTER_GAP, CUT, REQUEST, RESPONSE, UNSOLICITED, Head, Pairs, Switch

HELD_LIMIT = 64 * 1024
"""Bytes after a request for another protocol that wait for its answer."""

_NAME = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_REQUEST_LINE = re.compile(rf"({_NAME})[ \t]+(\S(?:.*\S)?)[ \t]+HTTP/(\d\.\d)[ \t]*")
_STATUS_LINE = re.compile(r"HTTP/(\d\.\d)[ \t]+(\d{3})(?:[ \t]+(.*))?[ \t]*")
_EMPTY_LINES = re.compile(rb"[\r\n]+")
_FIRST_LINE = {
    REQUEST: re.compile(rb"(?:\A|\n)(?=[A-Z]{3,16} [!-~]+ HTTP/1\.[01]\r?\n)"),
    RESPONSE: re.compile(rb"(?:\A|\n)(?=HTTP/1\.[01] [1-5]\d\d[ \r\n])"),
}


class Http1(Bodies):
    """What requests and responses have in common: heads, and finding them again after a gap."""

    protocol = "http1"

    def __init__(
        self, exchanges: Exchanges | None = None, *, offset: int = 0, keep: bool = False, lost: bool = False
    ) -> None:
        super().__init__(offset=offset, keep=keep)
        self.exchanges = exchanges
        self._checked = False  # the first line of the head that is being read
        self._framed: list[tuple[str, str]] = []  # the fields of the head that say how its body ends
        if lost:
            self._resync()

    # States

    def _start(self) -> bool:
        """Skip the empty lines before a message (RFC 9112, 2.2)."""
        blank = _EMPTY_LINES.match(self._buffer)
        if blank:
            self._drop(blank.end())
        if not self._buffer:
            return False
        self._scanned = 0
        self._checked = False
        self._state = self._read_head
        return True

    def _read_head(self) -> bool:
        end = self._blank_line()
        if not end:
            return False
        raw = bytes(self._buffer[:end])
        head = self._parse(raw)
        self._out.append(head)
        if head.interim:
            self._drop(end)
            self._state = self._start
        else:
            self._frame(head, raw)
        return True

    def _frame(self, head: Head, raw: bytes) -> None:
        """Find out how the body ends, and go on to it; if that fails the head has been told all the same."""
        self._head, self._body, self._size = head, head.end, 0
        try:
            framing, length = self._framing(raw)
        finally:
            self._drop(len(raw))
        self._begin(framing, length)

    def _search(self) -> bool:
        """After a gap: look for the next start line; keep as much as one may have begun in."""
        found = _FIRST_LINE[self.kind].search(self._buffer)
        if found:
            self._drop(found.end())
            self._state = self._start
            return True
        line = self._buffer.rfind(b"\n")
        if line >= 0:
            self._drop(line)
        if len(self._buffer) > LINE_LIMIT:
            self._drop(len(self._buffer) - 1)
        return False

    # Heads

    def _check_first_line(self) -> None:
        """Refuse what is not HTTP at its first line, not only at a blank line that never comes."""
        end = -1 if self._checked else self._buffer.find(b"\n", max(0, self._scanned - 1))
        if end >= 0:
            self._first_line(self._buffer[:end].decode("latin-1").removesuffix("\r"))
            self._checked = True

    def _first_line(self, line: str) -> re.Match[str]:
        raise NotImplementedError

    def _parse(self, raw: bytes) -> Head:
        raise NotImplementedError

    def _fields(self, raw: bytes) -> tuple[re.Match[str], Pairs, tuple[str, ...]]:
        """Read a head: the match of its first line, its fields, its oddities (each told once)."""
        line, pairs, odd = read_head(raw)
        first = self._first_line(line)
        self._framed = [pair for pair in pairs if pair[0] in FRAMING]
        if len(self._framed) > 1 and {"transfer-encoding", "content-length"} <= dict(self._framed).keys():
            odd.append("both transfer-encoding and content-length")
        if self.exchanges and self.exchanges.lost:
            odd.append(AFTER_GAP)
        return first, pairs, tuple(dict.fromkeys(odd))

    def _framing(self, raw: bytes) -> tuple[str, int]:
        """Say how the body ends (RFC 9112, 6.3): ("length", n), ("chunked", 0) or ("close", 0)."""
        raise NotImplementedError

    def _told_length(self, raw: bytes) -> int | None:
        try:
            return content_length(self._framed)
        except ValueError as error:
            at = self._offset + field_offset(raw, "content-length")
            raise self._error("content-length", str(error), at) from None

    def _switch(self, exchange: int, protocol: str) -> None:
        self._out.append(Switch(self.kind, exchange, 0, self._offset, self._offset, protocol))
        self._finish()

    # Ends, switches and gaps

    def _closed(self) -> None:
        if self._state == self._until_close:
            self._complete()
        elif self._head:
            raise self._error("body", "the stream ended before it did", self.offset, cut=True)
        elif self._buffer and self._state == self._read_head:
            raise self._error("head", "the stream ended before the blank line", self.offset, cut=True)

    def _lose(self, size: int) -> None:
        bridged = self._bridge(size)
        self._offset += bridged
        if self._head and not self._left and self._state != self._until_close:
            self._bridged()
        if bridged < size and not self.finished:
            self._cut_head()
            self._broken(self._error("stream", f"{size} bytes are missing", self.offset, cut=True))
            self.error = None
            self._drop(len(self._buffer))
            self._resync()

    def _cut_head(self) -> None:
        """Tell as much of a head as there is before the gap, if that is at least its first line."""
        size = self._buffer.rfind(b"\n") + 1
        if self._state != self._read_head or not size:
            return
        start = self._offset
        head = self._parse(bytes(self._buffer[:size]) + b"\r\n")
        self._drop(size)
        head = head._replace(end=start + size, oddities=(*head.oddities, CUT))
        self._out.append(head)
        if not head.interim:
            self._head, self._body, self._size = head, head.end, 0

    def _resync(self) -> None:
        """Go and look for the next head; which exchange it belongs to is uncertain from here on."""
        self._state = self._search
        if self.exchanges:
            self.exchanges.lose(self.kind)


class Requests(Http1):
    """What a client sends."""

    kind = REQUEST

    def _first_line(self, line: str) -> re.Match[str]:
        first = _REQUEST_LINE.fullmatch(line)
        if not first:
            raise self._error("request-line", f"{line[:60]!r} is not METHOD TARGET HTTP/VERSION")
        if not first[3].startswith("1."):
            raise self._error("version", f"HTTP/{first[3]} is not HTTP/1.x", self._offset + first.start(3))
        return first

    def _parse(self, raw: bytes) -> Head:
        first, headers, odd = self._fields(raw)
        if " " in first[2] or "\t" in first[2]:
            odd = (*odd, "space in the target")
        elif len(first[0]) != sum(map(len, first.groups())) + len("  HTTP/"):
            odd = (*odd, "more spaces in the request line than two")
        if self.exchanges is None:
            self.exchanges = Exchanges()
        method = first[1]
        switch = method == "CONNECT" or bool(values(self._framed, "upgrade"))
        number = self.exchanges.ask(method, switch=switch)
        start, end = self._offset, self._offset + len(raw)
        return Head(REQUEST, number, 0, start, end, method, first[2], first[3], -1, "", headers, (), odd)

    def _framing(self, raw: bytes) -> tuple[str, int]:
        codings = values(self._framed, "transfer-encoding")
        length = None if codings else self._told_length(raw)
        if not codings:
            return "length", length or 0
        if codings[-1] != "chunked":
            at = self._offset + field_offset(raw, "transfer-encoding")
            raise self._error(
                "transfer-encoding", f"a request must end in chunked, not {codings[-1][:40]!r}", at
            )
        return "chunked", 0

    def _after(self, head: Head) -> None:
        assert self.exchanges is not None
        self._asked = head.exchange
        if self.exchanges.pending(head.exchange):
            self._state = self._hold

    def _hold(self) -> bool:
        """Wait for the answer that says in which protocol the next byte is."""
        assert self.exchanges is not None
        if self.exchanges.switched:
            self._switch(self._asked, self.exchanges.switched)
            return True
        if self.exchanges.pending(self._asked) and len(self._buffer) <= HELD_LIMIT:
            return False
        self.exchanges.withdraw(self._asked)
        self._state = self._start
        return True

    def _closed(self) -> None:
        if self._state == self._hold and self.exchanges:
            self.exchanges.withdraw(self._asked)
            self._go_on()
        if not self.finished:
            super()._closed()


class Responses(Http1):
    """What a server answers. Without `exchanges` it numbers them itself and takes all requests for GET."""

    kind = RESPONSE
    _alone = 0

    def _first_line(self, line: str) -> re.Match[str]:
        first = _STATUS_LINE.fullmatch(line)
        if not first:
            raise self._error("status-line", f"{line[:60]!r} is not HTTP/VERSION STATUS")
        if not first[1].startswith("1."):
            raise self._error("version", f"HTTP/{first[1]} is not HTTP/1.x", self._offset + first.start(1))
        return first

    def _parse(self, raw: bytes) -> Head:
        first, headers, odd = self._fields(raw)
        status = int(first[2])
        number = self._number(100 <= status < 200 and status != 101)
        start, end = self._offset, self._offset + len(raw)
        reason = first[3] or ""
        return Head(RESPONSE, number, 0, start, end, "", "", first[1], status, reason, headers, (), odd)

    def _number(self, interim: bool) -> int:
        """Say which exchange is answered; an interim response leaves it unanswered."""
        if self.exchanges is None:
            self._alone += not interim
            return self._alone - (not interim)
        if interim:
            waiting = self.exchanges.answered < self.exchanges.asked
            return self.exchanges.answered if waiting else UNSOLICITED
        return self.exchanges.answer()

    def _framing(self, raw: bytes) -> tuple[str, int]:
        head = self._head
        assert head is not None
        method = self.exchanges.method(head.exchange) if self.exchanges else ""
        tunnel = method == "CONNECT" and 200 <= head.status < 300
        if method == "HEAD" or tunnel or head.status < 200 or head.status in (204, 304):
            return "length", 0
        codings = values(self._framed, "transfer-encoding")
        if codings:
            return ("chunked" if codings[-1] == "chunked" else "close"), 0
        length = self._told_length(raw)
        return ("close", 0) if length is None else ("length", length)

    def _begin(self, framing: str, length: int) -> None:
        head = self._head
        assert head is not None
        self._switched = ""
        if head.status == 101:
            self._switched = (values(self._framed, "upgrade") or ["unknown"])[0]
        if self.exchanges:
            tunnel = self.exchanges.method(head.exchange) == "CONNECT" and 200 <= head.status < 300
            self._switched = "tunnel" if tunnel else self._switched
            self.exchanges.decide(head.exchange, self._switched)
        super()._begin(framing, length)

    def _cut_head(self) -> None:
        before = len(self._out)
        super()._cut_head()
        for head in self._out[before:]:
            if self.exchanges and isinstance(head, Head) and not head.interim:
                upgrade = values(self._framed, "upgrade") or ["unknown"]
                self.exchanges.decide(head.exchange, upgrade[0] if head.status == 101 else "")

    def _after(self, head: Head) -> None:
        if self._switched:
            self._switch(head.exchange, self._switched)


def pair(*, keep: bool = False, offsets: tuple[int, int] = (0, 0)) -> tuple[Requests, Responses]:
    """Make the decoders of the two directions of one connection, which know of each other.

    Feed them in the order in which the bytes were seen; after a feed of the responses, `requests.feed(b"")`
    lets requests go on that waited for the answer to an Upgrade.
    """
    exchanges = Exchanges()
    return (
        Requests(exchanges, offset=offsets[0], keep=keep),
        Responses(exchanges, offset=offsets[1], keep=keep),
    )
