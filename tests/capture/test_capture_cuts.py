"""Captures cut at every byte, and damaged ones: what can be read is, and it takes no more memory."""

from __future__ import annotations

import os
import random
import resource
import subprocess
import sys

import pytest
from capture_packets import ACK, CLIENT, FIN, SERVER, SYN, ipv4, tcp

from tracer.analysis.listing import records
from tracer.assemble.packets import recording_of
from tracer.capture import Capture, CaptureError, PcapngWriter, PcapWriter

LONG = bool(os.environ.get("HOPSCOPE_LONG"))
START, MS = 1_700_000_000_000_000_000, 1_000_000
ALLOWED = 64 << 20
LINKS = {
    0: b"\x02\0\0\0",
    1: b"\2" * 12 + b"\x08\x00",
    12: b"",
    101: b"",
    108: b"\0\0\0\x02",
    113: b"\0\0\0\x01\0\x06" + bytes(8) + b"\x08\x00",
    228: b"",
    276: b"\x08\x00" + bytes(18),
}
"""Link type -> what stands before an IPv4 packet."""


def packets():
    """Two exchanges of one connection, from SYN to FIN, as IPv4 packets."""
    seq = [100, 900]

    def send(way, flags, payload=b""):
        ends = (CLIENT, SERVER) if way == 0 else (SERVER, CLIENT)
        packet = ipv4(*ends, tcp(*ends, seq[way], seq[1 - way], flags, payload))
        seq[way] += len(payload) + bool(flags & (SYN | FIN))
        return packet

    yield send(0, SYN)
    yield send(1, SYN | ACK)
    for number in range(2):
        yield send(0, ACK, b"GET /%d HTTP/1.1\r\nHost: h\r\n\r\n" % number)
        yield send(1, ACK, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    yield send(0, FIN | ACK)
    yield send(1, FIN | ACK)


def write(path, link, kind):
    """Write them; give for each exchange the bytes of the file after which it is whole."""
    ends = []
    with path.open("wb") as file:
        if kind == "pcap":
            writer = PcapWriter(file, link)
        else:
            writer = PcapngWriter(file)
            writer.interface(link)
        for number, packet in enumerate(packets()):
            writer.write(LINKS[link] + packet, START + number * MS)
            if number in (3, 5):
                ends.append(file.tell())
    return ends


@pytest.mark.parametrize("kind", ["pcap", "pcapng"])
@pytest.mark.parametrize("link", LINKS)
def test_every_cut_gives_the_requests_before_it(link, kind, tmp_path):
    ends = write(whole := tmp_path / "whole", link, kind)
    data, cut = whole.read_bytes(), tmp_path / "cut"
    step = 1 if LONG else 23
    for size in range(link % step, len(data), step):
        cut.write_bytes(data[:size])
        try:
            recording = recording_of(Capture(str(cut)))
        except CaptureError as error:
            assert size < 60
            assert "\n" not in str(error)
            continue
        assert recording.check() == []
        done = [r["target"] for r in records(recording) if r["outcome"] == "ok"]
        assert done == [f"/{number}" for number, end in enumerate(ends) if end <= size], size


def peak(path):
    """Give the peak memory of reading a file in a process of its own, in bytes."""
    code = (
        "import resource, sys\n"
        "from tracer.assemble.packets import recording_of\n"
        "from tracer.capture import Capture, CaptureError\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "try: recording_of(Capture(sys.argv[1]))\n"
        "except CaptureError: pass\n"
        "print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024)\n"
    )
    limit = 1 << 31

    def bound():
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))

    done = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        capture_output=True,
        check=True,
        timeout=100,
        preexec_fn=bound,
    )
    return int(done.stdout)


@pytest.mark.parametrize("seed", range(20 if LONG else 3))
@pytest.mark.parametrize("kind", ["pcap", "pcapng"])
def test_damage_takes_no_more_memory(kind, seed, tmp_path):
    """Lengths, sequence numbers and bodies' lengths that lie: 64 MB over the file's size at most."""
    write(one := tmp_path / "one", 1, kind)
    data = bytearray(one.read_bytes() * (300 if kind == "pcapng" else 1))
    if kind == "pcap":
        data += data[24:] * 300
    chance = random.Random(seed)
    for _ in range(len(data) // 200):
        data[chance.randrange(24, len(data))] = chance.choice([0, 0x7F, 0xFF, chance.randrange(256)])
    (damaged := tmp_path / "damaged").write_bytes(data)
    assert peak(damaged) < len(data) + ALLOWED
