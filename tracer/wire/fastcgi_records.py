"""FastCGI records: their types, the name-value pairs in some of them, and how all of it is written.

version (1)  type (1)  request id (2)  content length (2)  padding length (1)  reserved (1)
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator

HEADER = struct.Struct(">BBHHBx")
TYPES = {
    1: "BEGIN_REQUEST",
    2: "ABORT_REQUEST",
    3: "END_REQUEST",
    4: "PARAMS",
    5: "STDIN",
    6: "STDOUT",
    7: "STDERR",
    8: "DATA",
    9: "GET_VALUES",
    10: "GET_VALUES_RESULT",
    11: "UNKNOWN_TYPE",
}
BEGIN, ABORT, END, PARAMS, STDIN, STDOUT, STDERR, DATA, GET_VALUES, GET_VALUES_RESULT, UNKNOWN_TYPE = TYPES
MANAGEMENT = frozenset({GET_VALUES, GET_VALUES_RESULT, UNKNOWN_TYPE})
ROLES = {1: "RESPONDER", 2: "AUTHORIZER", 3: "FILTER"}
KEEP_CONN = 1
PROTOCOL_STATUS = {0: "REQUEST_COMPLETE", 1: "CANT_MPX_CONN", 2: "OVERLOADED", 3: "UNKNOWN_ROLE"}

BEGIN_BODY = struct.Struct(">HB5x")
END_BODY = struct.Struct(">IB3x")

MAX_CONTENT = 0xFFFF


class CutError(ValueError):
    """The bytes end inside a name-value pair: more may follow."""


def read_pairs(raw: bytes) -> list[tuple[bytes, bytes]]:
    """Read name-value pairs; CutError if the last one is not whole."""
    pairs, error = read_whole_pairs(raw)
    if error:
        raise error
    return pairs


def read_whole_pairs(raw: bytes) -> tuple[list[tuple[bytes, bytes]], CutError | None]:
    """Read the pairs that are whole, and tell what is wrong with the one after them."""
    pairs: list[tuple[bytes, bytes]] = []
    at = 0
    try:
        while at < len(raw):
            pair, at = _read_pair(raw, at)
            pairs.append(pair)
    except CutError as error:
        return pairs, error
    return pairs, None


def _read_pair(raw: bytes, at: int) -> tuple[tuple[bytes, bytes], int]:
    first, at = _read_size(raw, at)
    second, at = _read_size(raw, at)
    end = at + first + second
    if end > len(raw):
        raise CutError(f"{end - len(raw)} bytes are missing of the pair at byte {at} of its stream")
    return (raw[at : at + first], raw[at + first : end]), end


def _read_size(raw: bytes, at: int) -> tuple[int, int]:
    """Read a length of 1 byte, or of 4 with the highest bit set; give it and where it ends."""
    wide = at < len(raw) and raw[at] >> 7
    end = at + (4 if wide else 1)
    if end > len(raw):
        raise CutError(f"the length at byte {at} of its stream is cut")
    return int.from_bytes(raw[at:end], "big") & (0x7FFFFFFF if wide else 0x7F), end


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
    begin = BEGIN_BODY.pack(role, KEEP_CONN if keep else 0)
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
    return b"".join([*parts, record(END, request_id, END_BODY.pack(app_status, protocol_status))])
