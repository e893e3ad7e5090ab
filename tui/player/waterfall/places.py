"""Places: the rows of a stack by lane, and in which of them each phase stands."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tracer.recording import PhaseKind
from tui.player.part import ALL, Part, parts_of
from tui.player.stack import Stack
from tui.player.steps import FOREVER
from tui.player.waterfall.cover import IDLE, OTHER, Ints, Spans

MANY_LANES = 400
"""Lanes beyond these have no row: nobody scrolls through more."""


class Place(NamedTuple):
    """One row: "lane" is a seat, "queue", "outside" and "inside" are counted."""

    noun: str
    hop: str  # its name where the stack has several
    lane: int  # -1 for what is counted


Which = slice | NDArray[np.intp]


@dataclass(frozen=True, eq=False, repr=False)
class Places:
    """The rows of a stack, hop by hop: its queue, its lanes, and who waits outside."""

    stack: Stack

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """The bands of the stack."""
        return parts_of(self.stack)

    @cached_property
    def rows(self) -> tuple[Place, ...]:
        """Every row, top to bottom in the order in which a request passes them."""
        return tuple(place for part in self.parts for place in _of(part))

    @cached_property
    def _by_lane(self) -> Ints:
        """Lane -> its row; the last entry is for no lane."""
        found = np.full(len(self.stack.recording.lanes.hop) + 1, -1)
        for row, place in enumerate(self.rows):
            if place.lane >= 0:
                found[place.lane] = row
        return found

    @cached_property
    def _counted(self) -> Ints:
        """(band, kind) -> the row in which such a phase is counted; the last band is for none."""
        found = np.full((len(self.parts) + 1, len(PhaseKind)), -1)
        row = 0
        for band, part in enumerate(self.parts):
            for place in _of(part):
                for kind in _KINDS.get(place.noun, ()):
                    found[band, kind] = row
                row += 1
        return found

    @cached_property
    def band_of_visit(self) -> Ints:
        """Visit -> the band that it stands in; -1 for the client's. The last entry is for no visit."""
        found = np.full(len(self.stack.recording.visits.hop) + 1, -1)
        for band, part in enumerate(self.parts):
            found[:-1][part.visits] = band
        return found

    def spans(self, which: Which, kept: NDArray[np.bool_] | None) -> Spans:
        """Give phases as spans of rows; `kept`, by request, says which the filter leaves in."""
        phases, visit = self.stack.recording.phases, self.stack.recording.phases.visit[which]
        kind = phases.kind[which].astype(np.int64)
        held = phases.holds[which] == 1
        row = np.where(
            held, self._by_lane[phases.lane[which]], self._counted[self.band_of_visit[visit], kind]
        )
        sort = np.where(visit < 0, IDLE, kind)
        if kept is not None and len(kept):
            requests = self.stack.recording.visits.request
            asked = requests[np.maximum(visit, 0)] if len(requests) else np.zeros(len(visit), np.int64)
            sort = np.where((visit >= 0) & ~kept[asked], OTHER, sort)
        return Spans(row, sort, *times(self.stack, which))


def times(stack: Stack, which: Which) -> tuple[Ints, Ints]:
    """Give start and end of phases since the stack's time 0; what is open lasts as long as the recording."""
    phases = stack.recording.phases
    end = phases.end[which]
    last = stack.end if stack.end < FOREVER else int(end.max(initial=0))
    return phases.start[which] - stack.origin, np.where(end < 0, last, end - stack.origin)


def within(stack: Stack, window: tuple[int, int]) -> tuple[NDArray[np.intp], slice]:
    """Give the phases that were going on when a window begins, and those that start within it."""
    start, end = (t + stack.origin for t in window)
    first, last = np.searchsorted(stack.recording.phases.start, (start, end), ("right")).tolist()
    return stack.blocks.alive(start), slice(first, last)


_KINDS = {
    "queue": (PhaseKind.QUEUED,),
    "outside": (PhaseKind.AWAITING,),
    "inside": (PhaseKind.TRANSFER, PhaseKind.UNSEEN),
}


def _of(part: Part) -> list[Place]:
    """List the rows of a band; of one without lanes, as in captures, all that is inside is counted."""
    name = "" if part.hop == ALL else part.name
    lanes = [*part.executing, *(pool for pool in part.pools if pool not in part.executing)][:MANY_LANES]
    seats = [Place("lane", name, lane) for lane in lanes]
    inside = [] if seats else [Place("inside", name, -1)]
    return [Place("queue", name, -1), *seats, *inside, Place("outside", name, -1)]
