"""The story of a request: its visits, outermost first, each with its phases; times since it was due, ns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tracer.analysis.window import horizon
from tracer.recording import UNKNOWN, Outcome, Recording, Role


@dataclass(frozen=True, slots=True)
class Phase:
    """One phase; `end` is that of the recording where it is still open."""

    kind: int
    start: int
    end: int
    what: str
    lane: int
    waits_for: int
    holds: bool


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit. `end` None: open; `parent` is its place in the story, -1: none."""

    id: int
    hop: int
    name: str
    role: int
    depth: int
    parent: int
    protocol: str
    status: int
    attempt: int
    start: int
    first_byte: int | None
    answered: int | None
    end: int | None
    src: str
    dst: str
    phases: tuple[Phase, ...]


@dataclass(frozen=True, slots=True)
class Story:
    """A request and its visits, a child after its parent, siblings by start."""

    id: int
    method: str
    target: str
    status: int
    outcome: str
    due: int  # since the first request was due
    length: int  # how long it took, or lasts until the end of the recording
    open: bool
    bytes_in: int
    bytes_out: int
    visits: tuple[Visit, ...]
    frames: tuple[int, int] | None  # the first and the last packet, where it is from a capture

    @property
    def hops(self) -> tuple[int, ...]:
        """The hops visited, by path."""
        return tuple(sorted({visit.hop for visit in self.visits}))


def story(recording: Recording, request: int) -> Story:
    """Read a request out of a recording; of its phases only those of its own time are looked at."""
    table, due = recording.requests, int(recording.requests.start[request])
    end = int(table.end[request])
    last = end if end != UNKNOWN else horizon(recording)
    rows = np.flatnonzero(recording.visits.request == request)
    phases, frames = _phases(recording, rows, due)
    ordered = _ordered(recording, rows.tolist())
    place = {row: number for number, (row, _) in enumerate(ordered)}
    return Story(
        request,
        recording.text(table.method[request]),
        recording.text(table.target[request]),
        int(table.status[request]),
        Outcome(int(table.outcome[request])).name.lower(),
        due - int(table.start[0]),
        last - due,
        end == UNKNOWN,
        int(table.bytes_in[request]),
        int(table.bytes_out[request]),
        tuple(_visit(recording, row, depth, place, phases.get(row, ()), due) for row, depth in ordered),
        frames,
    )


def _ordered(recording: Recording, rows: list[int]) -> list[tuple[int, int]]:
    """Give the visits with their depth, each after its parent."""
    mine = set(rows)
    children: dict[int, list[int]] = {row: [] for row in [-1, *rows]}
    for row in rows:
        parent = int(recording.visits.parent[row])
        children[parent if parent in mine and parent != row else -1].append(row)
    made: list[tuple[int, int]] = []
    open_ = [(row, 0) for row in reversed(children[-1])]
    while open_:
        row, depth = open_.pop()
        made.append((row, depth))
        open_ += [(child, depth + 1) for child in reversed(children[row])]
    return made


def _phases(
    recording: Recording, rows: np.ndarray, due: int
) -> tuple[dict[int, tuple[Phase, ...]], tuple[int, int] | None]:
    """Give the phases of some visits, by visit, and the frames that they are known from."""
    table, visits = recording.phases, recording.visits
    if not len(rows):
        return {}, None
    ends = visits.end[rows]
    first = int(np.searchsorted(table.start, visits.start[rows].min()))
    until = len(table.start)
    if (ends != UNKNOWN).all():
        until = int(np.searchsorted(table.start, ends.max(), "right"))
    mine = first + np.flatnonzero(np.isin(table.visit[first:until], rows))
    last = horizon(recording) if (table.end[mine] == UNKNOWN).any() else 0
    made: dict[int, list[Phase]] = {}
    for row in mine.tolist():
        end = int(table.end[row])
        made.setdefault(int(table.visit[row]), []).append(
            Phase(
                int(table.kind[row]),
                int(table.start[row]) - due,
                (end if end != UNKNOWN else last) - due,
                recording.text(table.what[row]),
                int(table.lane[row]),
                int(table.waits_for[row]),
                bool(table.holds[row]),
            )
        )
    return {visit: tuple(phases) for visit, phases in made.items()}, _frames(recording, mine)


def _frames(recording: Recording, rows: np.ndarray) -> tuple[int, int] | None:
    firsts, lasts = recording.phases.first_frame[rows], recording.phases.last_frame[rows]
    known = firsts >= 0
    return (int(firsts[known].min()), int(lasts[known].max())) if known.any() else None


def _visit(
    recording: Recording, row: int, depth: int, place: dict[int, int], phases: tuple[Phase, ...], due: int
) -> Visit:
    table, lanes = recording.visits, recording.lanes
    hop, connection = int(table.hop[row]), int(table.connection[row])

    def since(column: np.ndarray) -> int | None:
        value = int(column[row])
        return None if value == UNKNOWN else value - due

    return Visit(
        row,
        hop,
        recording.text(recording.hops.name[hop]),
        int(recording.hops.role[hop]),
        depth,
        place.get(int(table.parent[row]), -1),
        recording.text(table.protocol[row]),
        int(table.status[row]),
        int(table.attempt[row]),
        int(table.start[row]) - due,
        since(table.first_byte),
        since(table.answered),
        since(table.end),
        recording.text(lanes.src[connection]) if connection >= 0 else "",
        recording.text(lanes.dst[connection]) if connection >= 0 else "",
        phases,
    )


def is_client(visit: Visit) -> bool:
    """Whether a visit is the client's own."""
    return visit.role == Role.CLIENT
