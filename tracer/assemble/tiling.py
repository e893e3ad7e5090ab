"""Tiling: from intervals that nest and overlap to phases that cover a visit's time exactly once.

Intervals are `Phase` rows, in ns. Where several are there at once, on one lane the innermost is what happens
(a `time.sleep` inside a step of a coroutine), and between lanes the first by PRECEDENCE (house, invariant 1).
While they are worked on, an open end is FOREVER; `tile` gives it back as UNKNOWN.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from itertools import pairwise

from tracer.recording import UNKNOWN, Phase
from tracer.recording.nouns import PRECEDENCE

FOREVER = 1 << 62
_RANK = {int(kind): rank for rank, kind in enumerate(PRECEDENCE)}

Fill = Callable[[int, int], list[Phase]]
"""Gives the phases of an interval of which nothing was told."""

Piece = tuple[int, int, int]  # number of the span, start, end


def tile(start: int, end: int, told: Iterable[Phase], fill: Fill) -> list[Phase]:
    """Cover [start, end] with what was told, and the rest by `fill`.

    The cpu_ns of an interval that is cut is shared among its pieces by their length.
    """
    spans = [clipped for span in told if (clipped := clip(span, start, end))]
    phases: list[Phase] = []
    at = start
    for piece in _cut_spans(spans):
        phases += fill(at, piece.start) if piece.start > at else []
        phases.append(piece)
        at = piece.end
    phases += fill(at, end) if at < end else []
    return [cut(phase, phase.start, UNKNOWN) if phase.end >= FOREVER else phase for phase in phases]


def clip(span: Phase, start: int, end: int) -> Phase | None:
    """Give the part of a span within [start, end], None if it is empty; an open end is FOREVER."""
    first, last = max(span.start, start), min(FOREVER if span.end == UNKNOWN else span.end, end)
    return cut(span, first, last) if first < last else None


def cut(span: Phase, start: int, end: int) -> Phase:
    """Give a phase like `span` with other ends; `dataclasses.replace` takes five times as long."""
    lane, holds, waits, cpu = span.lane, span.holds, span.waits_for, span.cpu_ns
    return Phase(span.visit, span.kind, start, end, lane, holds, waits, cpu, span.what, span.evidence)


def _cut_spans(spans: list[Phase]) -> list[Phase]:
    """Give the pieces of spans that are seen, in order of time, none overlapping another."""
    ordered = sorted(spans, key=lambda span: span.start)
    if all(a.end <= b.start for a, b in pairwise(ordered)):
        return ordered
    pieces = _merge(_sweep(ordered))
    seen: Counter[int] = Counter()
    for number, start, end in pieces:
        seen[number] += end - start
    return [_part(ordered[number], start, end, seen[number]) for number, start, end in pieces]


def _sweep(ordered: list[Phase]) -> list[Piece]:
    """Between each two edges, name the span that counts."""
    edges = sorted({edge for span in ordered for edge in (span.start, span.end)})
    pieces: list[Piece] = []
    active: list[int] = []
    come = 0
    for left, right in pairwise(edges):
        active = [number for number in active if ordered[number].end > left]
        while come < len(ordered) and ordered[come].start <= left:
            active.append(come)
            come += 1
        if active:
            pieces.append((_winner(active, ordered), left, right))
    return pieces


def _winner(active: list[int], spans: list[Phase]) -> int:
    """Of spans that are there at once: the innermost of each lane, then the first by PRECEDENCE."""
    innermost: dict[int, int] = {}
    for number in active:
        span = spans[number]
        key = span.lane if span.lane >= 0 else -2 - number  # what is on no lane nests in nothing
        best = spans[innermost[key]] if key in innermost else span
        if (span.start, -span.end) >= (best.start, -best.end):
            innermost[key] = number
    return min(innermost.values(), key=lambda number: (_RANK[spans[number].kind], -spans[number].start))


def _merge(pieces: list[Piece]) -> list[Piece]:
    """Make one of pieces of the same span that touch."""
    merged: list[Piece] = []
    for number, start, end in pieces:
        if merged and merged[-1][0] == number and merged[-1][2] == start:
            merged[-1] = (number, merged[-1][1], end)
        else:
            merged.append((number, start, end))
    return merged


def _part(span: Phase, start: int, end: int, seen: int) -> Phase:
    part = cut(span, start, end)
    if part.cpu_ns >= 0:
        part.cpu_ns = part.cpu_ns * (end - start) // seen
    return part
