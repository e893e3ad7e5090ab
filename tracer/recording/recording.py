"""The Recording: what every source writes and every reader reads."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tracer.recording.columns import arrange, encode
from tracer.recording.nouns import Hops, Lanes, Marks, Phases, Requests, Table, Visits
from tracer.recording.rows import Rows
from tracer.recording.texts import Interner, Texts

if TYPE_CHECKING:
    from tracer.recording.check import Violation

Meta = dict[str, Any]
"""JSON: `source` ("hook", "simulation", "packets"), `title`, `clocks` (see `tracer.recording.clock`), and
what a source likes to add. `live` is true in a recording that was read before it was sealed."""


@dataclass(frozen=True, slots=True)
class Recording:
    """Six tables, the texts that they number, and what is known about the whole.

    Rows are in order of time (requests, visits and phases by start, marks by time), hops in path order.
    """

    hops: Hops
    lanes: Lanes
    requests: Requests
    visits: Visits
    phases: Phases
    marks: Marks
    texts: Texts
    meta: Meta = field(default_factory=dict)

    @classmethod
    def of(cls, rows: Rows, meta: Meta | None = None) -> Recording:
        """Sort rows, make each row's number its id, and turn them into columns.

        Raises ValueError where an id stands twice, a reference leads nowhere or a number does not fit.
        """
        intern = Interner()
        tables, texts = arrange(encode(rows, intern), intern.texts())
        return cls(**tables, texts=texts, meta=dict(meta or {}))

    @classmethod
    def open(cls, path: Path | str) -> Recording:
        """Read a `.trace`, or the `.trace.part` of one that is not sealed yet (then meta["live"] is true).

        Raises TraceError, one sentence, for whatever is wrong with the file; of a sealed one that may also
        come when a damaged column is first touched.
        """
        from tracer.recording.live import open_recording

        return open_recording(Path(path))

    def text(self, number: int) -> str:
        """Give a text by its number; "" for -1."""
        return self.texts[int(number)]

    def check(self) -> list[Violation]:
        """Hold the recording against the six invariants; an empty list is a sound recording."""
        from tracer.recording.check import check

        return check(self)


def empty(table: type[Table]) -> Table:
    """Give a table of no rows."""
    return table(**{f.name: np.empty(0, f.metadata["dtype"]) for f in fields(table)})
