"""How far a load is."""

from __future__ import annotations

from dataclasses import dataclass, field

from tracer.recording import Outcome


@dataclass(slots=True)
class Progress:
    """Counts of requests; a run passes the same object each time, so copy what you keep."""

    planned: int
    due: int = 0  # so far
    waited: int = 0  # for a connection, because as many were open as may be
    retried: int = 0  # on a fresh connection
    connections: int = 0  # opened so far
    limit: int = 0  # of connections open at once: the plan's, or what file descriptors allow
    outcomes: list[int] = field(default_factory=lambda: [0] * len(Outcome))  # by number of Outcome

    @property
    def finished(self) -> int:
        """How many had an outcome."""
        return sum(self.outcomes)

    @property
    def in_flight(self) -> int:
        """How many are due and unfinished."""
        return self.due - self.finished

    def warning(self) -> str | None:
        """Say in a sentence that the limit of connections made requests late, if it did."""
        if not self.waited:
            return None
        return (
            f"{self.waited} of {self.due} requests waited for one of {self.limit} connections, so they were "
            "late: raise the plan's connections or the limit of open files (ulimit -n), or send less"
        )
