"""HTTP/2 (RFC 9113), both directions read by an observer: hyperframe reads frames, hpack their fields.

h2 itself is a state machine for an endpoint, which must answer what it reads; an observer only follows. A
frame is held whole (16 KiB unless settings allow more), so a body grows frame by frame.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from hpack import Decoder as HpackDecoder
from hpack.exceptions import HPACKError
from hyperframe import frame as frames
from hyperframe.exceptions import HyperframeError

from tracer.wire.decoder import Decoder
from tracer.wire.exchanges import forget_oldest
from tracer.wire.fields import LIMIT, content_length
from tracer.wire.message import REQUEST, RESPONSE, UNSOLICITED, Body, End, Head, Kind, Note, Pairs

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
FRAME_LIMIT = 1 << 20
"""Bytes of a frame; peers allow 16 KiB unless they say otherwise."""
TABLE_LIMIT = 1 << 20
"""Bytes of a dynamic table: what the peer allowed is not asked, as its SETTINGS may not have been seen."""
OPEN_LIMIT = 10_000

HEADER = 9


class Streams:
    """Which exchange a stream carries, known to both directions, and whose side of it is open."""

    def __init__(self) -> None:
        self.begun = 0
        self._exchanges: OrderedDict[int, tuple[int, set[Kind]]] = OrderedDict()

    def begin(self, stream: int) -> int:
        """Number the exchange that a request begins; it is forgotten when both sides have ended."""
        number, self.begun = self.begun, self.begun + 1
        self._exchanges[stream] = (number, {REQUEST, RESPONSE})
        forget_oldest(self._exchanges)
        return number

    def exchange(self, stream: int) -> int:
        """Give the exchange of a stream."""
        return self._exchanges.get(stream, (UNSOLICITED, set()))[0]

    def end(self, stream: int, kind: Kind) -> None:
        """Close one side of a stream."""
        _, sides = self._exchanges.get(stream, (UNSOLICITED, set()))
        sides.discard(kind)
        if not sides:
            self._exchanges.pop(stream, None)


@dataclass(slots=True)
class _Open:
    head: Head
    size: int = 0


@dataclass(slots=True)
class _Block:
    """A header block that may go on in CONTINUATION frames."""

    stream: int
    start: int
    data: bytes
    last: bool  # END_STREAM
    promised: int = 0


class _Frames(Decoder):
    """Reads frames of one direction."""

    protocol = "http2"

    def __init__(self, streams: Streams | None = None, *, offset: int = 0, keep: bool = False) -> None:
        super().__init__(offset=offset, keep=keep)
        self.streams = streams or Streams()
        self._hpack = HpackDecoder(max_header_list_size=LIMIT)
        self._hpack.max_allowed_table_size = TABLE_LIMIT
        self._open: dict[int, _Open] = {}
        self._block: _Block | None = None

    @property
    def waiting(self) -> int:
        """The first byte of the header block that is open."""
        return self._block.start if self._block else self._offset

    def _start(self) -> bool:
        if len(self._buffer) < HEADER:
            return False
        try:
            frame, size = frames.Frame.parse_frame_header(memoryview(bytes(self._buffer[:HEADER])))
        except HyperframeError as error:
            raise self._error("frame header", str(error) or type(error).__name__) from None
        if size > FRAME_LIMIT:
            raise self._error("frame length", f"{size} bytes are more than {FRAME_LIMIT}")
        if len(self._buffer) < HEADER + size:
            return False
        self._parse(frame, bytes(self._buffer[HEADER : HEADER + size]))
        self._handle(frame, self._offset + HEADER + size)
        self._drop(HEADER + size)
        return True

    def _parse(self, frame: frames.Frame, content: bytes) -> None:
        if self._block and not isinstance(frame, frames.ContinuationFrame):
            raise self._error("frame type", f"{type(frame).__name__} inside a header block")
        try:
            frame.parse_body(memoryview(content))
        except (HyperframeError, ValueError) as error:
            raise self._error(type(frame).__name__, str(error) or type(error).__name__) from None

    def _handle(self, frame: frames.Frame, end: int) -> None:
        last = "END_STREAM" in frame.flags
        match frame:
            case frames.HeadersFrame():
                self._begin_block(_Block(frame.stream_id, self._offset, frame.data, last), frame, end)
            case frames.PushPromiseFrame():
                block = _Block(frame.stream_id, self._offset, frame.data, False, frame.promised_stream_id)
                self._begin_block(block, frame, end)
            case frames.ContinuationFrame():
                self._continue(frame, end)
            case frames.DataFrame():
                self._data(frame.stream_id, frame.data, end)
                if last:
                    self._end(frame.stream_id, end)
            case frames.RstStreamFrame():
                self._note(frame.stream_id, "reset", frame.error_code, end)
                self._end(frame.stream_id, end, complete=False)
            case frames.GoAwayFrame():
                self._note(0, "goaway", frame.error_code, end)
            case _:
                pass  # SETTINGS, PING, WINDOW_UPDATE and PRIORITY say nothing of messages

    # Header blocks

    def _begin_block(self, block: _Block, frame: frames.Frame, end: int) -> None:
        if "END_HEADERS" in frame.flags:
            self._fields(block, end)
        else:
            self._block = block

    def _continue(self, frame: frames.ContinuationFrame, end: int) -> None:
        block = self._block
        if block is None or block.stream != frame.stream_id:
            raise self._error("CONTINUATION", "it continues no header block")
        block.data += frame.data
        if len(block.data) > LIMIT:
            raise self._error("header block", f"more than {LIMIT} bytes", block.start)
        if "END_HEADERS" in frame.flags:
            self._block = None
            self._fields(block, end)

    def _fields(self, block: _Block, end: int) -> None:
        try:
            raw = self._hpack.decode(block.data, raw=True)
        except (HPACKError, ValueError) as error:
            why = f"hpack cannot decode it ({type(error).__name__})"  # its own words name memory addresses
            raise self._error("header block", why, block.start) from None
        pairs = tuple((_text(name), _text(value)) for name, value, *_ in raw)
        if block.stream in self._open and not block.promised:
            self._end(block.stream, end, trailers=pairs)
        else:
            self._head(block, pairs, end)

    def _head(self, block: _Block, pairs: Pairs, end: int) -> None:
        raise NotImplementedError

    def _begin(self, head: Head, last: bool) -> None:
        self._out.append(head)
        if head.interim:
            return
        if len(self._open) >= OPEN_LIMIT:
            raise self._error("stream", f"more than {OPEN_LIMIT} are open")
        self._open[head.stream] = _Open(head)
        if last:
            self._end(head.stream, head.end)

    def _request(self, stream: int, pairs: Pairs, start: int, end: int) -> Head:
        named, headers, odd = _split(pairs)
        target = named.get(":path") or named.get(":authority", "")
        if ":authority" in named and not any(name == "host" for name, _ in headers):
            headers = (("host", named[":authority"]), *headers)
        number = self.streams.begin(stream)
        method = named.get(":method", "")
        return Head(REQUEST, number, stream, start, end, method, target, "2", -1, "", headers, (), odd)

    # Bodies

    def _data(self, stream: int, data: bytes, end: int) -> None:
        item = self._open.get(stream)
        if item is None:
            return  # of a stream that was reset, or begun before the first byte that was seen
        item.size += len(data)
        if self.keep and data:
            head = item.head
            self._out.append(Body(head.kind, head.exchange, stream, self._offset, end, data))

    def _end(self, stream: int, end: int, *, complete: bool = True, trailers: Pairs = ()) -> None:
        item = self._open.pop(stream, None)
        if item:
            head = item.head
            ended = End(head.kind, head.exchange, stream, head.end, end, item.size, complete, trailers)
            self._out.append(ended)
        self.streams.end(stream, self.kind)

    def _note(self, stream: int, what: str, value: int, end: int) -> None:
        exchange = self.streams.exchange(stream)
        self._out.append(Note(self.kind, exchange, stream, self._offset, end, what, value))

    def _abandon(self) -> None:
        for stream in tuple(self._open):
            self._end(stream, self._offset, complete=False)

    def _closed(self) -> None:
        if self._open:
            raise self._error(
                "stream", f"it ended while streams were open: {len(self._open)}", self.offset, cut=True
            )
        super()._closed()


class Requests(_Frames):
    """What a client sends, its preface first."""

    kind: Kind = REQUEST

    def __init__(self, streams: Streams | None = None, *, offset: int = 0, keep: bool = False) -> None:
        super().__init__(streams, offset=offset, keep=keep)
        self._state = self._preface

    def _preface(self) -> bool:
        if not self._begins(PREFACE, "preface"):
            return False
        self._drop(len(PREFACE))
        self._state = self._start
        return True

    def _head(self, block: _Block, pairs: Pairs, end: int) -> None:
        self._begin(self._request(block.stream, pairs, block.start, end), block.last)


class Responses(_Frames):
    """What a server answers. A pushed response's request is told in this direction."""

    kind: Kind = RESPONSE

    def _head(self, block: _Block, pairs: Pairs, end: int) -> None:
        if block.promised:
            request = self._request(block.promised, pairs, block.start, end)
            self._out += (request, End(REQUEST, request.exchange, block.promised, end, end, 0))
            self.streams.end(block.promised, REQUEST)
            return
        named, headers, odd = _split(pairs)
        status = named.get(":status", "")
        if not (status.isdecimal() and len(status) == 3):
            raise self._error(":status", f"{status[:20]!r} is not a status", block.start)
        number = self.streams.exchange(block.stream)
        numbers = (number, block.stream, block.start, end)
        head = Head(RESPONSE, *numbers, "", "", "2", int(status), "", headers, (), odd)
        self._begin(head, block.last)


def _text(raw: bytes | str) -> str:
    return raw if isinstance(raw, str) else raw.decode("latin-1")


def _split(pairs: Pairs) -> tuple[dict[str, str], Pairs, tuple[str, ...]]:
    """Part the pseudo fields from the others, and tell what is odd."""
    named = {name: value for name, value in pairs if name[:1] == ":"}
    headers = tuple(pair_ for pair_ in pairs if pair_[0][:1] != ":")
    try:
        content_length(headers)
    except ValueError as error:
        return named, headers, (f"content-length: {error}",)
    return named, headers, ()


def upgraded(exchange: int) -> Streams:
    """Begin streams after an Upgrade to h2c: the request that asked for it is stream 1 (RFC 7540, 3.2)."""
    streams = Streams()
    streams.begun = exchange
    streams.begin(1)
    streams.end(1, REQUEST)
    return streams


def pair(*, keep: bool = False) -> tuple[Requests, Responses]:
    """Make the decoders of both directions."""
    streams = Streams()
    return Requests(streams, keep=keep), Responses(streams, keep=keep)
