"""The fields that an expression may ask for: their names, kinds, and whose columns they are.

A field of visits or phases holds for a request if it does for any one of them; the client's own visit is left
out, as in `tracer requests`. `!=` and `!~` are the opposite of `=` and `~`: true if it holds for none.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from tracer.analysis.where.words import Said
from tracer.recording import Match, Outcome


class Kind(Enum):
    """What values a field takes; the values here are keys of `words`."""

    NUMBER = "number"
    DURATION = "duration"
    SIZE = "size"
    SHARE = "share"
    TEXT = "text"

    @property
    def said(self) -> Said:
        """What it is called."""
        return Said(self.value)

    @property
    def example(self) -> Said:
        """How it is written."""
        return Said(f"{self.value} example")


@dataclass(frozen=True, slots=True)
class Field:
    """A field; `choices` are all values that it can have, () if there is no such list."""

    name: str
    kind: Kind
    choices: tuple[str, ...] = ()

    @property
    def words(self) -> Said:
        """What it is."""
        return Said(f"of {self.name}")


FIELDS = (
    Field("id", Kind.NUMBER),
    Field("method", Kind.TEXT),
    Field("path", Kind.TEXT),
    Field("target", Kind.TEXT),
    Field("status", Kind.NUMBER),
    Field("outcome", Kind.TEXT, tuple(one.name.lower() for one in Outcome)),
    Field("latency", Kind.DURATION),
    Field("start", Kind.DURATION),
    Field("end", Kind.DURATION),
    Field("queued", Kind.DURATION),
    Field("running", Kind.DURATION),
    Field("blocked", Kind.DURATION),
    Field("awaiting", Kind.DURATION),
    Field("transfer", Kind.DURATION),
    Field("unseen", Kind.DURATION),
    Field("bytes_in", Kind.SIZE),
    Field("bytes_out", Kind.SIZE),
    Field("visits", Kind.NUMBER),
    Field("hop", Kind.TEXT),
    Field("lane", Kind.TEXT),
    Field("protocol", Kind.TEXT),
    Field("attempt", Kind.NUMBER),
    Field("match", Kind.TEXT, tuple(one.name.lower() for one in Match if one)),
    Field("confidence", Kind.SHARE),
    Field("what", Kind.TEXT),
)

BY_NAME = {field.name: field for field in FIELDS}
"""Name -> field."""

ALIASES = {
    "took": "latency",
    "url": "target",
    "request_body_bytes": "bytes_in",
    "response_body_bytes": "bytes_out",
}
"""Other names of fields: those of `tracer requests`, and what people try first."""
