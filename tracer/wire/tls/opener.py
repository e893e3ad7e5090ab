"""Opens the records of one direction one after another, also after some are missing."""

from __future__ import annotations

from typing import NamedTuple

from tracer.wire.tls.ciphers import Cipher, Cipher13
from tracer.wire.tls.records import Record

TRIES = 2048
"""Record numbers that are tried after missing bytes."""
SMALLEST = 22
"""Bytes of a sealed record, at least."""


class Opened(NamedTuple):
    """What was inside a record, and how much application data is missing before it."""

    type: int
    content: bytes
    missing: int = 0


class Opener:
    """The keys of a direction in the order of their use: of early data, the handshake, application data."""

    def __init__(self, ciphers: list[Cipher]) -> None:
        self._cipher, *self._next = ciphers
        self._sequence = 0

    @property
    def untouched(self) -> bool:
        """Whether the present keys have opened nothing yet."""
        return self._sequence == 0

    def open(self, record: Record, missing: int = 0) -> Opened | None:
        """Open the next record, `missing` bytes of ciphertext after the last one; None: no key fits."""
        if missing:
            return self._search(record, missing)
        opened = self._cipher.open(record, self._sequence)
        self._sequence += opened is not None
        return Opened(*opened) if opened else None

    def advance(self) -> None:
        """Change to the keys of the next part of a TLS 1.3 handshake."""
        if self._next:
            self._cipher, self._sequence = self._next.pop(0), 0

    def update(self) -> None:
        """Change to the keys that follow a key update."""
        if isinstance(self._cipher, Cipher13):
            self._cipher, self._sequence = self._cipher.next(), 0

    def _search(self, record: Record, missing: int) -> Opened | None:
        """Find out how many records the missing bytes were, and whether they changed the keys."""
        most = min(TRIES, missing // SMALLEST + 1)
        for cipher, first in ((self._cipher, self._sequence), *((later, 0) for later in self._later())):
            for sequence in range(first, first + most + 1):
                if opened := cipher.open(record, sequence):
                    return Opened(*opened, self._found(cipher, sequence, missing))
        return None

    def _later(self) -> list[Cipher]:
        if self._next or not isinstance(self._cipher, Cipher13):
            return self._next
        return [self._cipher.next()]

    def _found(self, cipher: Cipher, sequence: int, missing: int) -> int:
        """Go on with the keys that fitted; give the bytes of content that are missing.

        That is exact if the missing records were application data without padding. It is 0 where the keys
        changed: then the handshake was among them.
        """
        content = 0
        if cipher is self._cipher and not self._next:
            content = max(0, missing - (sequence - self._sequence) * cipher.overhead)
        if cipher in self._next:
            del self._next[: self._next.index(cipher) + 1]
        self._cipher, self._sequence = cipher, sequence + 1
        return content
