"""Layer 1: every form a capture file comes in gives the same rows."""

from __future__ import annotations

import gzip
import io
import os
import random
import struct
import threading

import pytest
import zstandard
from capture_files import pcap, pcapng, read, read_bytes
from capture_packets import MS, START

from tracer.capture import Capture, CaptureError, PcapngWriter

FRAMES = [bytes([number]) * (40 + 7 * number) for number in range(30)]
ROWS = [(n + 1, START + n * MS, frame, len(frame)) for n, frame in enumerate(FRAMES)]
FORMS = {
    "pcap ns": pcap(FRAMES),
    "pcap us": pcap(FRAMES, ticks=10**6),
    "pcap big-endian": pcap(FRAMES, order=">"),
    "pcap big-endian us": pcap(FRAMES, order=">", ticks=10**6),
    "pcapng": pcapng(FRAMES),
    "pcapng us": pcapng(FRAMES, resolution=6),
    "pcapng big-endian": pcapng(FRAMES, order=">"),
    "pcapng ps": pcapng(FRAMES, resolution=10),
}
FORM = pytest.mark.parametrize("data", FORMS.values(), ids=FORMS)
SIZES = pytest.mark.parametrize("chunk", [1, 7, 100, 1 << 22])


@FORM
@SIZES
def test_a_file_of_any_form_in_chunks_of_any_size(tmp_path, data, chunk):
    assert read_bytes(tmp_path, data, chunk=chunk) == (ROWS, [])


@FORM
@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress], ids=["gz", "zst"])
def test_a_packed_file(tmp_path, data, pack):
    assert read_bytes(tmp_path, pack(data)) == (ROWS, [])


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress], ids=["gz", "zst"])
def test_a_packed_file_of_several_members(tmp_path, pack):
    data = FORMS["pcapng"]
    assert read_bytes(tmp_path, pack(data[:500]) + pack(data[500:900]) + pack(data[900:])) == (ROWS, [])


def test_padding_after_a_gzip_file_is_no_fault(tmp_path):
    assert read_bytes(tmp_path, gzip.compress(FORMS["pcap ns"]) + bytes(40_000)) == (ROWS, [])


NOISE = [random.Random(number).randbytes(500) for number in range(600)]
"""Packets that cannot be packed, the same in every run."""


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress], ids=["gz", "zst"])
def test_a_packed_file_cut_in_the_middle(tmp_path, pack):
    data = pcap(NOISE)
    packed = pack(data)
    whole, _ = read_bytes(tmp_path, data)
    rows, faults = read_bytes(tmp_path, packed[: len(packed) // 2])
    assert rows == whole[: len(rows)]
    assert 200 < len(rows) <= 300
    assert faults[0].endswith("data stop in the middle")
    assert f"frame {len(rows) + 1}, byte {24 + len(rows) * 516}: " in faults[0]


def test_a_damaged_gzip_file_gives_what_stands_before_the_damage(tmp_path):
    data = pcap(NOISE)
    packed = bytearray(gzip.compress(data, mtime=0))
    packed[200_000:200_100] = bytes(100)
    rows, faults = read_bytes(tmp_path, bytes(packed))
    assert 300 < len(rows) < 600
    assert "gzip data are damaged" in faults[-1] or "damaged" in faults[-1]


@FORM
def test_a_pipe(data):
    out, into = os.pipe()

    def write():
        with open(into, "wb", buffering=0) as file:
            file.writelines(data[at : at + 97] for at in range(0, len(data), 97))

    thread = threading.Thread(target=write)
    thread.start()
    try:
        assert read(f"/dev/fd/{out}") == (ROWS, [])
    finally:
        thread.join()
        os.close(out)


@FORM
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gz"])
def test_a_file_still_being_written(tmp_path, data, pack):
    data = pack(data)
    path = tmp_path / "live.pcap"
    path.write_bytes(data[:10])
    written = [10]

    def wait():
        if written[0] >= len(data):
            return False
        with path.open("ab") as file:
            file.write(data[written[0] : written[0] + 50])
        written[0] += 50
        return True

    seen = [(len(records), written[0]) for records in Capture(str(path), wait=wait)]
    assert sum(count for count, _ in seen) == len(FRAMES)
    if pack is bytes:
        assert seen[0][1] < 400, "frames come while the file grows, not at its end"


@FORM
def test_a_capture_cut_at_any_byte_gives_what_was_before(tmp_path, data):
    path = tmp_path / "cut.pcap"
    whole = data[:600]
    counts = []
    for cut in range(len(whole)):
        path.write_bytes(data[:cut])
        try:
            rows, faults = read(path)
        except CaptureError as error:
            assert cut < 24, error
            continue
        assert rows == ROWS[: len(rows)]
        assert len(faults) <= 1
        assert not faults or f"frame {len(rows) + 1}, byte " in faults[0]
        counts.append((len(rows), bool(faults)))
    assert counts == sorted(counts, key=lambda pair: pair[0])
    assert counts[-1][0] >= 5
    assert {faulty for _, faulty in counts} == {True, False}


def damaged(data, at, rubbish):
    return data[:at] + rubbish + data[at + len(rubbish) :]


@pytest.mark.parametrize("name", ["pcap ns", "pcap big-endian us", "pcapng", "pcapng big-endian"])
@SIZES
def test_after_damage_the_rest_is_read(tmp_path, name, chunk):
    data = FORMS[name]
    rows, faults = read_bytes(tmp_path, damaged(data, 1000, b"\xff" * 150), chunk=chunk)
    packets = [packet for _, _, packet, _ in rows]
    intact = [frame for frame in FRAMES if frame in packets]
    assert len(intact) >= len(FRAMES) - 4
    assert len(faults) == 1
    assert "bytes were skipped" in faults[0]
    assert "byte " in faults[0]
    assert "frame " in faults[0]


def test_the_snap_length_keeps_the_length_on_the_wire(tmp_path):
    rows, faults = read_bytes(tmp_path, pcap(FRAMES, snap=50))
    assert [(packet, length) for _, _, packet, length in rows] == [(f[:50], len(f)) for f in FRAMES]
    assert faults == []


def test_several_sections_interfaces_and_clocks(tmp_path):
    file = io.BytesIO()
    for order in "<>":
        writer = PcapngWriter(file, order=order)
        writer.interface(1, "eth0", resolution=6)
        writer.interface(113, "any", resolution=9)
        writer.secrets(b"CLIENT_RANDOM 00 11\n")
        writer.write(b"one", START + 1000, interface=0)
        writer.write(b"two", START + 1, interface=1)
        writer.write(b"three", START + 2000, interface=0)
        writer.drops(17, START, interface=1)
    path = tmp_path / "many.pcapng"
    path.write_bytes(file.getvalue())
    capture = Capture(str(path))
    (records,) = capture
    assert records.time.tolist() == [START + 1000, START + 1, START + 2000] * 2
    assert records.interface.tolist() == [0, 1, 0, 2, 3, 2]
    assert records.link.tolist() == [1, 113, 1] * 2
    assert [i.name for i in capture.interfaces] == ["eth0", "any"] * 2
    assert capture.secrets == [b"CLIENT_RANDOM 00 11\n"] * 2
    assert capture.drops == {1: 17, 3: 17}
    assert capture.faults == []


def block(kind, body, order="<"):
    body += bytes(-len(body) % 4)
    ends = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + ends + body + ends


SHB = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))


def idb(options=b"", snap=0):
    return block(1, struct.pack("<HHI", 1, 0, snap) + options)


def epb(packet, stamp=0, interface=0, captured=None):
    captured = len(packet) if captured is None else captured
    fields = (interface, stamp >> 32, stamp & 0xFFFFFFFF, captured, len(packet))
    return block(6, struct.pack("<5I", *fields) + packet)


def option(code, value):
    return struct.pack("<HH", code, len(value)) + value + bytes(-len(value) % 4)


def test_simple_and_old_packet_blocks_and_unknown_ones(tmp_path):
    old = block(2, struct.pack("<HHIIII", 0, 9, 0, 5, 3, 60) + b"old")
    simple = block(3, struct.pack("<I", 80) + b"s" * 50)
    rest = block(3, struct.pack("<I", 9) + b"s" * 9)
    rows, faults = read_bytes(tmp_path, SHB + idb(snap=50) + old + block(0xBAD, b"?") + simple + old + rest)
    assert rows == [
        (1, 5000, b"old", 60),
        (2, -1, b"s" * 50, 80),
        (3, 5000, b"old", 60),
        (4, -1, b"s" * 9, 9),
    ]
    assert faults == []


CLOCKS = {
    "default": (b"", 1_500_000, 1_500_000_000),
    "seconds": (option(9, b"\x00"), 1_700_000_000, START),
    "ps": (option(9, b"\x0c"), 1_500_000_000_000, 1_500_000_000),
    "1/1024": (option(9, b"\x8a"), 1536, 1_500_000_000),
    "2**-32": (option(9, b"\xa0"), 3 << 31, 1_500_000_000),
    "2**-60": (option(9, b"\xbc"), 3 << 59, 1_500_000_000),
    "shifted": (option(14, struct.pack("<q", 1_700_000_000)), 5, START + 5000),
    "no such clock": (option(9, b"\x7f"), 5, -1),
    "beyond all years": (b"", 2**64 - 1, -1),
}


@pytest.mark.parametrize("case", CLOCKS.values(), ids=CLOCKS)
def test_clocks(tmp_path, case):
    options, stamp, time = case
    rows, faults = read_bytes(tmp_path, SHB + idb(options) + epb(b"x", stamp))
    assert rows == [(1, time, b"x", 1)]
    assert faults == []


def test_a_block_that_contradicts_itself_is_left_out_and_told(tmp_path):
    data = SHB + idb() + epb(b"one") + epb(b"two", interface=7) + epb(b"3", captured=900) + epb(b"four")
    rows, faults = read_bytes(tmp_path, data)
    assert [(number, packet) for number, _, packet, _ in rows] == [(1, b"one"), (4, b"four")]
    assert len(faults) == 2
    assert "frame 2, byte 84: the packet names an interface that was not declared" in faults[0]
    assert "frame 3, byte 120: the packet says that 900 bytes were captured" in faults[1]


NOT_CAPTURES = {
    "empty": (b"", "is empty"),
    "text": (b"hello, this is no capture at all", "neither pcap nor pcapng: it begins with 68 65 6c 6c"),
    "xz": (b"\xfd7zXZ\0 and so on and so on and so on", "is xz: unpack it first"),
    "short": (FORMS["pcap ns"][:11], "the file stops in its header, 11 bytes are there"),
    "short pcapng": (FORMS["pcapng"][:11], "the file stops in its header, 11 bytes are there"),
    "no order": (SHB[:8] + b"????" + SHB[12:], "no byte-order magic"),
    "cut gz": (gzip.compress(FORMS["pcap ns"])[:12], "before its file header was whole"),
}


@pytest.mark.parametrize("case", NOT_CAPTURES.values(), ids=NOT_CAPTURES)
def test_what_is_no_capture_is_told_in_one_sentence(tmp_path, case):
    data, why = case
    with pytest.raises(CaptureError) as caught:
        read_bytes(tmp_path, data)
    said = str(caught.value)
    assert said.startswith(str(tmp_path / "x.pcap") + ": ")
    assert why in said
    assert "\n" not in said


@pytest.mark.parametrize("name", ["missing.pcap", ".", "a\0b"])
def test_what_cannot_be_opened(tmp_path, name):
    with pytest.raises(CaptureError, match=r"cannot be opened|is a folder"):
        Capture(f"{tmp_path}/{name}")
