"""However the segments of a stream come, its bytes and the frames they came from are the same."""

from __future__ import annotations

import os
import random

import pytest
from capture_files import pcap
from capture_packets import ACK, CLIENT, FIN, MS, SERVER, SYN, frame
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_capture_streams import content, normal, run

from tracer.capture import NoteKind

LONG = bool(os.environ.get("HOPSCOPE_LONG"))
MANY = settings(
    max_examples=3000 if LONG else 150,
    deadline=None,
    derandomize=not LONG,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@st.composite
def sent(draw, most=300):
    """Give (the bytes of a stream, its segments as (begin, end) in the order in which they come)."""
    stream = draw(st.binary(min_size=1, max_size=most))
    size = len(stream)
    cuts = sorted(draw(st.sets(st.integers(1, size - 1), max_size=40))) if size > 1 else []
    segments = list(zip([0, *cuts], [*cuts, size], strict=True))
    places = st.tuples(st.integers(0, size - 1), st.integers(1, size))
    overlaps = draw(st.lists(places, max_size=20))
    segments += [(min(pair), max(pair) + (pair[0] == pair[1])) for pair in overlaps]
    segments += draw(st.lists(st.sampled_from(segments), max_size=10))
    return stream, draw(st.permutations(segments)) if draw(st.booleans()) else segments


def carriers(segments, first_frame):
    """Give for each byte the first frame that carries it."""
    found = {}
    for number, (begin, end) in enumerate(segments, first_frame):
        for at in range(begin, end):
            found.setdefault(at, number)
    return found


def attributed(facts, way):
    return {at: frame for begin, data, frame, _ in facts[way] for at in range(begin, begin + len(data))}


@MANY
@given(sent(), st.integers(0, 2**32 - 1), st.sampled_from([1 << 22, 1 << 22, 300, 37]), st.booleans())
def test_shuffled_doubled_split_and_overlapped(tmp_path, stream, isn, chunk, short_cuts):
    data, segments = stream
    frames = [frame(CLIENT, SERVER, isn, flags=SYN), frame(SERVER, CLIENT, 70, isn + 1, SYN | ACK)]
    frames += [frame(CLIENT, SERVER, isn + 1 + a, 71, payload=data[a:b]) for a, b in segments]
    frames += [frame(CLIENT, SERVER, isn + 1 + len(data), 71, FIN | ACK)]
    frames += [frame(SERVER, CLIENT, 71, isn + 2 + len(data), FIN | ACK)]
    path = tmp_path / "x.pcap"
    path.write_bytes(pcap(frames))
    (facts,) = run(path, chunk, short_cuts).values()
    assert content(facts, 0) == data
    assert attributed(facts, 0) == carriers(segments, 3)
    assert facts["notes"][-1][0] is NoteKind.CLOSED
    sent_again = sum(note[3] for note in facts["notes"] if note[0] is NoteKind.RETRANSMISSION)
    assert sent_again == sum(b - a for a, b in segments) - len(data)


def two_talks(rng):
    """Make the frames of two connections with bursts, turns, losses, resets and reuse."""
    frames, counts = [], {}
    for _ in range(rng.randrange(1, 150)):
        ends = (CLIENT, SERVER) if rng.random() < 0.7 else (("10.0.0.9", 999), SERVER)
        src, dst = ends if rng.random() < 0.5 else ends[::-1]
        back = rng.choice([0] * 60 + [-3, -1, 1, 5])
        payload = rng.choice([b"", b"x", b"abc", b"0123456789"])
        flags = rng.choice([ACK] * 80 + [SYN, SYN | ACK, FIN | ACK, 4])
        seq = counts.get((src, dst), 100)
        if back == 0:
            counts[src, dst] = seq + len(payload) + bool(flags & 3)
        window = 0 if rng.random() < 0.03 else 500
        frames.append(frame(src, dst, seq + back, counts.get((dst, src), 100), flags, payload, window))
    return frames


@pytest.mark.parametrize("step", [MS, 300 * MS, 3000 * MS], ids=["1 ms", "300 ms", "3 s"])
def test_short_cuts_and_chunks_change_nothing(tmp_path, step):
    path = tmp_path / "x.pcap"
    for seed in range(1000 if LONG else 50):
        path.write_bytes(pcap(two_talks(random.Random(seed)), step=step))
        judge = normal(run(path, 1 << 22, short_cuts=False))
        for chunk in (1 << 22, 5000, 400):
            assert normal(run(path, chunk)) == judge, seed


@MANY
@given(sent(), st.floats(0, 1))
def test_a_capture_cut_anywhere_gives_what_was_before(tmp_path, stream, part):
    data, segments = stream
    frames = [frame(CLIENT, SERVER, 9, flags=SYN)]
    frames += [frame(CLIENT, SERVER, 10 + a, payload=data[a:b]) for a, b in segments]
    whole = pcap(frames)
    cut = whole[: 24 + int(part * (len(whole) - 24))]
    path = tmp_path / "x.pcap"
    path.write_bytes(cut)
    there = sum(len(pcap(frames[: n + 1])) <= len(cut) for n in range(len(frames)))
    seen = run(path, 1 << 22)
    if there == 0:
        assert seen == {}
        return
    (facts,) = seen.values()
    data_there = [item for item in facts[0] if isinstance(item[1], bytes)]
    assert {
        at: f for b, d, f, _ in data_there for at, f in zip(range(b, b + len(d)), [f] * len(d), strict=True)
    } == (carriers(segments[: there - 1], 2))
    assert all(data[begin : begin + len(piece)] == piece for begin, piece, *_ in data_there)
