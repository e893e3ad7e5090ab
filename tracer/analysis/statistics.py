"""Statistics of a recording, or of what of it was at one hop or on one path: its spread and its course."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracer.analysis import lanes
from tracer.analysis.course import Axis, Course
from tracer.analysis.intervals import Intervals, union
from tracer.analysis.lookup import at
from tracer.analysis.outcomes import answered
from tracer.analysis.spread import F8, Spread
from tracer.analysis.window import Window, window
from tracer.recording import UNKNOWN, Outcome, PhaseKind, Recording, Role
from tracer.recording.nouns import I8

TARGETS = 20_000  # distinct targets that are read for their paths; what is rarer has none of its own
MOST_PATHS = 50

Tell = Callable[[float], None]
"""Is told the share that is done; may raise to break off."""

Rows = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Choice:
    """What the figures are of: visits at a hop (None: whole requests), of a path (None: of any)."""

    hop: str | None = None
    path: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Statistics:
    """`count` requests or visits arrived in `duration` ns, and those answered are in `spread`."""

    choice: Choice
    count: int
    duration: int  # ns
    spread: Spread
    course: Course


def hop_names(recording: Recording) -> list[str]:
    """List the hops in path order, the client left out."""
    hops = recording.hops
    return [recording.text(hops.name[hop]) for hop in range(len(hops.name)) if hops.role[hop] != Role.CLIENT]


def paths(recording: Recording) -> dict[str, int]:
    """Give the paths (targets up to their `?`) and how often each was asked for, most often first."""
    target = recording.requests.target
    counts = np.bincount(target[target >= 0], minlength=1)
    often = np.sort(np.argsort(-counts, kind="stable")[:TARGETS])
    found: dict[str, int] = {}
    for number, text in recording.texts.some(often[counts[often] > 0]).items():
        path = text.partition("?")[0]
        found[path] = found.get(path, 0) + int(counts[number])
    return dict(sorted(found.items(), key=lambda pair: -pair[1])[:MOST_PATHS])


def statistics(
    recording: Recording, choice: Choice | None = None, tell: Tell = lambda _: None
) -> Statistics | None:
    """Measure; None where the recording has no such hop. Raises what `tell` raises."""
    choice = choice or Choice()
    hop = _hop(recording, choice.hop)
    if hop is None:
        return None
    span = window(recording)
    tell(0.2)
    asked = span.counted if choice.path is None else span.counted & _on_path(recording, choice.path)
    axis = Axis.over(span.start, span.end)
    arrived, began, took = _visits(recording, hop, asked) if hop >= 0 else _requests(recording, asked)
    tell(0.4)
    visits = None if choice.path is None and span.counted.all() else _of_visits(recording, asked)
    held, life = _use(recording, hop, span, visits, axis)
    tell(0.7)
    waited, peaks = _line(recording, hop, span, visits, axis)
    tell(0.9)
    course = Course(
        axis, axis.counted(arrived), axis.counted(began + took), held, life, waited, peaks, span.length
    )
    return Statistics(choice, len(arrived), span.length, Spread.of(took), course)


def _hop(recording: Recording, name: str | None) -> int | None:
    """Give a hop's number; -1 for the whole, None for one that is not there."""
    if name is None:
        return -1
    names = [recording.text(number) for number in recording.hops.name]
    return names.index(name) if name in names else None


def _on_path(recording: Recording, path: str) -> NDArray[np.bool_]:
    """Say of each request whether its target is of a path."""
    target = recording.requests.target
    numbers = np.flatnonzero(np.bincount(target[target >= 0], minlength=1))
    wanted = np.zeros(len(recording.texts) + 1, bool)  # the last place stands for -1, no target
    for number, text in recording.texts.some(numbers).items():
        wanted[number] = text.partition("?")[0] == path
    return wanted[target]


def _of_visits(recording: Recording, requests: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Say of each visit whether its request is one of some."""
    return at(requests, recording.visits.request, missing=False)


def _requests(recording: Recording, asked: NDArray[np.bool_]) -> tuple[I8, I8, I8]:
    """Give when requests were due; and of those answered when they were, and their latency; ns."""
    table = recording.requests
    done = np.flatnonzero(answered(recording) & asked)
    start = table.start[done]
    return table.start[asked & (table.start != UNKNOWN)], start, table.end[done] - start


def _visits(recording: Recording, hop: int, asked: NDArray[np.bool_]) -> tuple[I8, I8, I8]:
    """Give the same of the visits at a hop."""
    table = recording.visits
    here = np.flatnonzero((table.hop == hop) & _of_visits(recording, asked))
    over = np.isin(table.outcome[here], (Outcome.OK, Outcome.ERROR)) & (table.answered[here] != UNKNOWN)
    done = here[over]
    return table.start[here], table.start[done], table.answered[done] - table.start[done]


def _use(
    recording: Recording, hop: int, span: Window, visits: NDArray[np.bool_] | None, axis: Axis
) -> tuple[F8, F8]:
    """Sum how long lanes that execute were held, and lived, up to each edge of the axis; ns."""
    table, phases = recording.lanes, recording.phases
    runs = lanes.executing(recording) & ((table.hop == hop) | (hop < 0))
    nearest = lanes.executors(recording)
    counts = np.append((nearest >= 0) & runs[nearest], False)  # its last place stands for -1, no lane
    held = counts[phases.lane]
    held &= phases.holds == 1
    if visits is not None:
        held &= np.append(visits, False)[phases.visit]
    rows = np.flatnonzero(held)
    start, end = _apart(recording, rows, nearest, counts[:-1], _ends(recording, rows, span.horizon))
    born = np.where(table.start == UNKNOWN, span.start, np.maximum(table.start, span.start))[runs]
    died = np.where(table.end == UNKNOWN, span.end, np.minimum(table.end, span.end))[runs]
    order = np.argsort(born)
    return axis.covered(start, end), axis.covered(born[order], np.maximum(born, died)[order])


def _apart(
    recording: Recording, rows: Rows, nearest: NDArray[np.int32], counts: NDArray[np.bool_], end: I8
) -> tuple[I8, I8]:
    """Leave out what is covered twice: nothing is, where each phase holds a lane for one by itself."""
    start = recording.phases.start[rows]
    alone = (nearest == np.arange(len(nearest))) & (recording.lanes.capacity == 1)
    if alone[counts].all():
        return start, end
    pieces = union(Intervals.of(nearest[recording.phases.lane[rows]], start, end))
    order = np.argsort(pieces.start, kind="stable")
    return pieces.start[order], pieces.end[order]


def _line(
    recording: Recording, hop: int, span: Window, visits: NDArray[np.bool_] | None, axis: Axis
) -> tuple[F8, I8]:
    """Sum how long visits stood in line up to each edge (ns), and count the most at once by bin."""
    phases, table = recording.phases, recording.visits
    rows = np.flatnonzero((phases.kind == PhaseKind.QUEUED) & (phases.visit >= 0))
    visit = phases.visit[rows]
    at_hop = (recording.hops.role != Role.CLIENT) if hop < 0 else np.arange(len(recording.hops.name)) == hop
    keep = at_hop[table.hop[visit]]
    if visits is not None:
        keep &= visits[visit]
    rows = rows[keep]
    start, end = phases.start[rows], _ends(recording, rows, span.horizon)
    return axis.covered(start, end), axis.peaks(start, end)


def _ends(recording: Recording, rows: Rows, until: int) -> I8:
    """Give the ends of some phases; an open one lasts until `until`, or its lane's end if that is sooner."""
    phases = recording.phases
    ends = phases.end[rows]
    open_ = np.flatnonzero(ends == UNKNOWN)
    if len(open_):
        lane_end = at(recording.lanes.end, phases.lane[rows[open_]], UNKNOWN)
        ends[open_] = np.where(lane_end == UNKNOWN, until, np.minimum(lane_end, until))
        ends[open_] = np.maximum(ends[open_], phases.start[rows[open_]])
    return ends
