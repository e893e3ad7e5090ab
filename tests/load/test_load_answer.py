"""Both readers are held by one table: each answer whole, byte by byte, and with a tail."""

from __future__ import annotations

import pytest

from tracer.load.answer import BadAnswerError, H11Answer, LlhttpAnswer

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
ABC = OK + b"Content-Length: 3\r\n\r\nabc"
HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
# name: (method, bytes, status, body size, another request may follow)
WHOLE = {
    "length": ("GET", ABC, 200, 3, True),
    "empty": ("GET", OK + b"Content-Length: 0\r\n\r\n", 200, 0, True),
    "close": ("GET", OK + b"Content-Length: 3\r\nConnection: close\r\n\r\nabc", 200, 3, False),
    "http/1.0": ("GET", b"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nabc", 200, 3, False),
    "chunked": ("GET", CHUNKED + b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n", 200, 5, True),
    "trailers": ("GET", CHUNKED + b"3\r\nabc\r\n0\r\nX: 1\r\nY: 2\r\n\r\n", 200, 3, True),
    "head": ("HEAD", OK + b"Content-Length: 3\r\n\r\n", 200, 0, True),
    "head of chunked": ("HEAD", CHUNKED, 200, 0, True),
    "204": ("GET", b"HTTP/1.1 204 No Content\r\n\r\n", 204, 0, True),
    "304": ("GET", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n", 304, 0, True),
    "after 103": ("GET", HINTS + ABC, 200, 3, True),
    "after two": ("GET", b"HTTP/1.1 100 Continue\r\n\r\n" + HINTS + ABC, 200, 3, True),
    "error": ("GET", b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 1\r\n\r\nx", 503, 1, True),
}  # fmt: skip
READERS = pytest.mark.parametrize("reader", [LlhttpAnswer, H11Answer])
CASES = pytest.mark.parametrize("case", WHOLE.values(), ids=WHOLE)


def seen(answer):
    return answer.status, answer.body, answer.done, answer.reusable


@READERS
@CASES
def test_an_answer_whole(reader, case):
    method, data, status, body, reusable = case
    answer = reader()
    answer.start(method)
    answer.feed(memoryview(data))
    assert seen(answer) == (status, body, True, reusable)


@READERS
@CASES
def test_an_answer_byte_by_byte_ends_with_its_last_byte(reader, case):
    method, data, status, body, reusable = case
    answer = reader()
    answer.start(method)
    for at in range(len(data)):
        assert not answer.done, data[:at]
        answer.feed(memoryview(data)[at : at + 1])
    assert seen(answer) == (status, body, True, reusable)


@READERS
@CASES
@pytest.mark.parametrize("tail", [b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", b"\0rubbish"])
def test_bytes_after_an_answer_end_its_connection(reader, case, tail):
    method, data, status, body, _ = case
    answer = reader()
    answer.start(method)
    answer.feed(memoryview(data + tail))
    assert seen(answer) == (status, body, True, False)


@READERS
def test_one_answer_after_another(reader):
    answer = reader()
    for method, data, status, body, reusable in WHOLE.values():
        if reusable:
            answer.start(method)
            answer.feed(memoryview(data))
            assert seen(answer) == (status, body, True, True)


@READERS
@CASES
def test_an_answer_cut_anywhere_is_not_whole(reader, case):
    method, data = case[:2]
    for size in range(len(data)):
        answer = reader()
        answer.start(method)
        if size:
            answer.feed(memoryview(data[:size]))
        assert not answer.eof()


@READERS
@pytest.mark.parametrize("body", [b"", b"abc"])
def test_an_answer_without_a_length_ends_with_the_connection(reader, body):
    answer = reader()
    answer.start("GET")
    answer.feed(memoryview(OK + b"\r\n" + body))
    assert not answer.done
    assert answer.eof()
    assert seen(answer) == (200, len(body), True, False)


@READERS
@pytest.mark.parametrize(
    "data",
    [
        b"\x16\x03\x01\x02\x00",
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        OK + b"Content-Length: x\r\n\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
    ],
)
def test_what_is_not_an_answer_is_refused_with_a_reason(reader, data):
    answer = reader()
    answer.start("GET")
    with pytest.raises(BadAnswerError, match=r"\w+ \w+"):
        answer.feed(memoryview(data))
