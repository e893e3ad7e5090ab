"""Responses are byte for byte the same with the agent and without it."""

from __future__ import annotations

import re
import socket
import struct

import pytest
from conftest import COMMANDS, FIELD

HOST = b"Host: test\r\n"
CLOSE = HOST + b"Connection: close\r\n"


def get(
    target: bytes, *, method: bytes = b"GET", version: bytes = b"HTTP/1.1", headers: bytes = b""
) -> bytes:
    return method + b" " + target + b" " + version + b"\r\n" + CLOSE + headers + b"\r\n"


def kept(target: bytes, body: bytes = b"") -> bytes:
    """A request after which the connection is kept, if the server does that."""
    method = b"POST" if body else b"GET"
    length = b"Content-Length: %d\r\n" % len(body) if body else b""
    return method + b" " + target + b" HTTP/1.1\r\n" + HOST + length + b"\r\n" + body


def post(target: bytes, body: bytes, headers: bytes = b"") -> bytes:
    length = b"Content-Length: %d\r\n" % len(body)
    return b"POST " + target + b" HTTP/1.1\r\n" + CLOSE + length + headers + b"\r\n" + body


CHUNKED = b"POST /echo HTTP/1.1\r\n" + CLOSE + b"Transfer-Encoding: chunked\r\n\r\n"
WEBSOCKET = (
    b"GET / HTTP/1.1\r\n" + HOST + b"Connection: upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)

PATHS = [
    "/", "/missing", "/stream", "/stream-error", "/large", "/length", "/closing", "/closing-error", "/closed",
    "/tuple", "/empty", "/string", "/none", "/write", "/file", "/raise", "/raise-started", "/twice",
    "/exc-info", "/unread", "/no-content", "/not-modified", "/environ", "/stream-slow", "/stream-broken",
    "/too-long", "/raise-after", "/nothing", "/half", "/value", "/wrong", "/odd", "/cancel", "/scope",
    "/gather", "/thread", "/background", "/a?q=1&r=%20;s#t", "/%41%zz",
]  # fmt: skip

CASES = {
    **{path: [get(path.encode())] for path in PATHS},
    **{f"HEAD {path}": [get(path.encode(), method=b"HEAD")] for path in ("/", "/stream", "/file", "/length")},
    **{f"1.0 {path}": [get(path.encode(), version=b"HTTP/1.0")] for path in ("/", "/stream", "/write")},
    "echo": [post(b"/echo", b"small body")],
    "echo in pieces": [post(b"/echo", b"small body")[:-5], b" body"],
    "echo 600 kB": [post(b"/echo", bytes(range(256)) * 2400)],
    "body not read": [post(b"/unread", b"x" * 1000)],
    "chunked": [CHUNKED + b"5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nA: b\r\n\r\n"],
    "chunked in pieces": [CHUNKED, b"5\r\nhe", b"llo\r\n0\r\n\r\n"],
    "chunked, broken": [CHUNKED + b"5\r\nhello\r\nzz\r\n"],
    "100-continue": [post(b"/echo", b"", b"Expect: 100-continue\r\n").replace(b": 0", b": 4"), b"body"],
    "100-continue, unread": [post(b"/unread", b"", b"Expect: 100-continue\r\n").replace(b": 0", b": 0")],
    "kept": [kept(b"/"), kept(b"/echo", b"abc"), kept(b"/missing"), get(b"/")],
    "pipelined": [kept(b"/") + kept(b"/stream") + kept(b"/sleep") + kept(b"/echo", b"abc") + get(b"/")],
    "pipelined after an error": [kept(b"/raise") + get(b"/")],
    "head in pieces": [b"GET / HT", b"TP/1.1\r\nHo", b"st: test\r\nConnection: close\r\n", b"\r\n"],
    "websocket refused": [WEBSOCKET + get(b"/")],
    "bad request line": [b"nonsense\r\n\r\n"],
    "bad version": [b"GET / HTTP/9.9\r\n\r\n"],
    "bad header": [b"GET / HTTP/1.1\r\nA b: c\r\n\r\n"],
    "no host": [b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n"],
    "long target": [get(b"/" + b"a" * 3000)],
    "too long target": [get(b"/" + b"a" * 70_000)],
    "odd method": [get(b"/", method=b"BREW")],
    "traceparent": [get(b"/", headers=b"traceparent: 00-" + b"ab" * 16 + b"-" + b"cd" * 8 + b"-01\r\n")],
    "bad traceparent": [get(b"/", headers=b"traceparent: \xff\xfe\r\n")],
}


def normal(answer: bytes) -> bytes:
    return re.sub(rb"(?i)date: [^\r]*", b"date: *", answer)


def heard(server, parts) -> bytes:
    """What a server answers until it closes the connection; some wait for more than was announced."""
    try:
        return normal(server.raw(*parts, wait=3.0))
    except TimeoutError:
        return b"<silence>"


def simple(parts) -> bool:
    """Whether servers answer it that read a body to the connection's end, or close after one request."""
    return len(parts) == 1 and not parts[0].startswith(b"POST") and parts[0].count(b"HTTP/1") == 1


def leave_early(server) -> bytes:
    """Break connections off in the midst of a head, a body and an answer; is it still well?"""
    for sent, wanted in ((b"GET / HT", 0), (post(b"/echo", b"x" * 100)[:-50], 0), (get(b"/endless"), 5000)):
        client = socket.create_connection(("127.0.0.1", server.port), timeout=10)
        client.sendall(sent)
        if wanted:
            client.recv(wanted)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()
    return server.raw(get(b"/"))


@pytest.mark.timeout(240)
@pytest.mark.parametrize("variant", [*COMMANDS, "waitress", "wsgiref", "werkzeug"])
def test_answers_are_the_same_bytes(serve, variant):
    bare, hooked = serve(variant, agent=False), serve(variant)
    differing = {}
    for name, parts in CASES.items():
        if variant in FIELD and not simple(parts):
            continue
        once, twice = heard(bare, parts), heard(hooked, parts)
        if once != twice:
            differing[name] = (once[:600], twice[:600])
    assert differing == {}
    assert normal(leave_early(bare)) == normal(leave_early(hooked))
    assert "hopscope" not in hooked.said(), hooked.said()
