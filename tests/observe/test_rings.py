"""Rings are read while they are written, after a kill, after an overrun; other files are left out."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tracer.agent import layout
from tracer.observe.records import decode, pack
from tracer.observe.rings import HOLE, RingReader


def make_ring(path: Path, slots: dict[int, bytes], *, capacity: int = 16, pid: int | None = None, **header):
    """Write a ring file with `slots`: number -> slot."""
    values = {
        "magic": layout.MAGIC,
        "version": layout.VERSION,
        "slot": layout.SLOT,
        "capacity": capacity,
        "pid": os.getpid() if pid is None else pid,
        "created": time.monotonic_ns(),
        "created_wall": time.time_ns(),
        "server": b"gunicorn sync",
        **header,
    }
    names = [(name, b"" if code.endswith("s") else 0) for name, code in layout.HEADER_FIELDS]
    data = bytearray(layout.HEADER + capacity * layout.SLOT)
    layout.header().pack_into(data, 0, *(values.get(name, empty) for name, empty in names))
    path.write_bytes(data)
    put(path, slots, capacity)


def put(path: Path, slots: dict[int, bytes], capacity: int = 16):
    with path.open("r+b") as file:
        for seq, slot in slots.items():
            file.seek(layout.HEADER + (seq - 1) % capacity * layout.SLOT)
            file.write(slot)


def marks(*numbers: int) -> dict[int, bytes]:
    return {seq: pack(layout.MARK, seq, time=seq) for seq in numbers}


def read(batches) -> list[int]:
    return [record.time for batch in batches for record in batch.records]


def test_every_kind_comes_back_as_it_was_packed():
    for kind, fields in layout.FIELDS.items():
        values = {
            name: bytes(range(1, int(code[:-1]) + 1)) if code.endswith("s") else 100 + number
            for number, (name, code) in enumerate(fields)
            if not code.endswith("x") and name not in ("kind", "seq")
        }
        (record,) = decode(_slots(pack(kind, 7, **values)))
        assert record._asdict() == {"kind": kind, **values, "seq": 7}


def test_identifiers_keep_their_trailing_zeros():
    (record,) = decode(_slots(pack(layout.OPEN, 1, trace_id=b"\1" + bytes(15), target=b"/x")))
    assert (record.trace_id, record.target) == (b"\1" + bytes(15), b"/x")


def test_a_kind_of_the_future_is_left_out():
    assert decode(_slots(bytes([250]) + bytes(119) + (5).to_bytes(8, "little"))) == []


def _slots(data: bytes):
    import numpy as np

    return np.frombuffer(data, np.uint8).reshape(-1, layout.SLOT)


def test_polls_give_each_record_once_and_in_order(tmp_path):
    ring = tmp_path / "a.ring"
    make_ring(ring, marks(1, 2, 3))
    reader = RingReader(tmp_path)
    assert read(reader.poll()) == [1, 2, 3]
    assert reader.poll() == []
    put(ring, marks(4, 5))
    assert read(reader.poll()) == [4, 5]


def test_it_follows_round_the_end(tmp_path):
    ring = tmp_path / "a.ring"
    make_ring(ring, marks(*range(1, 15)))
    reader = RingReader(tmp_path)
    reader.poll()
    put(ring, marks(*range(15, 27)))
    assert read(reader.poll()) == list(range(15, 27))


def test_resuming_starts_at_the_number_given(tmp_path):
    make_ring(tmp_path / "a.ring", marks(1, 2, 3, 4))
    assert read(RingReader(tmp_path, {"a.ring": 3}).poll()) == [3, 4]


def test_overwritten_records_are_counted_as_lost(tmp_path):
    ring = tmp_path / "a.ring"
    make_ring(ring, marks(1, 2), pid=_dead())
    put(ring, marks(*range(3, 31)))
    (batch,) = RingReader(tmp_path).poll()
    assert (read([batch]), batch.lost, batch.next) == (list(range(15, 31)), 14, 31)


def test_a_torn_slot_of_a_dead_process_is_passed_and_counted(tmp_path):
    make_ring(tmp_path / "a.ring", marks(1, 2, 4, 5, 9), pid=_dead())
    (batch,) = RingReader(tmp_path).poll()
    assert (read([batch]), batch.torn, batch.ended) == ([1, 2, 4, 5, 9], 4, True)


def test_a_hole_of_a_living_process_is_waited_for_then_passed(tmp_path):
    make_ring(tmp_path / "a.ring", marks(1, 3))
    reader = RingReader(tmp_path)
    assert read(reader.poll()) == [1]
    assert reader.poll() == []
    time.sleep(HOLE / 1e9 + 0.02)
    (batch,) = reader.poll()
    assert (read([batch]), batch.torn) == ([3], 1)


def test_a_hole_that_is_filled_is_no_hole(tmp_path):
    ring = tmp_path / "a.ring"
    make_ring(ring, marks(1, 3))
    reader = RingReader(tmp_path)
    reader.poll()
    put(ring, marks(2))
    (batch,) = reader.poll()
    assert (read([batch]), batch.torn) == ([2, 3], 0)


def test_the_end_of_a_process_is_said_once(tmp_path):
    make_ring(tmp_path / "a.ring", marks(1), pid=_dead())
    reader = RingReader(tmp_path)
    assert [batch.ended for batch in reader.poll()] == [True]
    assert reader.poll() == []
    assert reader.live() == []


def _dead() -> int:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("notes.txt", b"hello", "does not end in .ring"),
        ("a.ring", b"HOPRING1", "shorter than a header"),
        ("a.ring", b"x" * 9000, "does not begin with HOPRING1"),
        ("a.ring", layout.MAGIC + b"\x63\0\0\0" + bytes(9000), "version 99"),
    ],
)
def test_a_foreign_file_is_left_out_with_a_sentence(tmp_path, name, data, says):
    path = tmp_path / name
    path.write_bytes(data)
    os.utime(path, (1, 1))
    reader = RingReader(tmp_path)
    assert reader.poll() == reader.poll() == []
    (note,) = reader.notes
    assert says in note
    assert str(path) in note


def test_a_ring_cut_short_is_left_out(tmp_path):
    make_ring(tmp_path / "a.ring", {}, capacity=16)
    os.truncate(tmp_path / "a.ring", layout.HEADER + 3 * layout.SLOT)
    os.utime(tmp_path / "a.ring", (1, 1))
    reader = RingReader(tmp_path)
    assert reader.poll() == []
    assert "cut short" in reader.notes[0]


def test_a_header_that_is_still_to_come_is_waited_for(tmp_path):
    (tmp_path / "a.ring").write_bytes(bytes(9000))
    reader = RingReader(tmp_path)
    assert reader.poll() == []
    make_ring(tmp_path / "a.ring", marks(1))
    assert read(reader.poll()) == [1]
    assert reader.notes == []


WRITER = """
import mmap, sys, time
from pathlib import Path
from tracer.agent import layout
path, capacity = Path(sys.argv[1]), layout.CAPACITY
with path.open("w+b") as file:
    file.truncate(layout.HEADER + capacity * layout.SLOT)
    ring = mmap.mmap(file.fileno(), 0)
import os
layout.header().pack_into(ring, 0, layout.MAGIC, layout.VERSION, layout.SLOT, capacity, os.getpid(), 0, 0,
                          time.monotonic_ns(), time.time_ns(), b"test", b"")
pack, seq = layout.record(layout.CLOSE).pack_into, 0
while True:
    seq += 1
    at = layout.HEADER + (seq - 1) % capacity * layout.SLOT
    pack(ring, at, layout.CLOSE, 0, 0, seq, 200, *[seq] * 10, seq)
    if seq % 64 == 0:
        time.sleep(0.0005)
"""


@pytest.mark.parametrize("round_", range(3))
def test_a_killed_writer_leaves_no_torn_record(tmp_path, round_):
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path / "w.ring")])
    try:
        reader, got, lost, torn, ended = RingReader(tmp_path), [], 0, 0, False
        deadline = time.monotonic() + 20
        while not ended and time.monotonic() < deadline:
            if len(got) > 3000 * (round_ + 1) and writer.poll() is None:
                writer.send_signal(signal.SIGKILL)
                writer.wait()
            for batch in reader.poll():
                got += batch.records
                lost, torn, ended = lost + batch.lost, torn + batch.torn, ended or batch.ended
            time.sleep(0.01)
    finally:
        writer.kill()
        writer.wait()
    assert ended
    numbers = [record.seq for record in got]
    assert numbers == sorted(set(numbers))
    assert len(numbers) + lost + torn == numbers[-1]
    assert all({*record[5:-1]} == {record.seq} for record in got)
    assert torn <= 1
