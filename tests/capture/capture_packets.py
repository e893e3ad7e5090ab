"""Frames for tests, made by hand: Ethernet or another link, IPv4 or IPv6, TCP."""

from __future__ import annotations

import struct
from ipaddress import ip_address

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
CLIENT, SERVER = ("10.0.0.1", 40112), ("10.0.0.2", 80)
START = 1_700_000_000_000_000_000
MS = 1_000_000


def tcp(src, dst, seq, ack=0, flags=ACK, payload=b"", window=512, options=b""):
    words = 5 + len(options) // 4
    head = struct.pack(
        ">HHIIHHHH", src[1], dst[1], seq % 2**32, ack % 2**32, words << 12 | flags, window, 0, 0
    )
    return head + options + payload


def ipv4(src, dst, body, *, number=1, fragment=0, protocol=6, total=None, options=b""):
    total = 20 + len(options) + len(body) if total is None else total
    first = 0x45 + len(options) // 4
    ends = ip_address(src[0]).packed + ip_address(dst[0]).packed
    return (
        struct.pack(">BBHHHBBH", first, 0, total, number, fragment, 64, protocol, 0) + ends + options + body
    )


def ipv6(src, dst, body, *, following=6, payload=None):
    payload = len(body) if payload is None else payload
    ends = ip_address(src[0]).packed + ip_address(dst[0]).packed
    return struct.pack(">IHBB", 6 << 28, payload, following, 64) + ends + body


def ethernet(body, kind=0x0800, tags=()):
    stack = b"".join(struct.pack(">HH", tag, 7) for tag in tags)
    return b"\x02" * 12 + stack + struct.pack(">H", kind) + body


def frame(src, dst, seq, ack=0, flags=ACK, payload=b"", window=512):
    """An Ethernet frame with IPv4 or IPv6 as the addresses are."""
    segment = tcp(src, dst, seq, ack, flags, payload, window)
    if ":" in src[0]:
        return ethernet(ipv6(src, dst, segment), 0x86DD)
    return ethernet(ipv4(src, dst, segment))


class Talk:
    """Writes the frames of one connection down, with its sequence numbers kept in order."""

    def __init__(self, client=CLIENT, server=SERVER, seq=1000, ack=9000):
        self.ends, self.seq, self.frames = (client, server), [seq, ack], []

    def send(self, way, payload=b"", flags=ACK, *, at=None, window=512):
        """Send in a direction; `at` is an offset before or after the due one, which then does not move."""
        seq = self.seq[way] + (at or 0)
        src, dst = self.ends[way], self.ends[1 - way]
        self.frames.append(frame(src, dst, seq, self.seq[1 - way], flags, payload, window))
        if at is None and not flags & RST:
            self.seq[way] += len(payload) + bool(flags & SYN) + bool(flags & FIN)
        return self

    def open(self):
        self.send(0, flags=SYN).send(1, flags=SYN | ACK)
        return self.send(0)

    def close(self):
        self.send(0, flags=FIN | ACK).send(1, flags=FIN | ACK)
        return self.send(0)
