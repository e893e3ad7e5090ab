"""The kernel's time stamps (CLOCK_REALTIME) of one process as CLOCK_MONOTONIC, which all else uses."""

from __future__ import annotations

from tracer.agent import layout
from tracer.observe.records import Record
from tracer.observe.rings import Identity

FUTURE = 1_000_000
"""A stamp up to this many ns ahead of its reading is measuring error; beyond it, it is not known."""

CLOCK = layout.MARK_NAMES.index("clock")


class Stamps:
    """The offset of the two clocks, as the process told it last; at first by its ring's header."""

    def __init__(self, ring: Identity) -> None:
        self._offset = ring.created_wall - ring.created

    def told(self, mark: Record) -> None:
        """Take a "clock" mark."""
        self._offset = mark.value

    def monotonic(self, wall: int) -> int:
        """Return a time since the epoch as CLOCK_MONOTONIC."""
        return wall - self._offset

    def converted(self, opened: Record) -> Record:
        """Return an OPEN whose `arrived` is CLOCK_MONOTONIC ns, 0 if it is not known."""
        if not opened.flags & layout.STAMPED:
            return opened
        return opened._replace(arrived=self._arrived(opened), nanoseconds=0)

    def _arrived(self, opened: Record) -> int:
        if not opened.arrived:
            return 0
        time: int = opened.arrived * 1_000_000_000 + opened.nanoseconds - self._offset
        if time <= opened.taken:
            return time
        return int(opened.taken) if time <= opened.taken + FUTURE else 0
