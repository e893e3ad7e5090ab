"""IPv4 and IPv6: from where a network header stands to where the TCP header stands, by columns."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracer.capture import layouts
from tracer.capture.layouts import AUTHENTICATION, FRAGMENT, MAPPED
from tracer.capture.records import I8, columns_of, gather

U8 = NDArray[np.uint64]
EXTENSIONS = (layouts.HOP_BY_HOP, layouts.ROUTING, FRAGMENT, AUTHENTICATION, layouts.DESTINATION)
DEEPEST = 8  # extension headers in a row


@dataclass(frozen=True, slots=True)
class Places:
    """Where something stands in some of the frames; columns of shape (n,)."""

    row: I8  # of the Records
    at: I8  # its first byte in the data
    end: I8  # where what was captured of it ends
    wire: I8  # where it ended on the wire, counted on from `at`

    def take(self, rows: NDArray[Any]) -> Places:
        """Give some of the rows, by numbers or by a mask."""
        return Places(*(column[rows] for column in columns_of(self).values()))


@dataclass(frozen=True, slots=True)
class Datagrams:
    """What IP carries, and between whom. An IPv4 address is ::ffff:a.b.c.d, in two halves."""

    places: Places
    src_high: U8
    src_low: U8
    dst_high: U8
    dst_low: U8
    protocol: I8  # of the first header at `places.at`
    start: I8  # of a fragment: its place in the datagram, in bytes; else 0
    more: NDArray[np.bool_]  # of a fragment: others follow
    id: I8  # of the datagram; -1 where it is whole

    def take(self, rows: NDArray[Any]) -> Datagrams:
        """Give some of the rows, by numbers or by a mask."""
        return Datagrams(self.places.take(rows), *(column[rows] for column in columns_of(self).values()))


def ipv4(data: bytes, places: Places, counts: Counter[str]) -> Datagrams:
    """Read IPv4 headers. Frames that are cut or make no sense are left out and counted."""
    places = places.take(_counted(places.at + layouts.IPV4.itemsize <= places.end, counts, "cut"))
    head = gather(data, places.at, layouts.IPV4)
    header = (head["version_words"] & 15).astype(np.int64) * 4
    room = places.wire - places.at
    total = np.where(head["total"] == 0, room, np.minimum(head["total"], room))
    right = (head["version_words"] >> 4 == 4) & (header >= layouts.IPV4.itemsize) & (total >= header)
    _counted(right, counts, "malformed")
    flags = head["fragment"].astype(np.int64)
    part = flags & (layouts.MORE_FRAGMENTS | layouts.FRAGMENT_OFFSET) != 0
    high = np.zeros(len(head), np.uint64)
    return Datagrams(
        Places(places.row, places.at + header, np.minimum(places.end, places.at + total), places.at + total),
        high,
        head["src"] | np.uint64(MAPPED),
        high,
        head["dst"] | np.uint64(MAPPED),
        head["protocol"].astype(np.int64),
        (flags & layouts.FRAGMENT_OFFSET) * 8,
        flags & layouts.MORE_FRAGMENTS != 0,
        np.where(part, head["id"].astype(np.int64), -1),
    ).take(right)


def ipv6(data: bytes, places: Places, counts: Counter[str]) -> Datagrams:
    """Read IPv6 headers and go past their extension headers."""
    places = places.take(_counted(places.at + layouts.IPV6.itemsize <= places.end, counts, "cut"))
    head = gather(data, places.at, layouts.IPV6)
    right = _counted(head["version_class_flow"] >> 28 == 6, counts, "malformed")
    places, head = places.take(right), head[right]
    body = places.at + layouts.IPV6.itemsize
    payload = head["payload"].astype(np.int64)
    wire = np.where(payload == 0, places.wire, np.minimum(body + payload, places.wire))
    none = np.zeros(len(head), np.int64)
    whole = Datagrams(
        Places(places.row, body, np.minimum(places.end, wire), wire),
        head["src_high"].astype(np.uint64),
        head["src_low"].astype(np.uint64),
        head["dst_high"].astype(np.uint64),
        head["dst_low"].astype(np.uint64),
        head["next"].astype(np.int64),
        none,
        none != 0,
        none - 1,
    )
    return _past_extensions(data, whole, counts)


def _past_extensions(data: bytes, found: Datagrams, counts: Counter[str]) -> Datagrams:
    for _ in range(DEEPEST):
        more = np.isin(found.protocol, EXTENSIONS) & (found.id < 0)
        if not more.any():
            break
        there = found.places.at + layouts.EXTENSION.itemsize <= found.places.end
        found = found.take(_counted(~more | there, counts, "cut"))
        rows = np.flatnonzero((np.isin(found.protocol, EXTENSIONS)) & (found.id < 0))
        _step(gather(data, found.places.at[rows], layouts.EXTENSION), found, rows)
    return found


def _step(head: NDArray[Any], found: Datagrams, rows: I8) -> None:
    """Go past one extension header, in place (the columns are our own copies)."""
    kind = found.protocol[rows]
    length = (head["length"].astype(np.int64) + 1) * 8
    length = np.where(kind == AUTHENTICATION, (head["length"].astype(np.int64) + 2) * 4, length)
    length = np.where(kind == FRAGMENT, layouts.EXTENSION.itemsize, length)
    bits = head["fragment"].astype(np.int64)
    part = (kind == FRAGMENT) & (bits & (layouts.V6_MORE | layouts.V6_OFFSET) != 0)
    found.places.at[rows] += length
    found.protocol[rows] = head["next"]
    found.start[rows] = np.where(part, bits & layouts.V6_OFFSET, 0)
    found.more[rows] = part & (bits & layouts.V6_MORE != 0)
    found.id[rows] = np.where(part, head["id"].astype(np.int64), -1)


def _counted(right: NDArray[np.bool_], counts: Counter[str], what: str) -> NDArray[np.bool_]:
    """Count the rows that are not right."""
    if wrong := len(right) - int(np.count_nonzero(right)):
        counts[what] += wrong
    return right


def joined(parts: list[Datagrams]) -> Datagrams:
    """Put datagrams under each other."""
    if len(parts) == 1:
        return parts[0]
    places = [list(columns_of(part.places).values()) for part in parts]
    columns = [list(columns_of(part).values()) for part in parts]
    return Datagrams(
        Places(*map(np.concatenate, zip(*places, strict=True))),
        *map(np.concatenate, zip(*columns, strict=True)),
    )
