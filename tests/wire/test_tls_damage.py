"""TLS that is cut, damaged or has gaps: nothing is raised, nothing is made up, what is whole is told."""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tls_talks import client_context, seen, server_context, talked

from tracer.wire import REQUEST, RESPONSE, Connection, End, Head, Note, WireError
from tracer.wire.tls import KeyLogError, Keys

VERSIONS = ["TLSv1_2", "TLSv1_3"]


@cache
def example(version, size=300, turns=4):
    """A talk and its keys."""
    home = Path(mkdtemp(prefix="hopscope-tls-"))
    log = home / "keys"
    wire = talked(client_context(log, "", version), server_context(home, "", version), turns=turns, size=size)
    return wire, log.read_bytes()


def heads(told, kind):
    return [m for m in told if isinstance(m, Head) and m.kind == kind]


def sound(told, sizes):
    """Offsets lie in the stream; each Head that is not interim has one End."""
    open_ = set()
    for m in told:
        if isinstance(m, WireError):
            continue
        assert 0 <= m.start <= m.end <= sizes[m.kind]
        if isinstance(m, Head) and not m.interim:
            open_.add((m.kind, m.exchange, m.stream))
        elif isinstance(m, End):
            open_.remove((m.kind, m.exchange, m.stream))
    assert not open_


@pytest.mark.parametrize("version", VERSIONS)
def test_cut_anywhere(version):
    """What is told of the bytes before a cut is what is told of them in the whole."""
    wire, log = example(version, 40, 2)
    _, whole = seen(wire.pieces, Keys(log))
    total = sum(len(data) for _, data in wire.pieces)
    for cut in range(0, total, 7):
        left, pieces = cut, []
        for kind, data in wire.pieces:
            pieces.append((kind, data[:left]))
            left = max(0, left - len(data))
        _, told = seen(pieces, Keys(log))
        sizes = {way: sum(len(d) for kind, d in pieces if kind == way) for way in (REQUEST, RESPONSE)}
        sound(told, sizes)
        for kind in (REQUEST, RESPONSE):
            want = [head for head in heads(whole, kind) if head.end <= sizes[kind]]
            assert heads(told, kind)[: len(want)] == want or not want


@pytest.mark.parametrize("version", VERSIONS)
def test_a_gap_among_the_answers(version):
    """Missing bytes cost the answers that they cut; later ones are told again."""
    wire, log = example(version)
    keys = Keys(log)
    _, whole = seen(wire.pieces, keys)
    answers = heads(whole, RESPONSE)
    raw = {kind: wire.raw(kind) for kind in (REQUEST, RESPONSE)}
    for start, end in ((answers[1].start + 3, answers[1].end - 4), (answers[1].start, answers[1].end)):
        for left, right in ((start, end), (start - 2, end), (start, end - 1)):
            told = gapped(raw, keys, RESPONSE, left, right)
            assert [head.target for head in heads(told, REQUEST)] == ["/0", "/1", "/2", "/3"]
            places = [head.start for head in heads(told, RESPONSE)]
            want = [a.start for a in answers if a.end <= left or a.start >= right]
            assert places == want
            assert len(want) >= 2


def gapped(raw, keys, way, start, end):
    """Feed both directions, with [start, end) of one missing."""
    connection = Connection(keys=keys)
    told = []
    for kind in (REQUEST, RESPONSE):
        data = raw[kind]
        if kind == way:
            told += connection.feed(kind, data[:start]) + connection.gap(kind, end - start)
            data = data[end:]
        told += connection.feed(kind, data)
    return told + connection.close(REQUEST) + connection.close(RESPONSE)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_missing_start(version):
    """A connection that was open before is a timeline of records, told as they come."""
    wire, log = example(version)
    connection = Connection(keys=Keys(log), lost=True)
    told = []
    for kind in (REQUEST, RESPONSE):
        raw = wire.raw(kind)
        begin = raw.rfind(b"\x17\x03\x03", 0, len(raw) - 200)
        told += connection.feed(kind, raw[begin:])
    assert connection.protocol == "tls"
    assert connection.tls.why == "its beginning was not seen"
    assert {m.kind for m in told} == {REQUEST, RESPONSE}
    assert all(isinstance(m, Note) and m.what == "record" for m in told)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_wrong_secret_is_told_once(version):
    wire, log = example(version)
    lines = [line.split() for line in log.decode().splitlines() if not line.startswith("#")]
    wrong = "\n".join(f"{a} {b} {'00' * (len(c) // 2)}" for a, b, c in lines)
    _, told = seen(wire.pieces, Keys(wrong.encode()))
    errors = [m for m in told if isinstance(m, WireError)]
    assert [(e.protocol, e.field) for e in errors] == [("tls", "record")] * 2
    assert "it cannot be decrypted" in errors[0].why
    assert any(isinstance(m, Note) and m.what == "record" for m in told)


damage = st.lists(
    st.tuples(st.sampled_from(["flip", "drop", "gap", "junk"]), st.integers(0, 1 << 16), st.integers(1, 400)),
    min_size=1, max_size=4,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(version=st.sampled_from(VERSIONS), damage=damage, piece=st.integers(1, 3000), keyed=st.booleans())
def test_damaged(version, damage, piece, keyed):
    wire, log = example(version)
    connection = Connection(keys=Keys(log) if keyed else None, lost=bool(damage[0][2] % 2))
    told, sizes = [], {REQUEST: 0, RESPONSE: 0}
    for kind in (REQUEST, RESPONSE):
        data = bytearray(wire.raw(kind))
        gaps = {}
        for what, at, size in damage:
            at %= len(data)
            if what == "flip":
                data[at] ^= size % 255 + 1
            elif what == "drop":
                del data[at : at + size]
            elif what == "junk":
                data[at:at] = random.Random(size).randbytes(size)
            else:
                gaps[at // piece] = size
        for number, begin in enumerate(range(0, len(data), piece)):
            if number in gaps:
                told += connection.gap(kind, gaps[number])
                sizes[kind] += gaps[number]
            part = bytes(data[begin : begin + piece])
            told += connection.feed(kind, part)
            sizes[kind] += len(part)
            assert connection.waiting(kind) <= sizes[kind]
    for kind in (REQUEST, RESPONSE):
        told += connection.close(kind)
    sound(told, sizes)


@settings(max_examples=200, deadline=None)
@given(data=st.binary(max_size=300), text=st.binary(max_size=300))
def test_any_bytes(data, text):
    connection = Connection("tls", keys=Keys(text))
    for kind in (REQUEST, RESPONSE):
        connection.feed(kind, b"\x16\x03\x01\x00" + data)
        connection.close(kind)


def test_a_growing_key_log(tmp_path):
    """A session whose line is written later is found once it is there; a cut line is not taken."""
    wire, log = example("TLSv1_3")
    path = tmp_path / "keys"
    path.write_bytes(b"# comment\n" + log[: len(log) // 2])
    keys = Keys.read(path)
    path.write_bytes(b"# comment\n" + log)
    _, told = seen(wire.pieces, keys)
    assert len(heads(told, REQUEST)) == 4
    with pytest.raises(KeyLogError, match="cannot be read"):
        Keys.read(tmp_path / "none")
