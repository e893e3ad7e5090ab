"""Damaged and hostile bytes: no exception, no hang, bounded memory, and the same whole as in pieces."""

from __future__ import annotations

import os
import random
import tracemalloc
from collections.abc import Callable, Iterator

import pytest
from test_wire_cases import check_shape
from wire_corpus import Case, cases, told

from tracer.wire import REQUEST, RESPONSE, Connection, Message, WireError, scgi, uwsgi
from tracer.wire.fastcgi_records import BEGIN, PARAMS, STDOUT, record

LONG = bool(os.environ.get("HOPSCOPE_LONG"))
CASES = list(cases())
SEED = 20260117


def damaged(random_: random.Random, raw: bytes) -> bytes:
    """Change, drop, repeat or splice in some bytes of a case."""
    data = bytearray(raw)
    for _ in range(random_.randint(1, 4)):
        at = random_.randrange(len(data) + 1)
        size = random_.randint(0, 8)
        match random_.randrange(5):
            case 0:
                data[at : at + 1] = bytes([random_.randrange(256)])
            case 1:
                del data[at : at + size]
            case 2:
                data[at:at] = data[at : at + size * 4]
            case 3:
                other = random_.choice(CASES).raw
                start = random_.randrange(len(other) + 1)
                data[at : at + size] = other[start : start + 40]
            case _:
                data[at:at] = random_.choice([b"\0", b"\r\n", b"\xff" * 4, b"9" * 20, b": ", b"\n\n"])
    return bytes(data)


def pieces(random_: random.Random, raw: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(raw):
        size = random_.choice([1, 2, 3, 7, 50, 1000])
        yield raw[at : at + size]
        at += size


def decode(case: Case, parts: Iterator[bytes] | list[bytes]) -> list[Message]:
    decoder = case.decoder()
    out = [message for part in parts for message in decoder.feed(part)]
    return out + decoder.close()


def check_decoder(random_: random.Random, case: Case) -> None:
    raw = damaged(random_, case.raw)
    whole = decode(case, [raw])
    check_shape(whole, len(raw))
    assert not any(isinstance(message, WireError) for message in whole[:-1])
    assert told(decode(case, pieces(random_, raw))) == told(whole)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_damaged_bytes(case):
    random_ = random.Random(f"{SEED} {case}")
    for _ in range(1000 if LONG else 20):
        check_decoder(random_, case)


def check_connection(random_: random.Random) -> None:
    """Both directions at once, cut, damaged and with gaps: nothing is raised, offsets add up."""
    connection = Connection(lost=random_.random() < 0.3, keep=random_.random() < 0.5)
    seen = {REQUEST: 0, RESPONSE: 0}
    out: list[Message] = []
    for _ in range(random_.randint(1, 6)):
        case = random_.choice(CASES)
        kind = REQUEST if case.direction == "req" else RESPONSE
        raw = damaged(random_, case.raw) if random_.random() < 0.5 else case.raw
        for part in pieces(random_, raw):
            if random_.random() < 0.02:
                out += connection.gap(kind, size := random_.choice([1, 10, 2000]))
                seen[kind] += size
            out += connection.feed(kind, part)
            seen[kind] += len(part)
    out += connection.close(REQUEST) + connection.close(RESPONSE)
    for message in out:
        assert isinstance(message, WireError) or 0 <= message.start <= message.end <= seen[message.kind]


def test_damaged_connections():
    random_ = random.Random(SEED)
    for _ in range(30_000 if LONG else 600):
        check_connection(random_)


def http2_gets() -> Iterator[bytes]:
    yield b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    for stream in range(1, 1 << 30, 2):
        yield bytes.fromhex("0000030105") + stream.to_bytes(4, "big") + b"\x82\x84\x86"


def http2_block() -> Iterator[bytes]:
    yield b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes.fromhex("000003010000000001828486")
    while True:
        yield bytes.fromhex("000400090000000001") + bytes(1024)


def fastcgi_params() -> Iterator[bytes]:
    for number in range(1, 1 << 16):
        begin = record(BEGIN, number, b"\0\1" + bytes(6))
        yield begin + record(PARAMS, number, b"\x05\x80" + bytes(20_000))


def fastcgi_heads() -> Iterator[bytes]:
    for number in range(1, 1 << 16):
        yield record(STDOUT, number, b"A: " + b"b" * 20_000)


def forever(first: bytes, piece: bytes) -> Callable[[], Iterator[bytes]]:
    def stream() -> Iterator[bytes]:
        yield first
        while True:
            yield piece

    return stream


HOSTILE: dict[str, tuple[str, str, Callable[[], Iterator[bytes]]]] = {
    "http1 head": ("http1", REQUEST, forever(b"GET / HTTP/1.1\r\n", b"X-A: " + b"b" * 1000 + b"\r\n")),
    "http1 line": ("http1", REQUEST, forever(b"GET /", b"a" * 1000)),
    "http1 chunk line": (
        "http1",
        REQUEST,
        forever(b"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;", b"a" * 1000),
    ),
    "http1 trailers": (
        "http1",
        REQUEST,
        forever(b"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"A: b\r\n" * 100),
    ),
    "http1 body": ("http1", RESPONSE, forever(b"HTTP/1.1 200 OK\r\n\r\n", bytes(1000))),
    "http1 HEADs": ("http1", REQUEST, forever(b"", b"HEAD / HTTP/1.1\r\n\r\n" * 50)),
    "http1 upgrade": ("http1", REQUEST, forever(b"GET / HTTP/1.1\r\nUpgrade: x\r\n\r\n", b"\xff" * 1000)),
    "http1 empty lines": ("http1", REQUEST, forever(b"", b"\r\n" * 500)),
    "http2 streams": ("http2", REQUEST, http2_gets),
    "http2 block": ("http2", REQUEST, http2_block),
    "fastcgi params": ("fastcgi", REQUEST, fastcgi_params),
    "fastcgi heads": ("fastcgi", RESPONSE, fastcgi_heads),
    "fastcgi records": ("fastcgi", REQUEST, forever(b"", record(BEGIN + 10, 1, bytes(60_000)))),
    "uwsgi": ("uwsgi", REQUEST, forever(uwsgi.encode([("CONTENT_LENGTH", "9" * 12)]), bytes(1000))),
    "scgi": ("scgi", REQUEST, forever(b"262144:CONTENT_LENGTH\0", b"a" * 1000)),
    "scgi requests": ("scgi", REQUEST, forever(b"", scgi.encode([]) * 20)),
    "unknown": ("", REQUEST, forever(b"", b"\x99" * 1000)),
    "undecided": ("", REQUEST, forever(b"", b"\r\n" * 500)),
    "server first": ("", RESPONSE, forever(b"HTT", b"")),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_memory_is_bounded_whatever_comes(name):
    protocol, kind, stream = HOSTILE[name]
    tracemalloc.start()
    try:
        connection, fed, told_ = Connection(protocol or None), 0, 0
        for part in stream():
            told_ += len(connection.feed(kind, part)) + 1
            fed += len(part)
            if fed > 8_000_000 or told_ > 50_000:
                break
        held, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 8_000_000
    assert peak < 16_000_000


def test_many_small_requests_in_one_piece_take_linear_time():
    """4 MB at once: anything quadratic in the number of bytes held would not end within the time limit."""
    raw = b"\r\nGET / HTTP/1.1\r\n\r\n" * 200_000
    told_ = Connection().feed(REQUEST, raw)
    assert len(told_) == 400_000


@pytest.mark.timeout(60)
@pytest.mark.parametrize("head", [b"A " + b"b " * 120_000, b"A b" + b" " * 240_000, b" " * 240_000])
def test_a_start_line_of_spaces_does_not_hang(head):
    told_ = Connection("http1").feed(REQUEST, head + b"\r\n\r\n")
    assert [type(message) for message in told_] == [WireError]
