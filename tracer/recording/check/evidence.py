"""Invariant 5: every phase and mark says how it is known, from packets with the frames that say it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tracer.recording.check.violation import Violation, rule
from tracer.recording.nouns import Evidence

if TYPE_CHECKING:
    from tracer.recording.recording import Recording


def evidence(r: Recording) -> list[Violation]:
    """Find packets without frames, and frames that end before they begin.

    Numbers that are no Evidence at all are found before, with the other numbers that lead nowhere.
    """
    told: list[Violation] = []
    for noun, table in (("phases", r.phases), ("marks", r.marks)):
        bare = (table.evidence == Evidence.PACKET) & (table.first_frame < 0)
        back = (table.last_frame >= 0) & (table.last_frame < table.first_frame)
        told += rule(5, noun, bare, "is known from packets, and names no frame")
        told += rule(5, noun, back, "has its last frame before its first")
    return told
