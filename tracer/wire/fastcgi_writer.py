"""Writes FastCGI: records, and whole requests and answers made of them, for tests and samples."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator

from tracer.wire.fastcgi import BEGIN, END, HEADER, KEEP_CONN, PARAMS, STDERR, STDIN, STDOUT

MAX_CONTENT = 0xFFFF


def record(kind: int, request_id: int, content: bytes = b"", *, padding: int | None = None) -> bytes:
    """Write one record; padded to a multiple of 8 bytes unless `padding` says how many."""
    pad = -len(content) % 8 if padding is None else padding
    return HEADER.pack(1, kind, request_id, len(content), pad) + content + bytes(pad)


def stream(kind: int, request_id: int, content: bytes, *, size: int = MAX_CONTENT) -> Iterator[bytes]:
    """Write content as records of at most `size` bytes each, and the empty one that ends the stream."""
    for at in range(0, len(content), size):
        yield record(kind, request_id, content[at : at + size])
    yield record(kind, request_id)


def pairs(variables: Iterable[tuple[str, str]]) -> bytes:
    """Write name-value pairs of Latin-1 text."""
    out = b""
    for name, value in variables:
        raw = name.encode("latin-1"), value.encode("latin-1")
        out += _size(len(raw[0])) + _size(len(raw[1])) + raw[0] + raw[1]
    return out


def _size(size: int) -> bytes:
    return bytes([size]) if size < 0x80 else struct.pack(">I", size | 0x80000000)


def encode_request(
    variables: Iterable[tuple[str, str]],
    body: bytes = b"",
    *,
    request_id: int = 1,
    keep: bool = False,
    role: int = 1,
    size: int = MAX_CONTENT,
) -> bytes:
    """Write a request; `keep` asks for the connection to stay, `size` is the longest content of a record."""
    begin = struct.pack(">HB5x", role, KEEP_CONN if keep else 0)
    params = stream(PARAMS, request_id, pairs(variables), size=size)
    return b"".join([record(BEGIN, request_id, begin), *params, *stream(STDIN, request_id, body, size=size)])


def encode_response(
    output: bytes,
    *,
    request_id: int = 1,
    errors: bytes = b"",
    app_status: int = 0,
    protocol_status: int = 0,
    size: int = MAX_CONTENT,
) -> bytes:
    """Write an answer; `output` is a CGI response, head and body."""
    parts = [*stream(STDERR, request_id, errors, size=size)] if errors else []
    parts += stream(STDOUT, request_id, output, size=size)
    return b"".join([*parts, record(END, request_id, struct.pack(">IB3x", app_status, protocol_status))])
