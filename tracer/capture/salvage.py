"""Finds the next frame of a pcap file after damage, where nothing says how long the damage is.

A place is believed if `CHAIN` headers in a row, each where the one before says, look right.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracer.capture.records import gather

CHAIN = 3
WINDOW = 1 << 16  # places looked at together
DAY = 86_400


@dataclass(frozen=True, slots=True)
class Salvage:
    """What a header that looks right has."""

    layout: np.dtype[Any]
    ticks: int  # a second
    largest: int  # bytes captured
    seconds: int  # of the last good frame; -1: none

    def looks_right(self, heads: NDArray[Any]) -> NDArray[np.bool_]:
        """Judge headers, shape (n,)."""
        captured, length = heads["captured"], heads["length"]
        right = (captured > 0) & (captured <= self.largest) & (length >= captured)
        right &= (heads["fraction"] < self.ticks) & (length <= 1 << 24)
        if self.seconds >= 0:
            right &= np.abs(heads["seconds"].astype(np.int64) - self.seconds) <= DAY
        return np.asarray(right)

    def find(self, data: bytes, at: int, *, final: bool) -> tuple[int, bool]:
        """Give (the place of the next frame, True), or (where to look again with more data, False)."""
        end = len(data) - self.layout.itemsize + 1
        for begin in range(at, end, WINDOW):
            places = np.arange(begin, min(begin + WINDOW, end))
            for place in places[self.looks_right(gather(data, places, self.layout))].tolist():
                verdict = self._chain(data, place, final=final)
                if verdict is not False:
                    return place, verdict is True
        return max(at, end), False

    def _chain(self, data: bytes, place: int, *, final: bool) -> bool | None:
        """Say whether frames follow one another from here; None where the data are too short to tell."""
        size = self.layout.itemsize
        for link in range(CHAIN):
            if place + size > len(data):
                return (place <= len(data) and link > 0) if final else None
            head = np.frombuffer(data, self.layout, 1, place)
            if not self.looks_right(head)[0]:
                return False
            place += size + int(head["captured"][0])
        return True
