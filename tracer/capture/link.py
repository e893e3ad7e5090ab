"""Link layers: where the network layer starts in each frame, and which it is (an EtherType).

A link type is a row of `LINKS`. Everything works on columns: `at` and `end` are places in the data, shape
(n,); a frame too short for its header gets the EtherType `NONE`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tracer.capture.records import I8, gather

IPV4, IPV6, NONE = 0x0800, 0x86DD, 0
VLANS = (0x8100, 0x88A8, 0x9100)
DEEPEST = 8  # VLAN tags in a stack
FAMILIES_V4, FAMILIES_V6 = (2,), (10, 24, 28, 30)
"""AF_INET and AF_INET6 as the systems number them that write loopback captures."""

BYTE = np.dtype([("value", "u1")])
SHORT = np.dtype([("value", ">u2")])
LITTLE, BIG = np.dtype([("value", "<u4")]), np.dtype([("value", ">u4")])

Network = tuple[I8, I8]
"""Where the network header starts, and its EtherType."""
Link = Callable[[bytes, I8, I8], Network]


def read(data: bytes, at: I8, end: I8, layout: np.dtype[Any]) -> I8:
    """Read one number at each place; -1 where the frame has ended before."""
    there = at + layout.itemsize <= end
    value = np.full(len(at), -1, np.int64)
    value[there] = gather(data, at[there], layout)["value"]
    return value


def _tagged(header: int, kind_at: int) -> Link:
    """Make a link layer of fixed length with an EtherType in it, which VLAN tags may follow."""

    def link(data: bytes, at: I8, end: I8) -> Network:
        return _past_vlans(data, at + header, end, read(data, at + kind_at, end, SHORT))

    return link


def _past_vlans(data: bytes, at: I8, end: I8, kind: I8) -> Network:
    for _ in range(DEEPEST):
        tagged = np.isin(kind, VLANS)
        if not tagged.any():
            break
        kind = kind.copy()
        kind[tagged] = read(data, at[tagged] + 2, end[tagged], SHORT)
        at = np.where(tagged, at + 4, at)
    return at, kind


def _raw(data: bytes, at: I8, end: I8) -> Network:
    version = read(data, at, end, BYTE) >> 4
    return at, np.where(version == 4, IPV4, np.where(version == 6, IPV6, NONE))


def _loopback(data: bytes, at: I8, end: I8) -> Network:
    """BSD loopback: the address family in four bytes, of either order."""
    little, big = read(data, at, end, LITTLE), read(data, at, end, BIG)
    v4 = np.isin(little, FAMILIES_V4) | np.isin(big, FAMILIES_V4)
    v6 = np.isin(little, FAMILIES_V6) | np.isin(big, FAMILIES_V6)
    return at + 4, np.where(v4, IPV4, np.where(v6, IPV6, NONE))


LINKS: dict[int, Link] = {
    0: _loopback,  # NULL
    1: _tagged(14, 12),  # ETHERNET
    12: _raw,  # RAW as BSD,
    14: _raw,  # as OpenBSD,
    101: _raw,  # and as everybody else numbers it
    108: _loopback,  # LOOP
    113: _tagged(16, 14),  # LINUX_SLL: what `-i any` gave
    228: _raw,  # IPV4
    229: _raw,  # IPV6
    276: _tagged(20, 0),  # LINUX_SLL2: what `-i any` gives
}
"""LINKTYPE_ number -> its link layer."""
