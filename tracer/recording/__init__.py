"""The six nouns, their columns, clock, check(), live and sealed storage: what all sources write."""

from tracer.recording.clock import Clock
from tracer.recording.errors import TraceError
from tracer.recording.nouns import (
    CERTAIN,
    TABLES,
    UNKNOWN,
    Evidence,
    Hops,
    LaneKind,
    Lanes,
    MarkKind,
    Marks,
    Match,
    Outcome,
    PhaseKind,
    Phases,
    Requests,
    Role,
    Visits,
    rows_in,
)
from tracer.recording.recording import Meta, Recording
from tracer.recording.rows import Hop, Lane, Mark, Phase, Request, Rows, Visit
from tracer.recording.texts import Interner, Texts

__all__ = [
    "CERTAIN",
    "TABLES",
    "UNKNOWN",
    "Clock",
    "Evidence",
    "Hop",
    "Hops",
    "Interner",
    "Lane",
    "LaneKind",
    "Lanes",
    "Mark",
    "MarkKind",
    "Marks",
    "Match",
    "Meta",
    "Outcome",
    "Phase",
    "PhaseKind",
    "Phases",
    "Recording",
    "Request",
    "Requests",
    "Role",
    "Rows",
    "Texts",
    "TraceError",
    "Visit",
    "Visits",
    "rows_in",
]
