"""Where the bytes of one direction of a connection came from: offset -> frame and time."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import accumulate
from typing import NamedTuple

from tracer.capture import Data, Gap

MOST = 1 << 14
"""Pieces that are remembered of a message that does not end; of more, those in its middle are forgotten."""


class Moment(NamedTuple):
    """A frame and its time in ns: moments are in the order in which things were captured."""

    frame: int
    time: int


def later(one: Moment, other: Moment) -> Moment:
    """Give the later moment, by frame and by time: these differ where two clocks do."""
    return (
        one
        if one >= other and one.time >= other.time
        else Moment(max(one[0], other[0]), max(one[1], other[1]))
    )


class Places:
    """Maps offsets to moments. A receiver has a byte once it has all before it, so moments never go back."""

    __slots__ = ("_ends", "_frames", "_times")

    def __init__(self) -> None:
        self._ends: list[int] = []
        self._frames: list[int] = []
        self._times: list[int] = []

    def add(self, event: Data | Gap) -> None:
        """Take in where the next bytes, or the bytes that are missing, stand."""
        if isinstance(event, Gap):
            ends, frames, times = [event.offset + event.length], [event.frame], [event.time]
        else:
            ends, frames, times = event.ends.tolist(), event.frames.tolist(), event.times.tolist()
        self._ends += ends
        for told, more in ((self._frames, frames), (self._times, times)):
            last = told[-1] if told else 0
            told += accumulate([max(last, more[0]), *more[1:]], max)

    def at(self, offset: int) -> Moment:
        """Give the moment of the byte at `offset`; of one that is forgotten, the next that is known."""
        piece = min(bisect_right(self._ends, offset), len(self._ends) - 1)
        return Moment(self._frames[piece], self._times[piece])

    @property
    def latest(self) -> Moment:
        """The moment of the last byte so far."""
        return Moment(self._frames[-1], self._times[-1]) if self._ends else Moment(0, 0)

    @property
    def end(self) -> int:
        """The offset after the last byte so far."""
        return self._ends[-1] if self._ends else 0

    def skip(self, end: int, moment: Moment) -> None:
        """Go past bytes up to an offset, the last of which came at a moment."""
        self._ends, self._frames, self._times = [end], [moment.frame], [moment.time]

    def forget(self, before: int) -> None:
        """Forget what no message can begin or end with, once all bytes before an offset were read."""
        done = min(bisect_left(self._ends, before), len(self._ends) - 1)  # its end may yet be asked for
        if done <= 0 and len(self._ends) <= MOST:
            return
        for told in (self._ends, self._frames, self._times):
            del told[:done]
            if len(told) > MOST:
                del told[1 : -MOST // 2]
