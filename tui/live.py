"""Following, as the app sees it: a feed that the command line lends (`Services.follow`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from tracer.recording import Recording


@dataclass(frozen=True, slots=True, eq=False)
class Glimpse:
    """The latest requests of what goes on, how many there were in all, and how many of those are not here."""

    recording: Recording
    total: int
    dropped: int


class Feed(Protocol):
    """What is being recorded. It is asked in a thread, one question at a time."""

    name: str  # the file that has everything
    output: str  # the file that the server's own output goes to, or ""

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""

    def poll(self) -> Glimpse | None:
        """Give the latest; None if that is known. Raises TraceError."""
