"""Who held an event loop, and when: as far back as is needed to tell what a request waited for."""

from __future__ import annotations

REMEMBERED = 64

Hold = tuple[int, int, int]
"""Start, end, number of the visit."""


class Loops:
    """The last holds of each loop lane, in order of their ends, none inside another."""

    def __init__(self) -> None:
        self._holds: dict[int, list[Hold]] = {}

    def hold(self, lane: int, start: int, end: int, visit: int) -> Hold | None:
        """Take a hold; give the one before it, if it is another visit's.

        A loop holds one step at a time and each is told when it ends, so what began later than this one
        lay inside it.
        """
        holds = self._holds.setdefault(lane, [])
        while holds and holds[-1][0] >= start:
            holds.pop()
        before = holds[-1] if holds and holds[-1][2] != visit else None
        holds.append((start, end, visit))
        del holds[:-REMEMBERED]
        return before

    def idle(self, lane: int, start: int, end: int, visit: int) -> bool:
        """Whether nobody held the loop in between, so that one visit may have; if so it did."""
        holds = self._holds.setdefault(lane, [])
        free = all(other[1] <= start or other[0] >= end for other in holds)
        if free and holds and holds[-1][0] >= end:
            return True  # told late: what came after is known already
        if free:
            holds.append((start, end, visit))
        return free
