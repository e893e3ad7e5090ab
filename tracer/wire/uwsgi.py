"""The uwsgi protocol: a header of 4 bytes, then variables, then the body.

    modifier1 (1)  size of the variables (2, little-endian)  modifier2 (1)
    then for each variable: size (2, little-endian) key, size (2, little-endian) value

A server answers with an HTTP or CGI response up to the end of the stream.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable

from tracer.wire.cgi import Responses as CgiResponses
from tracer.wire.exchanges import Exchanges
from tracer.wire.gateway import GatewayRequests
from tracer.wire.message import REQUEST, Note, Pairs

HEADER = struct.Struct("<BHB")
_SIZE = struct.Struct("<H")

MODIFIERS = {
    0: "Python (WSGI)",
    5: "Perl (PSGI)",
    6: "Lua (WSAPI)",
    7: "Ruby (Rack)",
    8: "Java (JWSGI)",
    9: "CGI",
    14: "PHP",
    15: "Mono",
    18: "symbol call",
    24: "V8",
    30: "WSGI with the path rewritten",
}
"""Values of modifier1 whose packet is the variables of a request; others are told as a Note."""


class Requests(GatewayRequests):
    """What a web server sends to a uwsgi socket."""

    protocol = "uwsgi"

    def _start(self) -> bool:
        if len(self._buffer) < HEADER.size:
            return False
        modifier1, size, _ = HEADER.unpack_from(self._buffer)
        if len(self._buffer) < HEADER.size + size:
            return False
        if modifier1 in MODIFIERS:
            self._begin(self._variables(size), HEADER.size + size)
        else:
            self._packet(modifier1, size)
        return True

    def _variables(self, size: int) -> Pairs:
        texts: list[str] = []
        at, end = HEADER.size, HEADER.size + size
        while at < end:
            field = "value" if len(texts) % 2 else "key"
            if at + 2 > end:
                raise self._error(
                    f"size of a {field}", "it stands half outside the packet", self._offset + at
                )
            (length,) = _SIZE.unpack_from(self._buffer, at)
            if at + 2 + length > end:
                raise self._error(field, f"its {length} bytes run past the packet", self._offset + at)
            if not length and field == "key":
                raise self._error("key", "it is empty", self._offset + at)
            texts.append(self._buffer[at + 2 : at + 2 + length].decode("latin-1"))
            at += 2 + length
        if len(texts) % 2:
            raise self._error("value", "the last key has none", self._offset + end)
        return tuple(zip(texts[::2], texts[1::2], strict=True))

    def _seen(self) -> tuple[Pairs, int] | None:
        if len(self._buffer) < HEADER.size or self._buffer[0] not in MODIFIERS:
            return None
        (_, size, _), at, texts = HEADER.unpack_from(self._buffer), HEADER.size, []
        while at + 2 <= len(self._buffer):
            end = at + 2 + _SIZE.unpack_from(self._buffer, at)[0]
            if end > len(self._buffer):
                break
            texts.append(self._buffer[at + 2 : end].decode("latin-1"))
            at = end
        return tuple(zip(texts[::2], texts[1::2], strict=False)), HEADER.size + size

    def _packet(self, modifier1: int, size: int) -> None:
        start = self._offset
        data = self._take(HEADER.size + size)[HEADER.size :] if self.keep else b""
        self._drop(0 if self.keep else HEADER.size + size)
        self._out.append(Note(REQUEST, -1, 0, start, self._offset, "packet", modifier1, size, data))


class Responses(CgiResponses):
    """What a uwsgi server answers."""

    protocol = "uwsgi"


def pair(*, keep: bool = False) -> tuple[Requests, Responses]:
    """Make the decoders of both directions."""
    exchanges = Exchanges()
    return Requests(exchanges, keep=keep), Responses(exchanges, keep=keep)


def encode(
    variables: Iterable[tuple[str, str]], body: bytes = b"", *, modifier1: int = 0, modifier2: int = 0
) -> bytes:
    """Write a request; variables are Latin-1 text. ValueError: more than 65,535 bytes of them.

    The body's length is not added: give CONTENT_LENGTH.
    """
    block = b"".join(_SIZE.pack(len(raw)) + raw for raw in _texts(variables))
    if len(block) > 0xFFFF:
        raise ValueError(f"{len(block)} bytes of variables do not fit a uwsgi packet (65535)")
    return HEADER.pack(modifier1, len(block), modifier2) + block + body


def _texts(variables: Iterable[tuple[str, str]]) -> Iterable[bytes]:
    for pair_ in variables:
        for text in pair_:
            raw = text.encode("latin-1")
            if len(raw) > 0xFFFF:
                raise ValueError(f"{len(raw)} bytes of {pair_[0][:40]} do not fit a uwsgi packet (65535)")
            yield raw
