"""What the two directions of a connection must know of each other to be read.

A response cannot be framed without its request (HEAD has no body, CONNECT becomes a tunnel), and after a
request that asks for another protocol, bytes cannot be read before the answer says whether it was granted.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from tracer.wire.message import RESPONSE, UNSOLICITED, Kind

SPECIAL = frozenset({"HEAD", "CONNECT"})

LIMIT = 10_000
"""Unanswered exchanges that are remembered; of more, the oldest are forgotten."""


def forget_oldest(remembered: OrderedDict[int, Any]) -> None:
    """Keep what is remembered within `LIMIT`, as a capture may hold one direction alone.

    A plain dict would look over all places that were deleted before to find its first item.
    """
    if len(remembered) > LIMIT:
        remembered.popitem(last=False)


class Exchanges:
    """The numbers of exchanges that are answered in order: HTTP/1, uwsgi, SCGI."""

    def __init__(self) -> None:
        self.asked = 0
        self.answered = 0
        self.switched = ""
        """The protocol that both directions speak from here on, once it was granted."""
        self.lost = False
        """Whether bytes are missing, so that numbers may be off from here on."""
        self._skips = False  # answers are missing
        self._methods: OrderedDict[int, str] = OrderedDict()  # of those unanswered exchanges where it matters
        self._pending: set[int] = set()

    def ask(self, method: str = "", *, switch: bool = False) -> int:
        """Number a request; `switch`: it asks for another protocol."""
        number = self.asked
        self.asked += 1
        if self._skips:  # who asks again without pipelining has had all answers before
            self.answered, self._skips = number, False
        if method in SPECIAL:
            self._methods[number] = method
            forget_oldest(self._methods)
        if switch:
            self._pending.add(number)
        return number

    def skip(self, count: int) -> None:
        """Count exchanges that are over, while none is open."""
        self.asked += count
        self.answered = self.asked

    def expect(self, method: str) -> None:
        """Tell the method of a request that no decoder here has seen."""
        self.ask(method)

    def lose(self, kind: Kind) -> None:
        """Be told that bytes of one direction are missing."""
        self.lost = True
        self._skips = self._skips or kind == RESPONSE

    def answer(self) -> int:
        """Give the number of the exchange that the next final response answers."""
        if self.answered == self.asked:
            return UNSOLICITED
        self.answered += 1
        return self.answered - 1

    def method(self, number: int) -> str:
        """Give the method of an exchange if it matters for framing, else ""."""
        return self._methods.get(number, "")

    def decide(self, number: int, switched: str) -> None:
        """Record that an exchange has its final response, and what protocol it switches to ("": none)."""
        self._methods.pop(number, None)
        self._pending.discard(number)
        self.switched = self.switched or switched

    def pending(self, number: int) -> bool:
        """Whether an exchange that asked for another protocol still waits for its answer."""
        return number in self._pending

    def withdraw(self, number: int) -> None:
        """Wait no longer for the answer to a request for another protocol."""
        self._pending.discard(number)
