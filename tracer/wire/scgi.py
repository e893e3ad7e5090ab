"""SCGI: a netstring of NUL-terminated variables, CONTENT_LENGTH first and SCGI=1 among them, then the body.

    70:CONTENT_LENGTH\\0 27\\0 SCGI\\0 1\\0 …,body

A server answers with a CGI response up to the end of the stream.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from tracer.wire.cgi import Responses as CgiResponses
from tracer.wire.exchanges import Exchanges
from tracer.wire.fields import LIMIT
from tracer.wire.gateway import GatewayRequests
from tracer.wire.message import Pairs

_LENGTH = re.compile(rb"[1-9][0-9]{0,6}")


class Requests(GatewayRequests):
    """What a web server sends to an SCGI socket."""

    protocol = "scgi"

    def _start(self) -> bool:
        digits = _LENGTH.match(self._buffer)
        begin = digits.end() + 1 if digits else 1
        if len(self._buffer) < begin:
            return False
        if not digits or self._buffer[begin - 1] != ord(":"):
            found = bytes(self._buffer[begin - 1 : begin])
            why = f"{found!r} stands where a netstring has its length and a colon"
            raise self._error("length", why, self._offset + begin - 1)
        size = int(digits[0])
        if size > LIMIT:
            raise self._error("length", f"{size} bytes of variables are more than {LIMIT}")
        if len(self._buffer) < begin + size + 1:
            return False
        self._netstring(begin, size)
        return True

    def _seen(self) -> tuple[Pairs, int] | None:
        digits = _LENGTH.match(self._buffer)
        if not digits or digits.end() >= len(self._buffer):
            return None
        texts = self._buffer[digits.end() + 1 :].decode("latin-1").split("\0")[:-1]
        whole = digits.end() + 1 + int(digits[0]) + 1
        return tuple(zip(texts[::2], texts[1::2], strict=False)), whole

    def _netstring(self, begin: int, size: int) -> None:
        end = begin + size
        if self._buffer[end] != ord(","):
            raise self._error("comma", "the netstring does not end in one", self._offset + end)
        variables = self._variables(bytes(self._buffer[begin:end]), self._offset + begin)
        self._begin(variables, end + 1, _oddities(dict(variables)))

    def _variables(self, block: bytes, at: int) -> Pairs:
        texts = block.decode("latin-1").split("\0")
        if texts.pop():
            raise self._error("value", "the last one has no NUL at its end", at + len(block))
        if len(texts) % 2:
            raise self._error("value", "the last name has none", at + len(block))
        return tuple(zip(texts[::2], texts[1::2], strict=True))


def _oddities(named: dict[str, str]) -> tuple[str, ...]:
    """Tell what the specification demands and servers do without; nginx adds no SCGI of its own."""
    odd = [] if named.get("SCGI") == "1" else ["no SCGI variable with the value 1"]
    if not named.get("CONTENT_LENGTH"):
        odd.append("no CONTENT_LENGTH")
    return tuple(odd)


class Responses(CgiResponses):
    """What an SCGI server answers."""

    protocol = "scgi"


def pair(*, keep: bool = False) -> tuple[Requests, Responses]:
    """Make the decoders of both directions."""
    exchanges = Exchanges()
    return Requests(exchanges, keep=keep), Responses(exchanges, keep=keep)


def encode(variables: Iterable[tuple[str, str]], body: bytes = b"") -> bytes:
    """Write a request; CONTENT_LENGTH (the body's) and SCGI are put in front, others kept in order.

    ValueError: a NUL in a name or value, or more variables than a decoder takes.
    """
    own = [(name, value) for name, value in variables if name not in {"CONTENT_LENGTH", "SCGI"}]
    texts = [text for pair_ in (("CONTENT_LENGTH", str(len(body))), ("SCGI", "1"), *own) for text in pair_]
    if any("\0" in text for text in texts):
        raise ValueError("a NUL cannot stand in an SCGI variable")
    block = "".join(text + "\0" for text in texts).encode("latin-1")
    if len(block) > LIMIT:
        raise ValueError(f"{len(block)} bytes of variables are more than {LIMIT}")
    return b"%d:%b,%b" % (len(block), block, body)
