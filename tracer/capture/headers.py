"""Layer 2: from frames to TCP segments, as columns: one row a segment, in file order.

`Dissector` takes Records and gives Segments; fragments wait for each other in `Fragments`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from ipaddress import IPv6Address
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracer.capture import layouts
from tracer.capture.fragments import Fragments
from tracer.capture.internet import U8, Datagrams, Places, ipv4, ipv6, joined
from tracer.capture.layouts import TCP_PROTOCOL
from tracer.capture.link import IPV4, IPV6, LINKS
from tracer.capture.records import I4, I8, Records, columns_of, gather


@dataclass(frozen=True, slots=True, eq=False)
class Segments:
    """TCP segments; columns have shape (n,).

    Addresses are 128 bits in two halves, IPv4 as ::ffff:a.b.c.d (`address` prints them). Of a payload
    of `length` bytes on the wire, `data[offset : offset + captured]` is there. `data` begins with the
    Records' data, so their offsets hold in it; payloads of fragmented datagrams are added at its end.
    """

    data: bytes
    frame: I8  # of a fragmented datagram, the frame that completed it
    time: I8  # ns since the epoch; -1 not known
    src_high: U8
    src_low: U8
    dst_high: U8
    dst_low: U8
    sport: I4
    dport: I4
    seq: I8
    ack: I8
    flags: I4
    window: I4  # as sent, not scaled
    offset: I8
    captured: I8
    length: I8

    def __len__(self) -> int:
        return len(self.frame)

    def payload(self, row: int) -> memoryview:
        """Give what was captured of a row's payload."""
        start = int(self.offset[row])
        return memoryview(self.data)[start : start + int(self.captured[row])]

    def take(self, rows: NDArray[Any]) -> Segments:
        """Give some of the rows, by numbers or by a mask."""
        return Segments(self.data, *(column[rows] for column in columns_of(self).values()))


def address(high: int, low: int) -> str:
    """Print an address of two halves: "127.0.0.1", "::1"."""
    whole = IPv6Address(high << 64 | low)
    return str(whole.ipv4_mapped or whole)


class Dissector:
    """Turns Records into Segments, chunk after chunk; fragments wait in it for each other.

    `counts` says how many frames gave no segment, by reason: "not IP", "not TCP", "cut" (the snap
    length cut a header), "malformed", "fragment" (each is a part of a datagram, completed or not),
    "link type N".
    """

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._fragments = Fragments()

    def __call__(self, records: Records) -> Segments:
        """Give the TCP segments of a chunk."""
        found = self._network(records)
        whole = found.id < 0
        data = records.data
        if not whole.all():
            data, found = self._reassemble(records, found, whole)
        is_tcp = found.protocol == TCP_PROTOCOL
        self.counts["not TCP"] += len(is_tcp) - int(np.count_nonzero(is_tcp))
        return self._tcp(records, data, found if is_tcp.all() else found.take(is_tcp))

    def _network(self, records: Records) -> Datagrams:
        parts = []
        for number in np.unique(records.link).tolist():
            rows = np.flatnonzero(records.link == number)
            if number in LINKS:
                parts += self._of_link(records, number, rows)
            else:
                self.counts[f"link type {number}"] += len(rows)
        if not parts:
            return ipv4(b"", Places(*(np.empty(0, np.int64),) * 4), self.counts)
        return joined(parts)

    def _of_link(self, records: Records, number: int, rows: I8) -> list[Datagrams]:
        """Read the network headers of the frames of one link type."""
        start, captured = records.offset[rows], records.captured[rows]
        end, wire = start + captured, start + np.maximum(records.length[rows], captured)
        at, kind = LINKS[number](records.data, start, end)
        places = Places(rows, at, end, wire)
        parts = []
        for ethertype, read in ((IPV4, ipv4), (IPV6, ipv6)):
            of_kind = kind == ethertype
            if of_kind.all():
                return [read(records.data, places, self.counts)]
            if of_kind.any():
                parts.append(read(records.data, places.take(of_kind), self.counts))
        self.counts["not IP"] += int(np.count_nonzero((kind != IPV4) & (kind != IPV6)))
        return parts

    def _reassemble(
        self, records: Records, found: Datagrams, whole: NDArray[np.bool_]
    ) -> tuple[bytes, Datagrams]:
        """Replace fragments by the datagrams they complete, whose bytes are added to the data."""
        extra = bytearray()
        completed, spans = [], []
        for row in np.flatnonzero(~whole).tolist():
            self.counts["fragment"] += 1
            if (datagram := self._fragment(records, found, row)) is not None:
                at = len(records.data) + len(extra)
                extra += (captured := datagram.captured())
                completed.append(row)
                spans.append((at, at + len(captured), at + datagram.length))
        made = found.take(np.array(completed, np.int64))
        for column, values in zip(
            (made.places.at, made.places.end, made.places.wire), zip(*spans, strict=True), strict=False
        ):
            column[:] = values
        return records.data + extra, joined([found.take(whole), made])

    def _fragment(self, records: Records, found: Datagrams, row: int) -> Any:
        places = found.places
        at, end, wire = int(places.at[row]), int(places.end[row]), int(places.wire[row])
        key = tuple(
            int(c[row]) for c in (found.src_high, found.src_low, found.dst_high, found.dst_low, found.id)
        )
        return self._fragments.add(
            (*key, int(found.protocol[row])),
            int(found.start[row]),
            max(0, wire - at),
            records.data[at:end],
            int(records.time[places.row[row]]),
            more=bool(found.more[row]),
        )

    def _tcp(self, records: Records, data: bytes, found: Datagrams) -> Segments:
        places = found.places
        fits = places.at + layouts.TCP.itemsize <= places.end
        if not fits.all():
            self.counts["cut"] += int(np.count_nonzero(~fits))
            found = found.take(fits)
            places = found.places
        head = gather(data, places.at, layouts.TCP)
        header = (head["words_flags"] >> 12).astype(np.int64) * 4
        offset = places.at + header
        length = places.wire - offset
        segments = Segments(
            data,
            records.frame[places.row],
            records.time[places.row],
            found.src_high,
            found.src_low,
            found.dst_high,
            found.dst_low,
            head["sport"].astype(np.int32),
            head["dport"].astype(np.int32),
            head["seq"].astype(np.int64),
            head["ack"].astype(np.int64),
            (head["words_flags"] & 0x1FF).astype(np.int32),
            head["window"].astype(np.int32),
            offset,
            np.clip(places.end - offset, 0, length.clip(0)),
            length,
        )
        right = (header >= layouts.TCP.itemsize) & (length >= 0)
        self.counts["malformed"] += len(right) - int(np.count_nonzero(right))
        if not right.all():
            segments = segments.take(right)
        return (
            segments
            if np.all(np.diff(segments.frame) > 0)
            else segments.take(np.argsort(segments.frame, kind="stable"))
        )
