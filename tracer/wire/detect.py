"""Which protocol a stream speaks, by its first bytes; with one byte the answer may be "need more".

Each protocol is a row: a function that says True (it is), False (it cannot be) or None (not enough bytes).
"""

from __future__ import annotations

import re
from collections.abc import Callable

from tracer.wire.message import REQUEST, RESPONSE, Kind
from tracer.wire.proxy_protocol import SIGNATURE

UNKNOWN = "unknown"
LIMIT = 16 * 1024
"""After so many bytes without a decision the answer is `UNKNOWN`."""

Row = Callable[[bytes], "bool | None"]

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_METHODS = frozenset(
    b"GET HEAD POST PUT DELETE CONNECT OPTIONS TRACE PATCH "
    b"PROPFIND PROPPATCH MKCOL COPY MOVE LOCK UNLOCK".split()
)
_NAME = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32}")
_REQUEST_LINE = re.compile(rb"\S+[ \t]+\S.*[ \t]HTTP/1\.[0-9][ \t]*\r?\n")


def _literal(*texts: bytes) -> Row:
    """Make a row for a protocol that begins with one of a few texts."""

    def row(data: bytes) -> bool | None:
        if any(data.startswith(text) for text in texts):
            return True
        return None if any(text.startswith(data) for text in texts) else False

    return row


def _http1_request(data: bytes) -> bool | None:
    data = data.lstrip(b"\r\n")
    method, space, rest = data.partition(b" ")
    if not method:
        return None if not space else False
    if not _NAME.fullmatch(method):
        return False
    if not space or not rest:
        return None
    if method in _METHODS:
        return rest[:1] not in b"\r\n"
    line = rest.partition(b"\n")
    return bool(_REQUEST_LINE.match(data)) if line[1] else None


def _uwsgi(data: bytes) -> bool | None:
    """Modifier 0 and a first key, in capitals, that fits the packet."""
    if data[0] != 0:
        return False
    if len(data) < 7:
        return None
    size, key = int.from_bytes(data[1:3], "little"), int.from_bytes(data[4:6], "little")
    return size >= 4 and 0 < key <= size - 4 and (65 <= data[6] <= 90 or data[6] == 95)


def _fastcgi_request(data: bytes) -> bool | None:
    """BEGIN_REQUEST with an id, 8 bytes and a known role, or a management record."""
    if data[0] != 1 or (len(data) > 1 and data[1] not in (1, 9)):
        return False
    if len(data) < 10:
        return None
    if data[1] == 9:
        return data[2:4] == b"\0\0"
    return data[4:6] == b"\0\x08" and data[8] == 0 and data[9] in (1, 2, 3)


def _fastcgi_response(data: bytes) -> bool | None:
    if data[0] != 1 or (len(data) > 1 and data[1] not in (3, 6, 7, 10, 11)):
        return False
    return True if len(data) >= 8 else None


def _scgi(data: bytes) -> bool | None:
    digits = re.match(rb"[0-9]*", data)
    assert digits is not None
    rest = data[digits.end() :]
    if not 0 < digits.end() <= 7 or data[:1] == b"0":
        return False
    return _literal(b":CONTENT_LENGTH\0")(rest) if rest else None


def _tls(data: bytes) -> bool | None:
    """A handshake record of SSL 3.0 to TLS 1.3 with a hello in it, or a later record of a connection."""
    if not 20 <= data[0] <= 23 or (len(data) > 1 and data[1] != 3) or (len(data) > 2 and data[2] > 4):
        return False
    if len(data) < 6:
        return None
    if data[0] == 22 and data[5] in (1, 2):
        return True
    return 0 < int.from_bytes(data[3:5], "big") <= 16384 + 2048


ROWS: dict[Kind, dict[str, Row]] = {
    REQUEST: {
        "http2": _literal(PREFACE),
        "proxy": _literal(SIGNATURE, b"PROXY TCP4 ", b"PROXY TCP6 ", b"PROXY UNKNOWN"),
        "tls": _tls,
        "uwsgi": _uwsgi,
        "fastcgi": _fastcgi_request,
        "scgi": _scgi,
        "http1": _http1_request,
    },
    RESPONSE: {
        "http1": _literal(b"HTTP/1.0", b"HTTP/1.1"),
        "tls": _tls,
        "fastcgi": _fastcgi_response,
        "cgi": _literal(b"Status: "),
    },
}


def detect(first_bytes: bytes, kind: Kind = REQUEST) -> str | None:
    """Name the protocol of a stream by its first bytes: a key of `ROWS[kind]`, or UNKNOWN; None: need more.

    More bytes of the same stream never change an answer that was given.
    """
    if not first_bytes:
        return None
    waiting = False
    for name, row in ROWS[kind].items():
        answer = row(first_bytes)
        if answer:
            return name
        waiting = waiting or answer is None
    return None if waiting and len(first_bytes) < LIMIT else UNKNOWN
