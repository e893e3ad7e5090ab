"""Every case file, fed whole, byte by byte, cut in two at every place, and with more bytes behind it."""

from __future__ import annotations

import pytest
from wire_corpus import Case, cases, joined, told

from tracer.wire import Decoder, End, Head, Message, Switch, WireError

CASES = list(cases())
VALID = [case for case in CASES if case.valid]
INVALID = [case for case in CASES if not case.valid]


def decode(case: Case, *pieces: bytes, close: bool = True) -> list[Message]:
    decoder = case.decoder()
    out = [message for piece in pieces for message in decoder.feed(piece)]
    return out + (decoder.close() if close else [])


def test_there_are_cases_of_both_sorts_for_each_protocol():
    protocols = {"http1", "cgi", "uwsgi", "scgi", "fastcgi", "proxy", "http2", "websocket"}
    assert {case.protocol for case in VALID} == {case.protocol for case in INVALID} == protocols


@pytest.mark.parametrize("case", CASES, ids=str)
def test_whole(case):
    assert told(decode(case, case.raw)) == case.messages()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_byte_by_byte(case):
    pieces = (case.raw[at : at + 1] for at in range(len(case.raw)))
    assert told(decode(case, *pieces)) == case.messages()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_cut_in_two_at_every_place(case):
    for at in range(len(case.raw) + 1):
        assert told(decode(case, case.raw[:at], case.raw[at:])) == case.messages(), f"cut at {at}"


@pytest.mark.parametrize("case", VALID, ids=str)
def test_what_comes_behind_changes_nothing_before_it(case):
    """A tail may end a body later or be an error, but what had ended before it stays as it was."""
    alone = joined(decode(case, case.raw, close=False))
    for tail in (case.raw[:1], case.raw, b"\0\xff\0\xff\0\xff\0\xff\0\xff\0\xff"):
        with_tail = joined(decode(case, case.raw + tail, close=False))
        ended = [message for message in alone if isinstance(message, (Head, End, Switch))]
        assert [m for m in with_tail if isinstance(m, (Head, End, Switch))][: len(ended)] == ended


@pytest.mark.parametrize("case", INVALID, ids=str)
def test_an_invalid_case_ends_with_its_error(case):
    *before, error = decode(case, case.raw)
    assert isinstance(error, WireError)
    assert not any(isinstance(message, WireError) for message in before)
    assert 0 <= error.offset <= len(case.raw)
    assert error.field and error.why


@pytest.mark.parametrize("case", CASES, ids=str)
def test_each_head_gets_one_end_and_parts_lie_in_order(case):
    check_shape(decode(case, case.raw), len(case.raw))


def check_shape(messages: list[Message], size: int) -> None:
    open_: dict[tuple[str, int], Head] = {}
    for message in messages:
        if isinstance(message, WireError):
            continue
        assert 0 <= message.start <= message.end <= size
        key = (message.kind, message.stream)
        if isinstance(message, Head) and not message.interim:
            assert key not in open_
            open_[key] = message
        elif isinstance(message, End):
            head = open_.pop(key)
            assert (head.exchange, head.end) == (message.exchange, message.start)
    assert not open_


@pytest.mark.parametrize("case", VALID, ids=str)
def test_without_keep_the_same_is_told_but_bodies(case):
    decoder = case.decoder()
    decoder.keep = False
    quiet = [*decoder.feed(case.raw), *decoder.close()]
    loud = decode(case, case.raw)
    heads = [m for m in loud if isinstance(m, (Head, End, Switch))]
    assert [m for m in quiet if isinstance(m, (Head, End, Switch))] == heads
    assert not any(type(m).__name__ == "Body" for m in quiet)


@pytest.mark.parametrize("case", VALID, ids=str)
def test_offsets_count_from_where_the_decoder_was_told_to_begin(case):
    decoder = case.decoder()
    decoder._offset = 1000
    moved = [*decoder.feed(case.raw), *decoder.close()]
    assert [(m.start - 1000, m.end - 1000) for m in moved] == [
        (m.start, m.end) for m in decode(case, case.raw)
    ]


def test_a_finished_decoder_only_counts():
    decoder: Decoder = next(case for case in INVALID if case.protocol == "http1").decoder()
    decoder.feed(b"\xff" * 10 + b"\n")
    assert decoder.finished
    assert decoder.feed(b"GET / HTTP/1.1\r\n\r\n") == []
    assert decoder.offset == 11 + 18
