"""Where the time of a request went: every ns is told once, by the innermost visit that did something."""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple

from tracer.recording import PhaseKind
from tracer.recording.nouns import PRECEDENCE
from tui.request.story import Phase, Story, Visit

US = 1_000
_RANK = {kind: place for place, kind in enumerate(PRECEDENCE)}


class Spent(NamedTuple):
    """Time in a kind of phase at a hop; hop "" and kind -1: nobody says what it did."""

    hop: str
    kind: int
    what: str
    ns: int
    us: int
    times: int


def spent(story: Story) -> list[Spent]:
    """Give where the time went, the most first; `ns` add up to the request's length, `us` to its us."""
    sums: dict[tuple[str, int, str], list[int]] = {}
    before = None
    for start, end, visit, phase in segments(story):
        key = ("", -1, "") if visit is None or phase is None else (visit.name, phase.kind, phase.what)
        told = sums.setdefault(key, [0, 0])
        told[0] += end - start
        told[1] += key != before
        before = key
    ordered = sorted(sums.items(), key=lambda one: -one[1][0])
    micros = rounded([ns for _, (ns, _) in ordered])
    return [Spent(*key, ns, us, times) for (key, (ns, times)), us in zip(ordered, micros, strict=True)]


def segments(story: Story) -> list[tuple[int, int, Visit | None, Phase | None]]:
    """Cut [0, length) where anything changes, and say of each piece who was doing what.

    A phase that calls, or waits for, a visit nested in it gives way to that visit's phases: the deepest visit
    speaks; of several as deep the first by precedence.
    """
    phases = [(visit, phase) for visit in story.visits for phase in visit.phases if phase.end > phase.start]
    edges = {0, story.length}
    for _, phase in phases:
        edges |= {min(max(edge, 0), story.length) for edge in (phase.start, phase.end)}
    cuts = sorted(edges)
    best: list[tuple[tuple[int, int], Visit, Phase] | None] = [None] * len(cuts)
    for visit, phase in phases:
        rank = (visit.depth, -_RANK[PhaseKind(phase.kind)])
        first = bisect_right(cuts, max(phase.start, 0)) - 1
        for place in range(first, len(cuts) - 1):
            if cuts[place] >= phase.end:
                break
            found = best[place]
            if found is None or rank > found[0]:
                best[place] = (rank, visit, phase)
    made: list[tuple[int, int, Visit | None, Phase | None]] = []
    for place in range(len(cuts) - 1):
        told = best[place]
        made.append((cuts[place], cuts[place + 1], *(told[1:] if told else (None, None))))
    return made


def rounded(ns: list[int]) -> list[int]:
    """Round to us so that the sum is that of the whole, rounded: the largest remainders are rounded up."""
    down = [value // US for value in ns]
    missing = (sum(ns) + US // 2) // US - sum(down)
    for place in sorted(range(len(ns)), key=lambda n: -(ns[n] % US))[: max(missing, 0)]:
        down[place] += 1
    return down
