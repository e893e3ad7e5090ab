"""However bytes are cut into segments, and in whatever order these come, the recording is the same."""

from __future__ import annotations

import io
import os
import sys
import tracemalloc
from dataclasses import fields
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent.parent / "capture"))

from capture_packets import ACK, MS, START, SYN, Talk

import captures
from tracer.analysis.listing import records
from tracer.assemble.packets import recording_of
from tracer.capture import Capture, CaptureError, PcapWriter

EXAMPLES = 1000 if os.environ.get("HOPSCOPE_LONG") else 60
GET = b"GET /%d HTTP/1.1\r\nHost: h\r\n\r\n"
POST = b"POST /%d HTTP/1.1\r\nHost: h\r\nContent-Length: 40\r\n\r\n" + b"p" * 40
ANSWERS = (
    b"HTTP/1.1 200 OK\r\nServer: gunicorn\r\nContent-Length: 30\r\n\r\n" + b"a" * 30,
    b"HTTP/1.1 404 No\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    b"HTTP/1.1 204 None\r\n\r\n",
)
SAMPLES = sorted(Path(captures.__file__).parent.glob("*/capture.*"))


def read(path, data):
    path.write_bytes(data)
    recording = recording_of(Capture(str(path)))
    assert recording.check() == []
    return recording


def written(steps):
    """Write frames, each with its time, as a pcap."""
    out = io.BytesIO()
    writer = PcapWriter(out)
    for packet, time in steps:
        writer.write(packet, time)
    return out.getvalue()


def told(recording):
    """What must not hang on segments: everything but frames, and marks of retransmission."""
    return list(records(recording))


def conversation(kinds, segments):
    """Frames of exchanges; `segments` turns the bytes of a message into (place, bytes) in some order."""
    talk = Talk().open()
    steps = [(packet, START) for packet in talk.frames]
    for number, kind in enumerate(kinds):
        request = (POST if kind == 1 else GET) % number
        for way, data in ((0, request), (1, ANSWERS[kind])):
            before = len(talk.frames)
            for at, piece in segments(data):
                talk.send(way, piece, at=at)
            talk.seq[way] += len(data)
            time = START + (2 * number + way + 1) * MS  # all segments of a message at once
            steps += [(packet, time) for packet in talk.frames[before:]]
    return written(steps)


@st.composite
def cuts(draw):
    """A way to cut bytes: split anywhere, some overlapping or twice, all shuffled."""
    places = draw(st.lists(st.integers(0, 120), max_size=6))
    overlaps = draw(st.lists(st.integers(0, 20), min_size=8, max_size=8))
    twice = draw(st.lists(st.booleans(), min_size=8, max_size=8))
    seed = draw(st.randoms(use_true_random=False))

    def segments(data):
        edges = sorted({0, len(data), *(place for place in places if place < len(data))})
        pieces = []
        for number, (a, b) in enumerate(pairwise(edges)):
            begin = max(0, a - overlaps[number])
            pieces += [(begin, data[begin:b])] * (2 if twice[number] else 1)
        seed.shuffle(pieces)
        return pieces

    return segments


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kinds=st.lists(st.integers(0, 2), min_size=1, max_size=4), segments=cuts())
def test_segments_make_no_difference(kinds, segments, tmp_path):
    whole = read(tmp_path / "whole.pcap", conversation(kinds, lambda data: [(0, data)]))
    cut = read(tmp_path / "cut.pcap", conversation(kinds, segments))
    assert len(told(whole)) == len(kinds)
    assert told(cut) == told(whole)


@pytest.mark.parametrize("path", [p for p in SAMPLES if p.suffix == ".pcap"][:3], ids=lambda p: p.parent.name)
def test_a_capture_cut_anywhere_gives_what_was_before(path, tmp_path):
    """Requests that were over before the cut are those of the whole capture."""
    data = path.read_bytes()
    whole = told(recording_of(Capture(str(path))))
    for cut in [*range(25, 200, 7), *range(200, len(data), max(1, len(data) // 60))]:
        recording = read(tmp_path / "cut.pcap", data[:cut])
        got = {key(request): request for request in told(recording)}
        last = int(recording.marks.time.max(initial=0))
        ended = [r for r in got.values() if r["outcome"] != "open"]
        last = max([last, *(r["end_ns"] for r in ended)])
        for request in whole:
            if request["end_ns"] is not None and max(released(request)) < last:
                assert key(request) in got


def key(request):
    return request["hops"][0]["src"], request["start_ns"], request["target"]


def released(request):
    return [hop["released_ns"] or 1 << 62 for hop in request["hops"]]


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damage_never_raises(data, tmp_path):
    """Bytes of real captures, changed anywhere: a sound recording, or one sentence."""
    path = data.draw(st.sampled_from([p for p in SAMPLES if p.suffix in (".pcap", ".pcapng")]))
    raw = bytearray(path.read_bytes()[: data.draw(st.integers(3000, 40_000))])
    for _ in range(data.draw(st.integers(1, 30))):
        raw[data.draw(st.integers(24, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        read(tmp_path / "damaged.pcap", bytes(raw))
    except CaptureError as error:
        assert "\n" not in str(error)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(st.tuples(st.integers(0, 1), st.binary(max_size=80), st.integers(-30, 30)), max_size=25),
    first=st.sampled_from(
        [
            GET % 1,
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            b"\0\x10\0\0\x03\0A=B\x01\0x",
            b"\x01\x01\0\x01\0\x08\0\0",
        ]
    ),
)
def test_any_bytes_on_any_protocol(steps, first, tmp_path):
    talk = Talk().open().send(0, first)
    for way, payload, at in steps:
        talk.send(way, payload, at=at if at < -20 or at > 20 else None)
    frames = enumerate([*talk.frames, *Talk().send(0, flags=SYN).send(0, flags=ACK).frames])
    read(tmp_path / "any.pcap", written((packet, START + number * MS) for number, packet in frames))


def test_memory_is_bounded_by_what_is_open(tmp_path):
    """A body of 24 MB in one answer takes no more than a chunk and what is told of it."""
    talk = Talk().open().send(0, GET % 1)
    talk.send(1, b"HTTP/1.1 200 OK\r\nContent-Length: 24000000\r\n\r\n")
    for _ in range(400):
        talk.send(1, b"z" * 60_000)
    data = written((packet, START + number) for number, packet in enumerate(talk.frames))
    del talk
    tracemalloc.start()
    try:
        recording = read(tmp_path / "long.pcap", data)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert told(recording)[0]["response_body_bytes"] == 24_000_000
    assert peak < 24e6


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kinds=st.lists(st.sampled_from([0, 0, 0, 0, 1, 2, 2]), min_size=20, max_size=60),
    chunk=st.integers(200, 6000),
    together=st.integers(1, 3),
    lost=st.sets(st.integers(8, 100), max_size=2),
)
def test_the_short_cut_tells_the_same(kinds, chunk, together, lost, tmp_path):
    """Plain stretches, cut by chunks and by what is not plain, pipelined, with and without missing frames."""
    talk = Talk().open()
    for number in range(0, len(kinds), together):
        some = kinds[number : number + together]
        for place, kind in enumerate(some):
            talk.send(0, (POST if kind == 1 else GET) % (number + place))
        for kind in some:
            talk.send(1, ANSWERS[kind])
    frames = [packet for place, packet in enumerate(talk.close().frames) if place not in lost]
    path = tmp_path / "plain.pcap"
    path.write_bytes(written((packet, START + number * MS) for number, packet in enumerate(frames)))
    fast, slow = (recording_of(Capture(str(path), chunk=chunk), short_cuts=use) for use in (True, False))
    assert fast.check() == []
    assert told(fast) == told(slow)
    for table in ("requests", "visits", "phases", "lanes", "marks"):
        one, other = getattr(fast, table), getattr(slow, table)
        assert all(np.array_equal(getattr(one, f.name), getattr(other, f.name)) for f in fields(one)), table


def short_talks(talks):
    """Frames of connections that are opened, used and closed, several at once, of one or two servers."""
    told, time = [], START
    made = []
    for number, (kinds, odd, server) in enumerate(talks):
        talk = Talk(("10.0.0.1", 20_000 + number % 7), ("10.0.0.2", 8000 + server)).open()
        for place, kind in enumerate(kinds):
            talk.send(0, (POST if kind == 1 else GET) % (100 * number + place))
            talk.send(1, ANSWERS[kind])
        talk.close()
        frames = list(talk.frames)
        if odd == 1:
            del frames[3]
        elif odd == 2:
            frames[2:2] = [frames[3]]
        made.append(frames)
    for first in range(0, len(made), 3):
        group = made[first : first + 3]
        for place in range(max(map(len, group))):
            for frames in group:
                if place < len(frames):
                    told.append((frames[place], time))
                    time += MS // 10
        time += 3 * 10**9 if first % 2 else 0
    return told


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    talks=st.lists(
        st.tuples(
            st.lists(st.sampled_from([0, 0, 0, 1, 2]), max_size=3),
            st.sampled_from([0, 0, 0, 0, 1, 2]),
            st.sampled_from([0, 0, 0, 0, 0, 1]),
        ),
        min_size=1,
        max_size=16,
    ),
    chunk=st.integers(200, 20_000),
)
def test_connections_in_columns_tell_the_same(talks, chunk, tmp_path):
    """Short connections, ports used again, frames missing or twice, one listener or two."""
    path = tmp_path / "short.pcap"
    path.write_bytes(written(short_talks(talks)))
    same_by_either_way(path, chunk)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda p: p.parent.name)
def test_samples_tell_the_same_in_columns(path):
    for chunk in (1 << 21, 20_000) if os.environ.get("HOPSCOPE_LONG") else (1 << 21,):
        same_by_either_way(path, chunk)


def same_by_either_way(path, chunk):
    fast, slow = (recording_of(Capture(str(path), chunk=chunk), short_cuts=use) for use in (True, False))
    assert fast.check() == []
    assert told(fast) == told(slow)
    for table in ("requests", "visits", "phases", "lanes", "marks", "hops"):
        one, other = getattr(fast, table), getattr(slow, table)
        assert all(np.array_equal(getattr(one, f.name), getattr(other, f.name)) for f in fields(one)), table
    return fast
