"""The kernel's time stamps (CLOCK_REALTIME) as CLOCK_MONOTONIC, which all records use."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from time import monotonic_ns, time_ns

SO_TIMESTAMPNS = 35
"""Linux, asm-generic; Python names it from 3.14 on. Set on a listener, accepted sockets inherit it."""

RESYNC = 1_000_000_000
"""ns after which the offset of the clocks is measured anew: at 500 ppm of slewing they part by 0.5 us."""

FUTURE = 1_000_000
"""A stamp up to this many ns ahead of now is measuring error and means now; beyond it, it is not known."""

_timespec = struct.Struct("@qq").unpack
_offset = 0
_measure_at = 0


def offset() -> int:
    """Return CLOCK_REALTIME - CLOCK_MONOTONIC in ns, the best of three measurements."""
    best, width = 0, 1 << 62
    for _ in range(3):
        before, wall, after = monotonic_ns(), time_ns(), monotonic_ns()
        if after - before < width:
            best, width = wall - (before + after) // 2, after - before
    return best


def arrival(ancillary: Iterable[tuple[int, int, bytes]], now: int) -> int:
    """Return when the kernel received what was peeked at, ns monotonic; 0 if it did not say.

    `ancillary` is the second item of `recvmsg(1, 64, MSG_PEEK)`, `now` a time just after it.
    """
    global _offset, _measure_at
    for _, kind, data in ancillary:
        if kind == SO_TIMESTAMPNS:
            if now > _measure_at:
                _offset, _measure_at = offset(), now + RESYNC
            return converted(data, _offset, now)
    return 0


def converted(stamp: bytes, offset: int, now: int) -> int:
    """Return a stamp of the kernel in ns monotonic, 0 if it is ahead of `now`; `offset` is the clocks'."""
    seconds, nanoseconds = _timespec(stamp)
    time: int = seconds * 1_000_000_000 + nanoseconds - offset
    if time <= now:
        return time
    return now if time <= now + FUTURE else 0
