"""Connections that one chunk has from their first SYN to their last FIN, with nothing odd: as columns.

Short connections come by thousands. Whether nothing has to be thought about them is found out for all of a
chunk at once; no object is made for a segment, a note or a flow. `Wholes.tracked` tells one of them in events
after all, for a reader that cannot take it in columns.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tracer.capture.events import Connection
from tracer.capture.flow import Flow
from tracer.capture.grouping import Bools, Grouping, Key
from tracer.capture.headers import Segments, address
from tracer.capture.layouts import ACK, FIN, RST, SYN
from tracer.capture.records import I8, UNKNOWN
from tracer.capture.tracked import Segment, continues


@dataclass(frozen=True, slots=True, eq=False)
class Wholes:
    """Connections of a chunk that are whole, by their first segment."""

    segments: Segments
    keys: list[Key]
    rows: I8  # of the segments, connection by connection, each in file order
    bounds: I8  # connection i has rows[bounds[i] : bounds[i + 1]]
    upward: Bools  # of each of `rows`: from the lower end of the key to the higher

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def number(self) -> I8:
        """The connection of each of `rows`."""
        return np.repeat(np.arange(len(self)), np.diff(self.bounds))

    @property
    def answering(self) -> Bools:
        """Of each of `rows`, whether it goes to the client."""
        return np.asarray(self.upward != self.upward[self.bounds[:-1]][self.number])

    def connections(self) -> list[Connection]:
        """Make the connections."""
        s, firsts = self.segments, self.rows[self.bounds[:-1]]
        names = ("frame", "time", "src_high", "src_low", "dst_high", "dst_low", "sport", "dport")
        lists = [getattr(s, name)[firsts].tolist() for name in names]
        hosts: dict[tuple[int, int], str] = {}
        for high, low in {*zip(lists[2], lists[3], strict=True), *zip(lists[4], lists[5], strict=True)}:
            hosts[high, low] = address(high, low)
        return [
            Connection(frame, hosts[sh, sl], sport, hosts[dh, dl], dport, True, time, closed, closed)
            for frame, time, sh, sl, dh, dl, sport, dport, closed in zip(
                *lists, self.closed().tolist(), strict=True
            )
        ]

    def servers(self) -> list[tuple[str, int]]:
        """List the addresses that they were opened to, by the first connection to each."""
        s, firsts = self.segments, self.rows[self.bounds[:-1]]
        ends = zip(*(c[firsts].tolist() for c in (s.dst_high, s.dst_low, s.dport)), strict=True)
        return [(address(high, low), port) for high, low, port in dict.fromkeys(ends)]

    def closed(self) -> I8:
        """Give when each closed: with its second FIN."""
        s = self.segments
        fins = np.where(s.flags[self.rows] & FIN > 0, s.time[self.rows], UNKNOWN)
        return np.asarray(np.maximum.reduceat(fins, self.bounds[:-1]))

    def take(self, which: I8) -> Wholes:
        """Give some of them, by number, in order."""
        chosen = np.zeros(len(self), np.bool_)
        chosen[which] = True
        rows = chosen[self.number]
        bounds = np.concatenate(([0], np.cumsum(np.diff(self.bounds)[which])))
        keys = [self.keys[number] for number in which.tolist()]
        return Wholes(self.segments, keys, self.rows[rows], bounds, self.upward[rows])

    def over(self) -> list[Over]:
        """Give what has to be known of them once they are over."""
        s, states = self.segments, []
        upward, flags, number = self.upward, s.flags[self.rows], self.number
        columns = [s.frame[self.rows[self.bounds[:-1]]].tolist(), self.closed().tolist()]
        for way in (True, False):
            syn = np.flatnonzero((flags & SYN > 0) & (upward == way))
            bytes_ = np.bincount(number, np.where(upward == way, s.length[self.rows], 0), len(self))
            columns += [s.seq[self.rows[syn]].tolist(), bytes_.astype(np.int64).tolist()]
        for key, frame, closed, first, size, back, more in zip(self.keys, *columns, strict=True):
            states.append(Over(key, frame, closed, first, size, back, more))
        return states


class Over:
    """A whole connection after its end, as long as late segments of it may come."""

    __slots__ = ("_flows", "closed", "id", "key")
    waits = False

    def __init__(self, key: Key, id_: int, closed: int, first: int, size: int, back: int, more: int) -> None:
        """`first`, `size`: sequence number of the upward SYN, bytes after it; `back`, `more`: downward."""
        self.key, self.id, self.closed = key, id_, closed
        self._flows = (first, size, back, more)

    def over(self, now: int, linger: int) -> bool:
        """Say whether it closed more than `linger` ns ago."""
        return now - self.closed > linger

    def continues(self, upward: bool, segment: Segment) -> bool:
        """Say whether a segment belongs to it, not to the next one with the same ends."""
        first, size = self._flows[:2] if upward else self._flows[2:]
        flow = Flow((first + 1 + size) % (1 << 32), size, first)
        return continues(flow, segment, closed=True)


def whole(grouped: Grouping, s: Segments) -> Bools:
    """Say which connections of a chunk are whole; shape (connections,).

    Such a one begins with a SYN and its answer; each direction goes on where it ended, has one FIN and no
    bytes after it; nothing is cut off, no window is zero, none is reset, and time does not go back.
    """
    rows, starts = grouped.rows, grouped.bounds[:-1]
    if not len(rows):
        return np.empty(0, np.bool_)
    flags, time, up = s.flags[rows], s.time[rows], grouped.upward
    syn, fin, data = flags & SYN > 0, flags & FIN > 0, s.length[rows] > 0
    on = np.ones(len(rows), np.bool_)
    on[1:] = time[1:] >= time[:-1]
    on[starts] = time[starts] >= 0
    good = on & grouped.linked & (flags & RST == 0) & ~(syn & (data | fin))
    sums = [(~good, 0), *((kind & way, 1) for kind in (syn, fin) for way in (up, ~up))]
    right = (flags[starts] & (SYN | ACK) == SYN) & (_sum(syn & (flags & ACK > 0), starts) == 1)
    for column, count in sums:
        right &= _sum(column, starts) == count
    for way in (up, ~up):
        ended = np.cumsum(fin & way)
        before: I8 = ended - (fin & way) - (ended[starts] - (fin & way)[starts])[_numbers(grouped)]
        right &= _sum((before > 0) & data & way, starts) == 0
    return np.asarray(right)


def _numbers(grouped: Grouping) -> I8:
    return np.repeat(np.arange(len(grouped.keys)), np.diff(grouped.bounds))


def _sum(column: Bools, starts: I8) -> I8:
    return np.add.reduceat(column.astype(np.int64), starts)
