"""Which requests count, and the span of time that the figures are about."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracer.analysis.lookup import at
from tracer.recording import UNKNOWN, Recording
from tracer.recording.nouns import I8


@dataclass(frozen=True, slots=True)
class Window:
    """From the first counted request's due time to the last known end of one; ns.

    `counted` says of each request whether it counts; `horizon` is the last instant that the recording
    knows of, to which what is still open has lasted at least.
    """

    start: int
    end: int
    counted: NDArray[np.bool_]
    horizon: int

    @property
    def length(self) -> int:
        """Give ns."""
        return self.end - self.start


def window(recording: Recording, chosen: NDArray[np.bool_] | None = None) -> Window:
    """Find the window; the first `meta["warmup"]` requests are left out of the figures.

    `chosen`, shape (requests,): those that count, of the rest.
    """
    requests = recording.requests
    counted = np.ones(len(requests.start), bool)
    counted[: int(recording.meta.get("warmup", 0))] = False
    if chosen is not None:
        counted &= chosen
    starts = requests.start[counted & (requests.start != UNKNOWN)]
    ends = requests.end[counted & (requests.end != UNKNOWN)]
    last = horizon(recording)
    start = int(starts.min()) if len(starts) else last
    end = int(ends.max()) if len(ends) else last
    return Window(start, max(start, end), counted, last)


def horizon(recording: Recording) -> int:
    """Give the latest time that stands anywhere in a recording; 0 if none does."""
    visits, phases = recording.visits, recording.phases
    columns = (
        *(recording.requests.start, recording.requests.end),
        *(visits.start, visits.first_byte, visits.answered, visits.end),
        *(phases.start, phases.end),
        *(recording.lanes.start, recording.lanes.end, recording.marks.time),
    )
    return max((int(column.max()) for column in columns if len(column)), default=0)


def phase_ends(recording: Recording, until: int) -> I8:
    """Give the end of each phase; an open one lasts until `until`, or its lane's end if that is sooner."""
    phases = recording.phases
    open_ = np.flatnonzero(phases.end == UNKNOWN)
    ends = np.array(phases.end)
    lane_end = at(recording.lanes.end, phases.lane[open_], UNKNOWN)
    ends[open_] = np.where(lane_end == UNKNOWN, until, np.minimum(lane_end, until))
    return np.maximum(ends, phases.start, out=ends)
