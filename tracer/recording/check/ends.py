"""Invariant 4: nothing ends before it starts; what is still going on is open, never guessed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tracer.recording.check.violation import Violation, rule
from tracer.recording.nouns import UNKNOWN, Outcome

if TYPE_CHECKING:
    from tracer.recording.recording import Recording


def ends(r: Recording) -> list[Violation]:
    """Find times that go backwards, and outcomes that contradict them."""
    told: list[Violation] = []
    for noun in ("lanes", "requests", "visits", "phases"):
        table = getattr(r, noun)
        told += _in_order(noun, table, ["start", "end"])
        if noun != "lanes":
            told += rule(4, noun, table.start < 0, "does not say when it starts")
    told += _in_order("visits", r.visits, ["start", "first_byte", "answered", "end"])
    told += rule(4, "marks", r.marks.time < 0, "does not say when it was")
    return told + _visits(r) + _requests(r)


def _in_order(noun: str, table: Any, times: list[str]) -> list[Violation]:
    told: list[Violation] = []
    for number, later in enumerate(times):
        for earlier in times[:number]:
            if len(times) > 2 and (earlier, later) == ("start", "end"):
                continue  # told already
            a, b = getattr(table, earlier), getattr(table, later)
            says = f"has its {later} before its {earlier}"
            told += rule(4, noun, (a >= 0) & (b >= 0) & (b < a), says)
    return told


def _visits(r: Recording) -> list[Violation]:
    v = r.visits
    still = v.outcome == Outcome.OPEN
    return [
        *rule(4, "visits", still & (v.end >= 0), "is open, and has an end"),
        *rule(
            4, "visits", ~still & (v.end < 0) & (v.answered < 0), "is over, and has neither answer nor end"
        ),
        *rule(
            4, "visits", (v.outcome == Outcome.OK) & (v.status >= 500), "is ok, with a status of 500 or more"
        ),
    ]


def _requests(r: Recording) -> list[Violation]:
    q = r.requests
    still = q.outcome == Outcome.OPEN
    known_good = (q.status != UNKNOWN) & (q.status < 500)
    return [
        *rule(4, "requests", still & (q.end >= 0), "is open, and has an end"),
        *rule(4, "requests", ~still & (q.end < 0), "is over, and has no end"),
        *rule(
            4,
            "requests",
            (q.outcome == Outcome.OK) & (q.status >= 500),
            "is ok, with a status of 500 or more",
        ),
        *rule(
            4, "requests", (q.outcome == Outcome.ERROR) & known_good, "is an error, with a status below 500"
        ),
        *rule(
            4,
            "requests",
            (q.outcome == Outcome.REFUSED) & (q.status != UNKNOWN),
            "was refused, and has a status",
        ),
    ]
