"""check(): the one place that holds a recording, of whatever source, against the six invariants."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tracer.recording.check.clocks import clocks
from tracer.recording.check.ends import ends
from tracer.recording.check.evidence import evidence
from tracer.recording.check.holding import holding
from tracer.recording.check.nesting import nesting
from tracer.recording.check.tables import broken_tables, disorder
from tracer.recording.check.tiling import tiling
from tracer.recording.check.violation import Violation

if TYPE_CHECKING:
    from tracer.recording.recording import Recording

INVARIANTS = (disorder, tiling, nesting, holding, ends, evidence, clocks)


def check(recording: Recording) -> list[Violation]:
    """List what cannot be true; an empty list is a sound recording.

    Of each kind the first 20 are told one by one. Columns that lead outside are told alone: with them
    nothing else can be looked at.
    """
    broken = broken_tables(recording)
    return broken or [violation for invariant in INVARIANTS for violation in invariant(recording)]


__all__ = ["Violation", "check"]
