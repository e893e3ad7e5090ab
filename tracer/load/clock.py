"""Time for the loader: the kernel's receive time stamps on CLOCK_MONOTONIC, and exact sleep."""

from __future__ import annotations

import contextlib
import ctypes
import select
import socket
import struct
import time
from collections.abc import Iterator, Sequence

SO_TIMESTAMPNS = 35  # socket has no name for it
CONTROL = socket.CMSG_SPACE(16)
_TIMESPEC = struct.Struct("@ll")
EARLY = 50_000  # ns that a sleep is planned short: waking takes about as long, and the rest is spun
_FRESH = 100_000_000  # ns that an offset is good for
_PR_SET_TIMERSLACK, _PR_GET_TIMERSLACK = 29, 30


class KernelClock:
    """Turns receive time stamps, which are CLOCK_REALTIME, into CLOCK_MONOTONIC by a fresh offset."""

    def __init__(self) -> None:
        self._offset = 0
        self._taken = -_FRESH
        # The kernel stamps packets only while some socket asks for it, and patches its own code to begin:
        # one that asks throughout keeps a load without keep-alive from doing that once a connection.
        self._keeper = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._keeper.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)

    def arrival(self, control: Sequence[tuple[int, int, bytes]], read: int) -> int:
        """Give when the bytes came, from the control messages of a recvmsg that returned at `read`.

        Without a time stamp that is `read`. Of several segments read at once the stamp is the last one's.
        """
        for _, kind, data in control:
            if kind == SO_TIMESTAMPNS:
                if read - self._taken > _FRESH:
                    self._measure()
                stamp: tuple[int, int] = _TIMESPEC.unpack_from(data)
                return min(stamp[0] * 1_000_000_000 + stamp[1] - self._offset, read)
        return read

    def _measure(self) -> None:
        """Take the offset from the tightest of three pairs of readings."""
        before = time.monotonic_ns()
        best = 1 << 62
        for _ in range(3):
            wall, after = time.time_ns(), time.monotonic_ns()
            if after - before < best:
                best, self._offset = after - before, wall - (before + after) // 2
            before = after
        self._taken = before

    def close(self) -> None:
        """Let the kernel stop stamping."""
        self._keeper.close()


class Poller:
    """epoll with waits of microseconds: Python's own rounds up to the next millisecond.

    An epoll descriptor can itself be waited for, so select does the waiting.
    The last microseconds of a wait are spun away: a wake-up alone takes 30 to
    120 µs here, and the spin costs less CPU than the noise of measuring it (bench_load).
    """

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._fine = self._epoll.fileno() < 1024  # select knows no higher descriptor
        self.watch, self.change, self.forget = (
            self._epoll.register,
            self._epoll.modify,
            self._epoll.unregister,
        )

    def poll(self, until: int) -> list[tuple[int, int]]:
        """Wait for events, to `until` (CLOCK_MONOTONIC ns) at most; (descriptor, epoll mask) each."""
        wait = until - EARLY - time.monotonic_ns()
        if wait > 0 and not self._fine:
            return self._epoll.poll(wait / 1e9)
        if wait > 0 and not select.select((self._epoll,), (), (), wait / 1e9)[0]:
            while time.monotonic_ns() < until:
                pass
            return []
        return self._epoll.poll(0)

    def close(self) -> None:
        """Close the descriptor."""
        self._epoll.close()


@contextlib.contextmanager
def sharp_timers() -> Iterator[None]:
    """Have the kernel wake this thread on time: it may be 50 µs late by default, to save power."""
    prctl = ctypes.CDLL(None).prctl
    before = prctl(_PR_GET_TIMERSLACK, 0, 0, 0, 0)
    if before > 0:
        prctl(_PR_SET_TIMERSLACK, 1, 0, 0, 0)
    try:
        yield
    finally:
        if before > 0:
            prctl(_PR_SET_TIMERSLACK, before, 0, 0, 0)
