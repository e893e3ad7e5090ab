"""Sorts the segments of a chunk by connection and direction, and finds those that need no thought."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracer.capture.headers import Segments
from tracer.capture.internet import U8
from tracer.capture.layouts import FIN, RST, SYN
from tracer.capture.records import I8

Key = tuple[int, int, int, int, int, int]
"""The two ends of a connection, the lower one first: high, low, high, low halves, port, port."""

# Odd constants of no meaning (from the digits of pi); only that they mix matters.
MIXERS = tuple(
    np.uint64(value)
    for value in (
        0x243F6A8885A308D3,
        0x13198A2E03707345,
        0xA4093822299F31D1,
        0x082EFA98EC4E6C89,
        0x452821E638D01377,
    )
)


Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Group:
    """The segments of one connection in a chunk, both directions, in file order; columns have shape (n,)."""

    key: Key
    rows: I8  # of the Segments
    upward: Bools  # from the lower end to the higher
    smooth: Bools  # begins where the last one in its direction ended, with nothing to tell beside its bytes

    def part(self, begin: int, end: int) -> Group:
        """Give the segments from number `begin` up to `end`."""
        cut = slice(begin, end)
        return Group(self.key, self.rows[cut], self.upward[cut], self.smooth[cut])


@dataclass(frozen=True, slots=True)
class Grouping:
    """The segments of a chunk, connection by connection; within one they stay in file order."""

    keys: list[Key]
    rows: I8  # of the Segments, shape (n,)
    bounds: I8  # connection i has rows[bounds[i] : bounds[i + 1]]
    upward: Bools  # of each of `rows`, as are the next two
    smooth: Bools
    linked: Bools  # goes on where the last one in its direction ended, SYN and FIN counted; first: is a SYN

    def groups(self) -> list[Group]:
        """Give the connections, by their first segment."""
        bounds = self.bounds.tolist()
        return [
            Group(key, self.rows[a:b], self.upward[a:b], self.smooth[a:b])
            for key, a, b in zip(self.keys, bounds[:-1], bounds[1:], strict=True)
        ]


def group(segments: Segments) -> list[Group]:
    """Give the connections of a chunk, by their first segment."""
    return grouping(segments).groups()


def grouping(segments: Segments) -> Grouping:
    """Sort the segments of a chunk by connection, the connections by their first segment."""
    ends, upward = _ends(segments)
    number, firsts = _numbered(ends)
    rank = np.empty(len(firsts), np.int64)
    by_first = np.argsort(firsts, kind="stable")
    rank[by_first] = np.arange(len(firsts))
    number = rank[number]
    firsts = firsts[by_first]
    smooth, linked = _smooth(segments, number * 2 + upward)
    order = np.argsort(number, kind="stable")
    bounds = np.searchsorted(number[order], np.arange(len(firsts) + 1))
    keys: list[Key] = list(zip(*(column[firsts].tolist() for column in ends), strict=True))
    return Grouping(keys, order, bounds, upward[order], smooth[order], linked[order])


def _ends(s: Segments) -> tuple[tuple[U8, ...], Bools]:
    """Put the lower end of each segment first; say of which segments that was the source."""
    upward = np.where(s.src_low != s.dst_low, s.src_low < s.dst_low, s.sport < s.dport)
    upward = np.where(s.src_high != s.dst_high, s.src_high < s.dst_high, upward)
    pairs = ((s.src_high, s.dst_high), (s.src_low, s.dst_low), (s.sport, s.dport))
    lower, upper = zip(*((np.where(upward, a, b), np.where(upward, b, a)) for a, b in pairs), strict=True)
    return (lower[0], lower[1], upper[0], upper[1], lower[2], upper[2]), upward


def _numbered(ends: tuple[U8, ...]) -> tuple[I8, I8]:
    """Number the distinct ends: (number of each row, first row of each number).

    Sorting one hash is several times faster than sorting six columns; should two ends ever share a hash,
    the columns are sorted after all.
    """
    ports = ends[4].astype(np.uint64) << np.uint64(16) | ends[5].astype(np.uint64)
    mixed = np.zeros(len(ports), np.uint64)
    for column, mixer in zip((*ends[:4], ports), MIXERS, strict=True):
        mixed = (mixed ^ column) * mixer
        mixed ^= mixed >> np.uint64(29)
    _, firsts, number = np.unique(mixed, return_index=True, return_inverse=True)
    if all(np.array_equal(column, column[firsts][number]) for column in ends):
        return number, firsts
    _, firsts, number = np.unique(
        np.stack((*ends[:4], ports)), axis=1, return_index=True, return_inverse=True
    )
    return number.reshape(-1), firsts


def _smooth(s: Segments, place: I8) -> tuple[Bools, Bools]:
    """Say of each segment whether it is smooth, and whether it is linked (`Grouping`).

    `place` numbers its connection and direction.
    """
    order = np.argsort(place, kind="stable")
    place, seq, length, flags = place[order], s.seq[order], s.length[order], s.flags[order]
    first = np.ones(len(order), np.bool_)
    first[1:] = place[1:] != place[:-1]
    gap = np.zeros(len(order), np.int64)
    gap[1:] = (seq[1:] - seq[:-1] - length[:-1]) & 0xFFFFFFFF
    counted = np.zeros(len(order), np.int64)
    counted[1:] = (flags[:-1] & SYN > 0).astype(np.int64) + (flags[:-1] & FIN > 0)
    smooth, linked = np.empty(len(order), np.bool_), np.empty(len(order), np.bool_)
    smooth[order] = first | (gap == 0)
    linked[order] = np.where(first, flags & SYN > 0, gap == counted)
    plain = (s.window > 0) & (s.captured == s.length)
    return np.asarray(smooth & plain & (s.flags & (SYN | RST | FIN) == 0)), np.asarray(linked & plain)
