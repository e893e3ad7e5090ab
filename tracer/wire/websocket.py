"""WebSocket (RFC 6455) from the upgrade on: where messages begin and end. wsproto holds the rules.

wsproto tells no offsets, so the length of each frame is read here, and its bytes go through wsproto, which
unmasks and refuses what the RFC forbids. Payloads that permessage-deflate compressed stay so: their number
of bytes on the wire is what a timeline shows, and inflating them would let 64 KiB become 64 MiB.
"""

from __future__ import annotations

from typing import NamedTuple

from wsproto.extensions import Extension
from wsproto.frame_protocol import (
    CloseReason,
    FrameDecoder,
    FrameProtocol,
    Opcode,
    ParseFailed,
    RsvBits,
)
from wsproto.frame_protocol import Frame as WsFrame

from tracer.wire.decoder import Decoder
from tracer.wire.message import REQUEST, RESPONSE, Kind, Note

CLOSE = 8
_NAMES = {1: "text", 2: "binary", CLOSE: "close", 9: "ping", 10: "pong"}
_EXTENDED = {126: 2, 127: 8}  # bytes of the length behind the second byte


class _Frame(NamedTuple):
    """The header of a frame, as far as its boundaries go."""

    opcode: int
    final: bool
    compressed: bool
    header: int  # its bytes
    size: int  # of the payload

    @property
    def control(self) -> bool:
        return self.opcode >= CLOSE


def _read_frame(raw: bytes) -> _Frame | None:
    """Read a frame's header (RFC 6455, 5.2); None: need more."""
    if len(raw) < 2:
        return None
    more = _EXTENDED.get(raw[1] & 0x7F, 0)
    header = 2 + more + (4 if raw[1] & 0x80 else 0)
    if len(raw) < header:
        return None
    size = int.from_bytes(raw[2 : 2 + more], "big") if more else raw[1] & 0x7F
    return _Frame(raw[0] & 15, bool(raw[0] & 0x80), bool(raw[0] & 0x40), header, size)


class _Compressed(Extension):
    """Allows the bit of permessage-deflate and lets nobody look at what is compressed."""

    name = "permessage-deflate"

    def __init__(self) -> None:
        self._hidden = False  # the data message that is open is compressed
        self._control = False  # the frame is a control frame, which never is

    def enabled(self) -> bool:
        """Say that it takes part."""
        return True

    def offer(self) -> bool | str:
        """Offer nothing: the handshake is over."""
        return False

    def frame_inbound_header(
        self, _proto: FrameDecoder | FrameProtocol, opcode: Opcode, rsv: RsvBits, _size: int
    ) -> CloseReason | RsvBits:
        """Allow RSV1 on the first frame of a data message (RFC 7692, 6)."""
        self._control = opcode.iscontrol()
        first = not self._control and opcode is not Opcode.CONTINUATION
        if first:
            self._hidden = rsv.rsv1
        return RsvBits(first, False, False)

    def frame_inbound_payload_data(
        self, _proto: FrameDecoder | FrameProtocol, data: bytes | bytearray
    ) -> bytes | CloseReason:
        """Hide compressed bytes from the check for UTF-8."""
        return b"" if self._hidden and not self._control else bytes(data)


class _Messages(Decoder):
    """Reads the frames of one direction; gives a Note for each whole message and control frame.

    With `keep` the Note has the payload, of control frames always; of compressed messages never.
    """

    protocol = "websocket"

    def __init__(self, exchange: int = 0, *, offset: int = 0, keep: bool = False) -> None:
        super().__init__(offset=offset, keep=keep)
        self.exchange = exchange
        # wsproto takes the part of the receiver: a client is sent frames without a mask.
        self._rules = FrameProtocol(self.kind == RESPONSE, [_Compressed()])
        self._frame = _Frame(0, True, False, 0, 0)
        self._at = 0  # the first byte of the frame
        self._left = 0  # of its payload
        self._message: tuple[_Frame, int] | None = None  # its first frame and first byte
        self._size = 0
        self._data = bytearray()
        self._control = b""
        self._code = 0

    @property
    def waiting(self) -> int:
        """The first byte of the message that is open, which its Note will tell."""
        if self._message:
            return self._message[1]
        return self._at if self._state == self._payload else self._offset

    def _start(self) -> bool:
        frame = _read_frame(bytes(self._buffer[:14]))
        if frame is None:
            return False
        self._at, self._frame, self._left = self._offset, frame, frame.size
        self._control, self._code = b"", 0
        self._through(self._take(frame.header))
        if not frame.control and self._message is None:
            self._message, self._size = (frame, self._at), 0
        self._state = self._payload
        return True

    def _payload(self) -> bool:
        size = min(self._left, len(self._buffer))
        if size:
            self._through(self._take(size))
            self._left -= size
            self._size += 0 if self._frame.control else size
        if self._left:
            return False
        self._state = self._start
        self._ended()
        return True

    def _through(self, data: bytes) -> None:
        """Have wsproto check the next bytes of the frame, and keep what it makes of them."""
        self._rules.receive_bytes(data)
        try:
            for made in self._rules.received_frames():
                self._made(made)
        except ParseFailed as error:
            utf8 = error.code is CloseReason.INVALID_FRAME_PAYLOAD_DATA
            field, why = ("payload", "it is not UTF-8") if utf8 else ("frame", str(error))
            raise self._error(field, why, self._at) from None

    def _made(self, made: WsFrame) -> None:
        payload = made.payload
        if isinstance(payload, tuple):
            self._code, text = int(payload[0]), payload[1]
            self._control = text.encode()
        elif made.opcode.iscontrol():
            self._control = payload if isinstance(payload, bytes) else bytes(payload, "utf-8")
        elif self.keep:
            self._data += payload if isinstance(payload, bytes) else payload.encode()

    def _ended(self) -> None:
        frame = self._frame
        if frame.control:
            self._note(frame, self._at, self._code, frame.size, self._control)
            if frame.opcode == CLOSE:  # what follows is to be ignored (5.5.1)
                self._finish()
        elif frame.final and self._message:
            (first, start), self._message = self._message, None
            self._note(first, start, int(first.compressed), self._size, bytes(self._data))
            self._data = bytearray()

    def _note(self, frame: _Frame, start: int, value: int, size: int, data: bytes) -> None:
        what = _NAMES[frame.opcode]
        self._out.append(Note(self.kind, self.exchange, 0, start, self._offset, what, value, size, data))

    def _closed(self) -> None:
        if self._message or self._state == self._payload:
            raise self._error("message", "the stream ended inside it", self.offset, cut=True)
        super()._closed()


class Requests(_Messages):
    """What a client sends: masked frames."""

    kind: Kind = REQUEST


class Responses(_Messages):
    """What a server sends: frames without a mask."""

    kind: Kind = RESPONSE


def pair(
    exchange: int = 0, *, offsets: tuple[int, int] = (0, 0), keep: bool = False
) -> tuple[Requests, Responses]:
    """Make the decoders of both directions, from the first byte after the upgrade on."""
    return (
        Requests(exchange, offset=offsets[0], keep=keep),
        Responses(exchange, offset=offsets[1], keep=keep),
    )
