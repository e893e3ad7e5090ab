"""FastCGI 1.0: records of many requests on one connection, both directions.

A request is BEGIN_REQUEST, a stream of PARAMS records and a stream of STDIN records, each stream ended by
an empty record. An answer is a stream of STDOUT, perhaps one of STDERR, and END_REQUEST. Records of
different requests may stand between each other, and a name or value may be cut by a record's end.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from tracer.wire.cgi import read_head
from tracer.wire.decoder import Decoder
from tracer.wire.fastcgi_records import (
    ABORT,
    BEGIN,
    BEGIN_BODY,
    DATA,
    END,
    END_BODY,
    HEADER,
    MANAGEMENT,
    PARAMS,
    ROLES,
    STDERR,
    STDIN,
    STDOUT,
    TYPES,
    CutError,
    encode_request,
    encode_response,
    read_pairs,
    read_whole_pairs,
)
from tracer.wire.fields import BLANK_LINE, LIMIT
from tracer.wire.gateway import head_of
from tracer.wire.message import (
    CUT,
    REQUEST,
    RESPONSE,
    UNSOLICITED,
    Body,
    End,
    Head,
    Kind,
    Note,
    Pairs,
    WireError,
)

OPEN_LIMIT = 10_000
"""Requests open at once on one connection."""
HELD_LIMIT = 4 * 1024 * 1024
"""Bytes of unfinished PARAMS of all of them."""


@dataclass(slots=True)
class _Open:
    """A request or response that has begun and not ended."""

    exchange: int
    start: int
    held: bytearray = field(default_factory=bytearray)  # of its head
    head: Head | None = None
    size: int = 0
    role: int = 1


class Ids:
    """Which exchange a request id stands for at the moment; ids are used again."""

    def __init__(self) -> None:
        self.begun = 0
        self.exchanges: dict[int, int] = {}

    def begin(self, request_id: int) -> int:
        """Number the request that an id is given to."""
        self.exchanges[request_id] = self.begun
        self.begun += 1
        return self.begun - 1


class _Records(Decoder):
    """Reads record after record; contents of streams go on in pieces, others are held whole."""

    protocol = "fastcgi"
    _handlers: ClassVar[dict[int, str]] = {}

    def __init__(self, ids: Ids | None = None, *, offset: int = 0, keep: bool = False) -> None:
        super().__init__(offset=offset, keep=keep)
        self.ids = ids
        self._open: dict[int, _Open] = {}
        self._held = 0
        self._left = 0  # of the content of the record that is being read
        self._padding = 0
        self._record = (0, 0, 0)  # type, request id, offset

    @property
    def waiting(self) -> int:
        """The first byte of the heads that are open."""
        return min((item.start for item in self._open.values() if item.head is None), default=self._offset)

    # States

    def _start(self) -> bool:
        self._record = (0, 0, self._offset)
        self._check_version()
        if len(self._buffer) < HEADER.size:
            return False
        _, kind, request_id, size, self._padding = HEADER.unpack_from(self._buffer)
        self._record = (kind, request_id, self._offset)
        if kind not in (STDIN, STDOUT) or not size:
            return self._whole(size)
        self._drop(HEADER.size)
        self._left = size
        self._state = self._content
        return True

    def _check_version(self) -> None:
        if self._buffer and self._buffer[0] != 1:
            raise self._error("version", f"{self._buffer[0]} is not 1")

    def _whole(self, size: int) -> bool:
        """Handle a record that is not a piece of a body once it is here, padding left out."""
        if len(self._buffer) < HEADER.size + size:
            return False
        content = bytes(self._buffer[HEADER.size : HEADER.size + size])
        self._handle(content)
        self._drop(HEADER.size + size)
        self._state = self._skip_padding
        return True

    def _content(self) -> bool:
        size = min(self._left, len(self._buffer))
        if not size:
            return False
        self._piece(self._take(size))
        self._left -= size
        if not self._left:
            self._state = self._skip_padding
        return True

    def _skip_padding(self) -> bool:
        size = min(self._padding, len(self._buffer))
        self._drop(size)
        self._padding -= size
        if self._padding:
            return False
        self._state = self._start
        return True

    # Records

    def _handle(self, content: bytes) -> None:
        """Look the handler of a record up by its type; `content` still stands in the buffer."""
        kind, request_id, _ = self._record
        if kind in MANAGEMENT or kind not in TYPES:
            self._note("management", kind, content)
        elif kind not in self._handlers or (
            request_id not in self._open and kind not in (BEGIN, STDOUT, STDERR, END)
        ):
            self._note("orphan", kind, content)
        else:
            getattr(self, self._handlers[kind])(request_id, content)

    def _piece(self, data: bytes) -> None:
        """Handle a piece of a body, which has left the buffer already."""
        raise NotImplementedError

    def _record_end(self, content: bytes) -> int:
        return self._record[2] + HEADER.size + len(content)

    def _note(self, what: str, value: int, content: bytes, *, always: bool = False) -> None:
        _, request_id, start = self._record
        exchange = self._exchange(request_id)
        end = self._record_end(content)
        data = content if always or self.keep else b""
        self._out.append(Note(self.kind, exchange, request_id, start, end, what, value, len(content), data))

    def _exchange(self, request_id: int) -> int:
        if request_id in self._open:
            return self._open[request_id].exchange
        return self.ids.exchanges.get(request_id, UNSOLICITED) if self.ids and request_id else UNSOLICITED

    def _body(self, item: _Open, request_id: int, start: int, data: bytes) -> None:
        item.size += len(data)
        if self.keep and data:
            end = start + len(data)
            self._out.append(Body(self.kind, item.exchange, request_id, start, end, data))

    def _hold(self, item: _Open, content: bytes, field_name: str, limit: int) -> None:
        item.held += content
        self._held += len(content)
        if len(item.held) > limit or self._held > HELD_LIMIT:
            raise self._error(
                field_name, f"more than {min(limit, HELD_LIMIT)} bytes of it are open", self._record[2]
            )

    def _release(self, item: _Open) -> None:
        self._held -= len(item.held)
        item.held = bytearray()

    # Ends

    def _end(self, request_id: int, end: int, *, complete: bool = True) -> None:
        item = self._open.pop(request_id)
        self._release(item)
        if item.head:
            ended = End(self.kind, item.exchange, request_id, item.head.end, end, item.size, complete)
            self._out.append(ended)

    def _broken(self, error: WireError) -> None:
        """End what is open at the last byte that counts: a broken record is no part of other messages."""
        at = self._offset if error.cut else self._record[2]
        for request_id in tuple(self._open):
            self._end(request_id, at, complete=False)
        super()._broken(error)

    def _closed(self) -> None:
        if self._open or self._left:
            why = f"it ended while messages were open: {len(self._open)}"
            raise self._error("stream", why, self.offset, cut=True)
        if self._state == self._start:
            super()._closed()

    def _lose(self, size: int) -> None:
        """Bridge a gap inside the content of a body; else nothing can be framed after it."""
        bridged = 0
        item = self._open.get(self._record[1])
        if self._state == self._content and item and item.head:
            bridged = min(size, self._left)
            item.size += bridged
            self._left -= bridged
            self._offset += bridged
            if not self._left:
                self._state = self._skip_padding
        if bridged < size:
            self._cut_head()
            self._drop(len(self._buffer))
            self._broken(self._error("stream", f"{size} bytes are missing", cut=True))
            self.error = None
            self._left = self._padding = self._held = 0
            self._state = self._search

    def _search(self) -> bool:
        """After a gap: wait for a feed, as of a packet, that begins with a record."""
        if len(self._buffer) < HEADER.size:
            return False
        version, kind, _, size, _ = HEADER.unpack_from(self._buffer)
        fixed = {BEGIN: BEGIN_BODY.size, END: END_BODY.size, ABORT: 0}
        if version == 1 and kind in TYPES and self._buffer[7] == 0 and fixed.get(kind, size) == size:
            self._state = self._start
            return True
        self._drop(len(self._buffer))
        return False

    def _cut_head(self) -> None:
        """Tell as much of a head as there is before the gap."""


class Requests(_Records):
    """What a web server sends."""

    kind: Kind = REQUEST
    _handlers: ClassVar[dict[int, str]] = {
        BEGIN: "_begin",
        PARAMS: "_params",
        STDIN: "_stdin_end",
        ABORT: "_abort",
        DATA: "_data",
    }

    def _begin(self, request_id: int, content: bytes) -> None:
        if len(content) < BEGIN_BODY.size:
            raise self._error("BEGIN_REQUEST", f"{len(content)} bytes instead of 8")
        role, _ = BEGIN_BODY.unpack_from(content)
        if role not in ROLES:
            raise self._error("role", f"{role} is not known", self._offset + HEADER.size)
        if not request_id or request_id in self._open:
            raise self._error("request id", f"{request_id} cannot begin now", self._offset + 2)
        if len(self._open) >= OPEN_LIMIT:
            raise self._error("request id", f"more than {OPEN_LIMIT} requests are open", self._offset + 2)
        if self.ids is None:
            self.ids = Ids()
        self._open[request_id] = _Open(self.ids.begin(request_id), self._offset, role=role)

    def _params(self, request_id: int, content: bytes) -> None:
        item = self._open[request_id]
        if item.head:
            return self._note("orphan", PARAMS, content)
        if content:
            return self._hold(item, content, "PARAMS", 4 * LIMIT)
        item.head = head_of(
            self._read_params(item), item.exchange, request_id, item.start, self._record_end(b"")
        )
        self._release(item)
        self._out.append(item.head)
        if ROLES[item.role] == "AUTHORIZER":  # which is sent no STDIN
            self._end(request_id, self._record_end(b""))
        return None

    def _cut_head(self) -> None:
        kind, request_id, _ = self._record
        item = self._open.get(request_id)
        if self._state != self._start or kind != PARAMS or item is None or item.head:
            return
        pairs, _ = read_whole_pairs(bytes(item.held + self._buffer[HEADER.size :]))
        told = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in pairs)
        item.head = head_of(told, item.exchange, request_id, item.start, self.offset, (CUT,))
        self._out.append(item.head)

    def _read_params(self, item: _Open) -> Pairs:
        try:
            pairs = read_pairs(bytes(item.held))
        except CutError as error:
            raise self._error("PARAMS", str(error)) from None
        return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in pairs)

    def _piece(self, data: bytes) -> None:
        kind, request_id, _ = self._record
        item = self._open.get(request_id)
        if kind == STDIN and item and item.head:
            self._body(item, request_id, self._offset - len(data), data)

    def _stdin_end(self, request_id: int, content: bytes) -> None:
        """An empty STDIN record."""
        if self._open[request_id].head:
            self._end(request_id, self._record_end(content))

    def _data(self, _request_id: int, content: bytes) -> None:
        if content:
            self._note("data", 0, content)

    def _abort(self, request_id: int, content: bytes) -> None:
        self._note("abort", 0, content)
        self._end(request_id, self._record_end(content), complete=False)


class Responses(_Records):
    """What an application answers."""

    kind: Kind = RESPONSE
    _handlers: ClassVar[dict[int, str]] = {STDOUT: "_stdout_end", STDERR: "_stderr", END: "_end_request"}

    def __init__(self, ids: Ids | None = None, *, offset: int = 0, keep: bool = False) -> None:
        super().__init__(ids, offset=offset, keep=keep)
        self._cut: dict[int, int] = {}  # id -> the exchange whose answer a gap cut

    def _cut_head(self) -> None:
        for request_id, item in self._open.items():
            self._cut[request_id] = item.exchange
            size = item.held.rfind(b"\n") + 1
            if not item.head and size:
                head = self._read(bytes(item.held[:size]) + b"\r\n", item, request_id, self.offset)
                item.head = head._replace(oddities=(*head.oddities, CUT))
                self._out.append(item.head)

    def _piece(self, data: bytes) -> None:
        kind, request_id, start = self._record
        if kind != STDOUT:
            return
        item = self._open.get(request_id)
        if item is None and self._cut.get(request_id) == self._exchange(request_id):
            return  # more of an answer whose record a gap cut
        if item is None:
            if len(self._open) >= OPEN_LIMIT:
                raise self._error("request id", f"more than {OPEN_LIMIT} responses are open", start + 2)
            item = self._open[request_id] = _Open(self._exchange(request_id), start)
        at = self._offset - len(data)
        if item.head is None:
            at, data = self._head(item, request_id, at, data)
        if item.head and data:
            self._body(item, request_id, at, data)

    def _head(self, item: _Open, request_id: int, at: int, data: bytes) -> tuple[int, bytes]:
        """Look for the end of the CGI head; give what follows it and its offset."""
        before = len(item.held)
        self._hold(item, data, "head", 2 * LIMIT)
        found = BLANK_LINE.search(item.held, max(0, before - 2))
        if (found.end() if found else len(item.held)) > LIMIT:
            raise self._error("head", f"no end within {LIMIT} bytes", item.start)
        if not found:
            return at, b""
        size = found.end()
        raw, rest = bytes(item.held[:size]), bytes(item.held[size:])
        self._release(item)
        end = at + size - before
        item.head = self._read(raw, item, request_id, end)
        self._out.append(item.head)
        return end, rest

    def _read(self, raw: bytes, item: _Open, request_id: int, end: int) -> Head:
        try:
            told = read_head(raw)
        except ValueError as error:
            raise self._error("status", str(error), item.start) from None
        numbers = (item.exchange, request_id, item.start, end)
        status = (told.version, told.status, told.reason)
        return Head(RESPONSE, *numbers, "", "", *status, headers=told.headers, oddities=told.oddities)

    def _stdout_end(self, request_id: int, content: bytes) -> None:
        """An empty STDOUT record: the answer ends with END_REQUEST all the same."""

    def _stderr(self, _request_id: int, content: bytes) -> None:
        if content:
            self._note("stderr", 0, content, always=True)

    def _end_request(self, request_id: int, content: bytes) -> None:
        if len(content) < END_BODY.size:
            raise self._error("END_REQUEST", f"{len(content)} bytes instead of 8")
        _, status = END_BODY.unpack_from(content)
        self._note("end_request", status, content)
        self._cut.pop(request_id, None)
        if request_id in self._open:
            self._end(request_id, self._record_end(content), complete=status == 0)


def pair(*, keep: bool = False) -> tuple[Requests, Responses]:
    """Make the decoders of both directions, which share the numbers of exchanges."""
    ids = Ids()
    return Requests(ids, keep=keep), Responses(ids, keep=keep)


__all__ = ["Ids", "Requests", "Responses", "encode_request", "encode_response", "pair"]
