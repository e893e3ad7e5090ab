"""A capture that flows tells what its recording tells, and keeps no more than what is open."""

from __future__ import annotations

import gc
import sys
import tracemalloc
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "capture"))

from capture_packets import MS, START, Talk

import captures
from tracer.analysis.listing import records, rows
from tracer.assemble.packets import recording_of
from tracer.assemble.packets.flowing import flow_of
from tracer.assemble.packets.reading import Reader
from tracer.assemble.packets.talk import Talk as Read
from tracer.capture import Capture, PcapWriter

SAMPLES = {path.parent.name: path for path in sorted(Path(captures.__file__).parent.glob("*/capture.*"))}
GET = b"GET /%d HTTP/1.1\r\nHost: h\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\nServer: gunicorn\r\nContent-Length: 9\r\n\r\n%09d"


def parts(path, chunk):
    return list(flow_of(Capture(str(path), chunk=chunk), Reader()))


@pytest.mark.parametrize("name", SAMPLES)
def test_the_parts_are_the_whole(name):
    whole = recording_of(Capture(str(SAMPLES[name])))
    for chunk in (3000, 1 << 21):
        told = parts(SAMPLES[name], chunk)
        by_part = [r for part in told for r in records(part.recording, numbers=part[1:])]
        assert [untimely(r) for r in by_part] == [untimely(r) for r in records(whole)]
        flat = [row for part in told for piece in rows(part.recording, numbers=part[1:]) for row in piece]
        assert flat[-1][:5] == tuple(list(rows(whole))[-1][-1][:5])


def untimely(record):
    """A record without the hops' names: a part knows only those that were told by then."""
    return record | {"hops": [{**hop, "hop": None} for hop in record["hops"]]}


def kept(path, exchanges):
    """Write a kept connection, and one more that is open all the time."""
    talk, open_ = Talk().open(), Talk(("10.0.0.9", 40_000)).open()
    with path.open("wb") as file:
        writer = PcapWriter(file)
        at = START
        for packet in open_.frames:
            writer.write(packet, at := at + MS)
        for number in range(exchanges):
            talk.send(0, GET % number).send(1, ANSWER % number)
            for packet in talk.frames:
                writer.write(packet, at := at + MS)
            talk.frames.clear()
    return path


def peak(path):
    tracemalloc.start()
    try:
        count = 0
        for part in flow_of(Capture(str(path), chunk=1 << 16), Reader()):
            count += len(part.requests)
            gc.collect()  # else it would be measured when Python looks for cycles
        return count, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_hang_on_the_length(tmp_path):
    one, four = kept(tmp_path / "one.pcap", 5000), kept(tmp_path / "four.pcap", 20_000)
    peak(one)  # imports
    (few, small), (many, large) = peak(one), peak(four)
    assert (few, many) == (5000, 20_000)
    assert large < 1.1 * small


def test_most_exchanges_of_a_kept_connection_take_the_short_cut(tmp_path, monkeypatch):
    seen = []
    begin = Read._begin
    monkeypatch.setattr(Read, "_begin", lambda self, *more: seen.append(1) or begin(self, *more))
    assert sum(len(part.requests) for part in parts(kept(tmp_path / "kept.pcap", 2000), 1 << 21)) == 2000
    assert len(seen) < 20
