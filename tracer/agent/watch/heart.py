"""The heartbeat of an event loop: a timer of its own, which any loop has."""

from __future__ import annotations

from _thread import get_ident, get_native_id
from time import monotonic_ns
from typing import Any

PERIOD = 0.1
"""Seconds between beats, and between looks at them."""


class Heart:
    """Beats while the loop turns. `at` is when it last did, ns."""

    __slots__ = ("at", "looked", "loop", "thread", "tid", "used")

    def __init__(self, loop: Any) -> None:
        self.loop, self.thread, self.tid = loop, get_ident(), get_native_id()
        self.looked = self.used = 0
        self.beat()

    def beat(self) -> None:
        """Note that the loop turns, and ask to be called again."""
        self.at = monotonic_ns()
        self.loop.call_later(PERIOD, self.beat)

    def idle(self, now: int, used: int) -> bool:
        """Say whether the thread used less than half of the time since this was last asked.

        `used` is how long it ran or waited for a core, ns, since it started.
        """
        idle = (used - self.used) * 2 < now - self.looked
        self.looked, self.used = now, used
        return idle

    def late(self, now: int) -> int:
        """Return how many ns ago the loop should have turned; less than 0 if it did, or runs no more."""
        return now - self.at - int(PERIOD * 1e9) if self.loop.is_running() else -1
