"""TLS that is not decrypted: one stay a connection, from its records, of which nothing is known but when."""

from __future__ import annotations

from tracer.assemble.packets.identity import Identity
from tracer.assemble.packets.places import Moment, later
from tracer.assemble.packets.stay import Stay
from tracer.capture import TO_SERVER
from tracer.recording import UNKNOWN, Outcome

APPLICATION_DATA = 23
"""The content type of a record; TLS 1.3 gives it to all that is encrypted."""


class Sealed:
    """The stay of a connection whose records stay closed. It begins with the client's first one."""

    def __init__(self) -> None:
        self.stay: Stay | None = None
        self._last: Moment | None = None  # the newest record of the server; which is the last, the end tells

    def take(self, way: int, stay: Stay | None, start: Moment, end: Moment) -> None:
        """Take in a record; `stay` is a new one, for the client's first."""
        if way == TO_SERVER:
            self.stay = self.stay or stay
            if self.stay and self.stay.first is None:
                self.stay.sent = end
        elif self.stay:
            self.stay.first = self.stay.first or later(self.stay.start, start)
            self._last = later(self._last or self.stay.first, end)

    def close(self, moment: Moment) -> Stay | None:
        """End it: answered if the server said anything. Whether that was an error cannot be seen."""
        stay = self.stay
        if stay is None:
            return None
        stay.last = self._last
        if stay.last is None:
            stay.break_off(moment, Outcome.ERROR)
        else:
            stay.outcome, stay.end = Outcome.OK, later(stay.last, moment)
        return stay


def sealed_stay(number: int, talk: object, start: Moment, head: Moment) -> Stay:
    """Make the stay of a connection."""
    return Stay(number, talk, UNKNOWN, "", "", "", Identity(), start, head)  # type: ignore[arg-type]  # a Talk
