"""What all connections of a capture share: ids, listeners, faults, and the rows that are finished."""

from __future__ import annotations

from tracer.assemble.packets.listeners import Listeners
from tracer.assemble.packets.plain import Heads
from tracer.assemble.packets.stay import Stay
from tracer.assemble.packets.stretches import PhaseTold, Stretch, phases_of, raw_of
from tracer.capture import Connection
from tracer.recording import Interner, Rows
from tracer.recording.columns import Raw, encode
from tracer.wire.message import MissingError
from tracer.wire.tls import Keys

MOST_FAULTS = 100


class World:
    """Gives ids and collects rows. keys: secrets of TLS sessions."""

    def __init__(self, keys: Keys | None = None) -> None:
        self.keys = keys
        self.listeners = Listeners()
        self.rows = Rows()  # finished, and not yet fetched
        self.stretches: list[Stretch] = []  # the same
        self.phases: list[PhaseTold] = []  # the same, as there are so many
        self.heads = Heads()
        self.ends: dict[int, tuple[int, str, str]] = {}  # lane -> its listener, client and server
        self.faults: list[str] = []  # bytes that were no protocol's, a sentence each
        self.not_told = 0  # of more faults than are kept
        self._last = -1

    def id(self, count: int = 1) -> int:
        """Give an id that no lane, request or stay has: the first of so many."""
        self._last += count
        return self._last - count + 1

    def lane(self, listener: int, connection: Connection) -> int:
        """Give the id of a new lane."""
        number = self.id()
        client, server = connection.name().split(" > ")
        self.ends[number] = (listener, client, server)
        return number

    def visit(self, stay: Stay) -> int:
        """Give the id of a stay's visit; the client's visit of the same request has the one before."""
        return 2 * stay.id + 1

    def fault(self, sentence: str) -> None:
        """Take in what was wrong."""
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(sentence)
        else:
            self.not_told += 1

    def missing(self, error: MissingError) -> None:
        """Take in that a package is not there: one sentence a protocol."""
        sentence = f"connections of {error.protocol} are not read: {error.why}"
        if sentence not in self.faults:
            self.fault(sentence)

    def fetch(self, intern: Interner) -> list[Raw]:
        """Give what was finished since the last call."""
        parts = [raw_of(self.stretches, intern)] if self.stretches else []
        parts.append(encode(self.rows, intern))
        if self.phases:
            parts[-1]["phases"] = phases_of(self.phases)
        self.rows, self.stretches, self.phases = Rows(), [], []
        return parts
