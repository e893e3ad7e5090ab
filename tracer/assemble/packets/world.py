"""What all connections of a capture share: ids, listeners, faults, and the rows that are finished."""

from __future__ import annotations

from tracer.assemble.packets.listeners import Listeners
from tracer.assemble.packets.stay import Stay
from tracer.recording import Rows

MOST_FAULTS = 100


class World:
    """Gives ids and collects rows."""

    def __init__(self) -> None:
        self.listeners = Listeners()
        self.rows = Rows()  # finished, and not yet fetched
        self.faults: list[str] = []  # bytes that were no protocol's, a sentence each
        self.not_told = 0  # of more faults than are kept
        self._last = -1

    def id(self) -> int:
        """Give an id that no lane, request or stay has."""
        self._last += 1
        return self._last

    def visit(self, stay: Stay) -> int:
        """Give the id of a stay's visit; the client's visit of the same request has the one before."""
        return 2 * stay.id + 1

    def fault(self, sentence: str) -> None:
        """Take in what was wrong."""
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(sentence)
        else:
            self.not_told += 1

    def fetch(self) -> Rows:
        """Give what was finished since the last call."""
        rows, self.rows = self.rows, Rows()
        return rows
