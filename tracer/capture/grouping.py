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


def group(segments: Segments) -> list[Group]:
    """Give the connections of a chunk, by their first segment."""
    if not len(segments):
        return []
    ends, upward = _ends(segments)
    number, firsts = _numbered(ends)
    smooth = _smooth(segments, number * 2 + upward)
    order = np.argsort(number, kind="stable")
    bounds = [0, *(np.flatnonzero(np.diff(number[order])) + 1).tolist(), len(order)]
    groups = []
    for which in np.argsort(firsts, kind="stable").tolist():
        rows = order[bounds[which] : bounds[which + 1]]
        key = tuple(int(column[rows[0]]) for column in ends)
        groups.append(Group(key, rows, upward[rows], smooth[rows]))  # type: ignore[arg-type]
    return groups


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


def _smooth(s: Segments, place: I8) -> Bools:
    """Say of each segment whether it is smooth; `place` numbers its connection and direction."""
    order = np.argsort(place, kind="stable")
    place, seq, length = place[order], s.seq[order], s.length[order]
    linked = np.empty(len(order), np.bool_)
    linked[1:] = (seq[1:] == (seq[:-1] + length[:-1]) & 0xFFFFFFFF) | (place[1:] != place[:-1])
    linked[0] = True
    smooth = np.empty(len(order), np.bool_)
    smooth[order] = linked
    return np.asarray(smooth & (s.flags & (SYN | RST | FIN) == 0) & (s.window > 0) & (s.captured == s.length))
