"""Whatever the bytes: no exception but CaptureError, no hang, bounded memory, every fault a sentence."""

from __future__ import annotations

import gzip
import os
import random
import tracemalloc

import pytest
from capture_files import pcap, pcapng
from capture_packets import Talk
from hypothesis import given, settings
from hypothesis import strategies as st
from test_capture_headers import CLIENT6, LINKS, SEGMENT, fragments

from tracer.capture import Capture, CaptureError, PcapngWriter, connections

LONG = bool(os.environ.get("HOPSCOPE_LONG"))
ROUNDS = 20_000 if LONG else 250
LIMIT = 64 << 20


def seeds():
    talk = Talk().open().send(0, b"GET / HTTP/1.1\r\n\r\n").send(1, b"x" * 300).close()
    frames = [*talk.frames, *(packet for link, packet in LINKS.values() if link == 1 and len(packet) < 2000)]
    frames += fragments(CLIENT6, SEGMENT, (8, 16))
    yield pcap(frames)
    yield pcap(frames, order=">", ticks=10**6)
    yield pcapng(frames)
    yield pcapng(frames, order=">", resolution=6)
    yield pcap([packet for link, packet in LINKS.values() if link == 113] * 5, link=113)
    yield gzip.compress(pcap(frames), mtime=0)


SEEDS = list(seeds())


def read_all(path):
    """Read a file through all layers; give how many events it had and its faults."""
    try:
        capture = Capture(str(path))
        count = sum(len(batch) for batch in connections(capture))
    except CaptureError as error:
        return 0, [error]
    return count, capture.faults


def mutated(rng, data):
    data = bytearray(data)
    for _ in range(rng.choice([1, 1, 2, 5, 30])):
        at = rng.randrange(len(data))
        what = rng.randrange(5)
        if what == 0:
            data[at] = rng.randrange(256)
        elif what == 1:
            data[at : at + 4] = rng.choice(
                [b"\xff" * 4, bytes(4), b"\0\0\0\x80", b"\x7f\xff\xff\xff", b"\1\0\0\0"]
            )
        elif what == 2:
            del data[at : at + rng.randrange(1, 40)]
        elif what == 3:
            data[at:at] = rng.randbytes(rng.randrange(1, 40))
        else:
            data[at:at] = data[rng.randrange(len(data)) :][: rng.randrange(400)]
        if not data:
            break
    return bytes(data)


@pytest.mark.parametrize("number", range(len(SEEDS)))
def test_mutated_captures(tmp_path, number):
    rng = random.Random(number)
    path = tmp_path / "fuzz.pcap"
    damaged = 0
    for _ in range(ROUNDS):
        path.write_bytes(mutated(rng, SEEDS[number]))
        _, faults = read_all(path)
        damaged += bool(faults)
        for fault in faults:
            assert str(fault).startswith(str(path) + ": ")
            assert "\n" not in str(fault)
    assert damaged > ROUNDS // 20, "the mutations hit what matters"


@pytest.mark.parametrize("number", range(len(SEEDS)))
def test_memory_is_bounded(tmp_path, number):
    rng = random.Random(1000 + number)
    path = tmp_path / "fuzz.pcap"
    tracemalloc.start()
    try:
        for _ in range(ROUNDS // 10):
            data = mutated(rng, SEEDS[number])
            path.write_bytes(data)
            tracemalloc.reset_peak()
            read_all(path)
            assert tracemalloc.get_traced_memory()[1] < LIMIT + len(data)
    finally:
        tracemalloc.stop()


BOMBS = {
    "gzip of nothing but zeros": gzip.compress(pcap([b"x"]) + bytes(7 << 20)),
    "gzip of one great frame": gzip.compress(pcap([b"x" * (1 << 24)] * 6)),
    "a frame of 4 GB": pcap([b"x"])[:24] + b"\xff" * 500_000,
    "plausible headers without end": pcap([])
    + (bytes(8) + b"\1\0\0\0\1\0\0\0" + b"\xff") * 60_000
    + b"\xff" * 99,
    "interfaces without end": pcapng([])[:28] + pcapng([])[28:] * 20_000,
    "a block of 4 GB": pcapng([b"x"]) + b"\6\0\0\0" + b"\xfc\xff\xff\xff" * 100_000,
}


@pytest.mark.parametrize("data", BOMBS.values(), ids=BOMBS)
@pytest.mark.timeout(60)
def test_bombs(tmp_path, data):
    path = tmp_path / "bomb.pcap"
    path.write_bytes(data)
    tracemalloc.start()
    try:
        read_all(path)
        assert tracemalloc.get_traced_memory()[1] < LIMIT + len(data)
    finally:
        tracemalloc.stop()


@settings(max_examples=5000 if LONG else 200, deadline=None, derandomize=not LONG)
@given(st.sampled_from([pcap([]), pcap([], order=">"), pcapng([]), b""]), st.binary(max_size=300))
def test_any_bytes_after_a_header(tmp_path_factory, header, rest):
    path = tmp_path_factory.getbasetemp() / "any.pcap"
    path.write_bytes(header + rest)
    read_all(path)


def test_frames_of_any_bytes(tmp_path):
    rng = random.Random(5)
    for link in (0, 1, 101, 108, 113, 228, 229, 276):
        starts = [packet for number, packet in LINKS.values() if number == link]
        frames = []
        for _ in range(ROUNDS * 2):
            packet = bytearray(rng.choice(starts)[:200])
            for _ in range(rng.randrange(12)):
                packet[rng.randrange(min(len(packet), 80))] = rng.randrange(256)
            frames.append(bytes(packet[: rng.randrange(len(packet) + 1)]))
        path = tmp_path / "frames.pcap"
        path.write_bytes(pcap(frames, link=link))
        count, faults = read_all(path)
        assert faults == []
        assert count > 10


def test_a_pcapng_with_simple_packets_of_no_interface(tmp_path):
    path = tmp_path / "x.pcapng"
    with path.open("wb") as file:
        PcapngWriter(file)
        file.write(b"\3\0\0\0\x14\0\0\0\4\0\0\0abcd\x14\0\0\0")
    capture = Capture(str(path))
    assert list(capture) == []
    assert "interface that was not declared" in str(capture.faults[0])
