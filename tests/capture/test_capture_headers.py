"""Layer 2: headers to columns, with scapy reading the same files as the judge."""

from __future__ import annotations

import random
import struct
from itertools import pairwise

import pytest
from capture_files import pcap, pcapng
from capture_packets import ACK, CLIENT, FIN, PSH, RST, SERVER, SYN, ethernet, frame, ipv4, ipv6, tcp
from scapy.layers.inet import IP, TCP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Ether
from scapy.utils import rdpcap

from tracer.capture import Capture, Dissector, address

CLIENT6, SERVER6 = ("fd00::1", 40112), ("2001:db8::2", 80)
SEGMENT = tcp(
    CLIENT, SERVER, 17, 23, ACK | PSH, b"GET / HTTP/1.1\r\n\r\n", 777, options=b"\1\1\x08\x0a" + b"t" * 8
)
V4, V6 = ipv4(CLIENT, SERVER, SEGMENT), ipv6(CLIENT6, SERVER6, SEGMENT)
COOKED = struct.pack(">HHH8s", 0, 772, 6, b"\2" * 8)
LOOPS = {
    "<": struct.pack("<I", 2),
    ">": struct.pack(">I", 2),
    "<6": struct.pack("<I", 10),
    ">6": struct.pack(">I", 30),
}
# name: (link type, frame)
LINKS = {
    "ethernet": (1, ethernet(V4)),
    "ethernet, IPv6": (1, ethernet(V6, 0x86DD)),
    "ethernet, padded": (1, ethernet(ipv4(CLIENT, SERVER, tcp(CLIENT, SERVER, 1))) + bytes(6)),
    "VLAN": (1, ethernet(V4, tags=(0x8100,))),
    "VLAN in VLAN": (1, ethernet(V6, 0x86DD, tags=(0x88A8, 0x8100))),
    "VLANs, old": (1, ethernet(V4, tags=(0x8100, 0x8100, 0x8100))),
    "cooked": (113, COOKED + b"\x08\x00" + V4),
    "cooked, IPv6": (113, COOKED + b"\x86\xdd" + V6),
    "cooked v2": (276, b"\x08\x00" + struct.pack(">HIHBB8s", 0, 1, 772, 0, 6, b"\2" * 8) + V4),
    "cooked v2, IPv6": (276, b"\x86\xdd" + struct.pack(">HIHBB8s", 0, 1, 772, 0, 6, b"\2" * 8) + V6),
    "null": (0, LOOPS["<"] + V4),
    "null, big-endian": (0, LOOPS[">"] + V4),
    "null, IPv6": (0, LOOPS["<6"] + V6),
    "loop, IPv6": (108, LOOPS[">6"] + V6),
    "raw": (101, V4),
    "raw, IPv6": (101, V6),
    "ipv4": (228, V4),
    "ipv6": (229, V6),
    "IP options": (1, ethernet(ipv4(CLIENT, SERVER, SEGMENT, options=b"\1" * 8))),
    "jumbo": (1, ethernet(ipv4(CLIENT, SERVER, tcp(CLIENT, SERVER, 5, payload=b"j" * 60_000)))),
}


def dissected(tmp_path, data):
    """Give (what each segment says, the reasons for frames without one)."""
    path = tmp_path / "x.pcap"
    path.write_bytes(data)
    dissector, rows = Dissector(), []
    for records in Capture(str(path)):
        s = dissector(records)
        for i in range(len(s)):
            source = address(int(s.src_high[i]), int(s.src_low[i]))
            target = address(int(s.dst_high[i]), int(s.dst_low[i]))
            numbers = (s.sport, s.dport, s.seq, s.ack, s.flags, s.window, s.length)
            said = (source, target, *(int(column[i]) for column in numbers), bytes(s.payload(i)))
            rows.append((int(s.frame[i]), int(s.time[i]), *said))
    return rows, {why: count for why, count in dissector.counts.items() if count}


def by_scapy(path):
    """Give what scapy reads of the same file."""
    rows = []
    for number, packet in enumerate(rdpcap(str(path)), 1):
        if TCP not in packet:
            continue
        t, ip = packet[TCP], packet[IP] if IP in packet else packet[IPv6]
        payload = t.original[t.dataofs * 4 :][: _length(ip, t)]  # its payload may be dissected by a port
        time = round(packet.time * 10**9)
        rows.append(
            (
                number,
                time,
                ip.src,
                ip.dst,
                t.sport,
                t.dport,
                t.seq,
                t.ack,
                int(t.flags),
                t.window,
                _length(ip, t),
                payload,
            )
        )
    return rows


def _length(ip, t):
    before = len(ip) - len(t)
    if ip.version == 4:
        return (ip.len or len(ip)) - before - t.dataofs * 4
    return ip.plen + 40 - before - t.dataofs * 4


@pytest.mark.parametrize("case", LINKS.values(), ids=LINKS)
def test_link_types_as_scapy_reads_them(tmp_path, case):
    link, packet = case
    rows, counts = dissected(tmp_path, pcap([packet, packet], link=link))
    assert len(rows) == 2
    assert counts == {}
    judged = by_scapy(tmp_path / "x.pcap")
    if link not in (108, 228, 229):  # scapy has no dissector for these numbers on Linux
        assert rows == judged


def test_many_random_segments_as_scapy_reads_them(tmp_path):
    rng = random.Random(11)
    frames = []
    for _ in range(400):
        ends = [CLIENT, SERVER] if rng.random() < 0.5 else [CLIENT6, SERVER6]
        rng.shuffle(ends)
        seq, ack = rng.getrandbits(32), rng.getrandbits(32)
        flags = rng.choice([ACK, ACK | PSH, SYN, SYN | ACK, FIN | ACK, RST, ACK | PSH | 0x1C0])
        frames.append(
            frame(*ends, seq, ack, flags, rng.randbytes(rng.choice([0, 1, 300, 1460])), rng.getrandbits(16))
        )
    for data in (pcap(frames), pcapng(frames, resolution=6)):
        rows, counts = dissected(tmp_path, data)
        assert rows == by_scapy(tmp_path / "x.pcap")
        assert len(rows) == 400
        assert counts == {}


def extension(following, length, body=b""):
    return bytes([following, length]) + body.ljust(length * 8 + 6, b"\0")


EXTENSIONS = {
    "hop by hop": (0, extension(6, 0)),
    "routing": (43, extension(6, 2)),
    "destination twice": (60, extension(60, 1) + extension(6, 0)),
    "authentication": (51, bytes([6, 4]) + bytes(22)),
    "atomic fragment": (44, struct.pack(">BBHI", 6, 0, 0, 99)),
    "all of them": (
        0,
        extension(43, 0)
        + extension(44, 0)
        + struct.pack(">BBHI", 51, 0, 0, 99)
        + bytes([60, 4])
        + bytes(22)
        + extension(6, 1),
    ),
}


@pytest.mark.parametrize("case", EXTENSIONS.values(), ids=EXTENSIONS)
def test_ipv6_extension_headers(tmp_path, case):
    first, headers = case
    packet = ethernet(ipv6(CLIENT6, SERVER6, headers + SEGMENT, following=first), 0x86DD)
    rows, counts = dissected(tmp_path, pcap([packet]))
    plain, _ = dissected(tmp_path, pcap([ethernet(V6, 0x86DD)]))
    assert rows == plain
    assert counts == {}


OFFLOADED = {
    "IPv4": ethernet(ipv4(CLIENT, SERVER, SEGMENT, total=0)),
    "IPv6": ethernet(ipv6(CLIENT6, SERVER6, SEGMENT, payload=0), 0x86DD),
}


@pytest.mark.parametrize("packet", OFFLOADED.values(), ids=OFFLOADED)
def test_an_ip_length_of_zero_means_the_whole_frame(tmp_path, packet):
    rows, _ = dissected(tmp_path, pcap([packet]))
    assert rows[0][-2:] == (18, b"GET / HTTP/1.1\r\n\r\n")


@pytest.mark.parametrize("snap", [54, 60, 66, 70, 83, 84])
def test_a_snapped_payload_keeps_its_length(tmp_path, snap):
    rows, counts = dissected(tmp_path, pcap([ethernet(V4)], snap=snap))
    assert rows[0][-2:] == (18, b"GET / HTTP/1.1\r\n\r\n"[: max(0, snap - 66)])
    assert counts == {}


def fragments(source, body, cuts, number=7):
    """Cut the payload of a datagram into fragments, IPv4 or IPv6 as the addresses are."""
    edges = [0, *cuts, len(body)]
    frames = []
    for begin, end in pairwise(edges):
        more = end < len(body)
        if ":" in source[0]:
            head = struct.pack(">BBHI", 6, 0, begin | more, number)
            frames.append(ethernet(ipv6(source, SERVER6, head + body[begin:end], following=44), 0x86DD))
        else:
            bits = more << 13 | begin // 8
            frames.append(ethernet(ipv4(source, SERVER, body[begin:end], number=number, fragment=bits)))
    return frames


@pytest.mark.parametrize("source", [CLIENT, CLIENT6], ids=["IPv4", "IPv6"])
@pytest.mark.parametrize("seed", range(8))
def test_fragments_in_any_order_doubled_and_mixed(tmp_path, source, seed):
    rng = random.Random(seed)
    bodies = [tcp(source, SERVER, 1000 * n, payload=rng.randbytes(400)) for n in range(3)]
    frames = [f for n, body in enumerate(bodies) for f in fragments(source, body, (8, 64, 200, 208), n + 1)]
    frames += [frames[3]]
    rng.shuffle(frames)
    rows, counts = dissected(tmp_path, pcap([frame(CLIENT, SERVER, 5), *frames, frame(CLIENT, SERVER, 6)]))
    assert sorted(row[-1] for row in rows[1:-1]) == sorted(body[20:] for body in bodies)
    assert counts == {"fragment": len(frames)}
    assert [row[0] for row in rows] == sorted(row[0] for row in rows)


def test_overlapping_fragments_give_the_first_copy(tmp_path):
    body = tcp(CLIENT, SERVER, 1, payload=bytes(range(100)))
    one, two = fragments(CLIENT, body, (64,))
    liar = ethernet(ipv4(CLIENT, SERVER, b"L" * 80, number=7, fragment=1 << 13 | 1))
    rows, _ = dissected(tmp_path, pcap([one, liar, two]))
    assert rows[0][-1] == bytes(range(44)) + b"L" * 24 + bytes(range(68, 100))


def test_a_fragment_that_is_missing_gives_nothing(tmp_path):
    one, _, three = fragments(CLIENT, SEGMENT, (8, 16))
    assert dissected(tmp_path, pcap([one, three])) == ([], {"fragment": 2})


def test_snapped_fragments_give_what_is_there(tmp_path):
    body = tcp(CLIENT, SERVER, 1, payload=b"abcdefgh" * 20)
    rows, _ = dissected(tmp_path, pcap(fragments(CLIENT, body, (80,)), snap=14 + 20 + 40))
    assert rows[0][-2:] == (160, b"abcdefgh" * 2 + b"abcd")


OTHERS = {
    "not IP": ethernet(b"arp" * 20, 0x0806),
    "not TCP": ethernet(ipv4(CLIENT, SERVER, SEGMENT, protocol=17)),
    "cut": ethernet(V4)[:50],
    "malformed": ethernet(ipv4(CLIENT, SERVER, SEGMENT, total=19)),
}


@pytest.mark.parametrize("why", OTHERS)
def test_frames_without_a_segment_are_counted(tmp_path, why):
    whole = ethernet(V4)
    rows, counts = dissected(tmp_path, pcap([whole, OTHERS[why], whole]))
    assert [row[0] for row in rows] == [1, 3]
    assert counts == {why: 1}


def test_a_link_type_that_is_not_known_is_counted_by_number(tmp_path):
    assert dissected(tmp_path, pcap([b"usb" * 30] * 3, link=220)) == ([], {"link type 220": 3})


def test_scapy_reads_what_the_writers_write(tmp_path):
    for name, data in (("a.pcap", pcap([ethernet(V4)])), ("a.pcapng", pcapng([ethernet(V4)]))):
        (tmp_path / name).write_bytes(data)
        (packet,) = rdpcap(str(tmp_path / name))
        assert bytes(packet) == ethernet(V4)
        assert isinstance(packet, Ether)
