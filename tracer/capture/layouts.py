"""The headers of IPv4, IPv6 and TCP, as numpy layouts. All fields are in network order."""

from __future__ import annotations

import numpy as np

IPV4 = np.dtype(
    [
        ("version_words", "u1"),  # version, and the header's length in words of four bytes
        ("service", "u1"),
        ("total", ">u2"),  # header and payload; 0 where the network card was to fill it in
        ("id", ">u2"),
        ("fragment", ">u2"),  # flags, and the offset in units of eight bytes
        ("ttl", "u1"),
        ("protocol", "u1"),
        ("checksum", ">u2"),  # never verified: on loopback and with offload it is not filled in
        ("src", ">u4"),
        ("dst", ">u4"),
    ]
)
MORE_FRAGMENTS, FRAGMENT_OFFSET = 0x2000, 0x1FFF

IPV6 = np.dtype(
    [
        ("version_class_flow", ">u4"),
        ("payload", ">u2"),  # all after this header; 0 for a jumbogram
        ("next", "u1"),
        ("hops", "u1"),
        ("src_high", ">u8"),
        ("src_low", ">u8"),
        ("dst_high", ">u8"),
        ("dst_low", ">u8"),
    ]
)

EXTENSION = np.dtype([("next", "u1"), ("length", "u1"), ("fragment", ">u2"), ("id", ">u4")])
"""The first eight bytes of any IPv6 extension header; the last two fields are of a fragment header."""
HOP_BY_HOP, ROUTING, FRAGMENT, AUTHENTICATION, DESTINATION = 0, 43, 44, 51, 60
V6_MORE, V6_OFFSET = 0x0001, 0xFFF8

TCP = np.dtype(
    [
        ("sport", ">u2"),
        ("dport", ">u2"),
        ("seq", ">u4"),
        ("ack", ">u4"),
        ("words_flags", ">u2"),  # the header's length in words of four bytes, and the flags
        ("window", ">u2"),  # as sent, not scaled
        ("checksum", ">u2"),
        ("urgent", ">u2"),
    ]
)
FIN, SYN, RST, PSH, ACK = 0x01, 0x02, 0x04, 0x08, 0x10

TCP_PROTOCOL = 6
MAPPED = 0xFFFF_0000_0000
"""The low half of an IPv4 address that is written as an IPv6 one, ::ffff:a.b.c.d, before the address."""
