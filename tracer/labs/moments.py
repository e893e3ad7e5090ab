"""The moments of one recording that a narration speaks of: when a line forms, who waits, who holds."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tracer.analysis.lanes import executing
from tracer.analysis.outcomes import answered
from tracer.analysis.summary import Summary, summarise
from tracer.analysis.verdict import busiest
from tracer.recording import PhaseKind, Recording, Role

MS = 1_000_000


@dataclass(frozen=True)
class Moments:
    """One side of a scene. Instants are ns since its first request was due, latencies ms."""

    recording: Recording

    @classmethod
    def of(cls, recording: Recording) -> Moments:
        """Look at a recording that has at least one request."""
        return cls(recording)

    @cached_property
    def zero(self) -> int:
        """When the first request was due, ns since the epoch."""
        return int(self.recording.requests.start[0])

    @cached_property
    def summary(self) -> Summary:
        """The figures of `tracer summary`."""
        return summarise(self.recording)

    @property
    def p50(self) -> float:
        """The median latency, ms."""
        return (self.summary.latency_s.p50 or 0.0) * 1000

    @property
    def max(self) -> float:
        """The longest latency, ms."""
        return (self.summary.latency_s.max or 0.0) * 1000

    @property
    def held_share(self) -> float:
        """The share of the time for which the lanes of its busiest hop were held, from 0 to 1."""
        hop = busiest(self.summary)
        return (hop.utilisation or 0.0) if hop else 0.0

    @property
    def grows(self) -> bool:
        """Whether the last third waits clearly longer than the first."""
        requests = self.recording.requests
        took = (requests.end - requests.start)[answered(self.recording)]
        third = max(1, len(took) // 3)
        return len(took) > 0 and bool(np.median(took[-third:]) > 1.5 * np.median(took[:third]))

    @property
    def end(self) -> int:
        """The last byte of the last answer."""
        return int(self.recording.requests.end.max()) - self.zero

    @property
    def first_start(self) -> int:
        """When a server first had a request."""
        return int(self.recording.visits.start[self._at_servers(np.arange(len(self._hop)))].min()) - self.zero

    @cached_property
    def longest(self) -> tuple[int, int]:
        """The instant at which most stand in line, and how many those are.

        It lies in the middle of the longest interval of that length, away from arrivals and wake-ups.
        """
        times, counts = self._line
        if not len(times):
            return 0, 0
        most = int(counts.max())
        lasts = np.where(counts[:-1] == most, np.diff(times), -1)
        at = int(np.argmax(lasts))
        return int(times[at] + times[at + 1]) // 2, most

    def line_of(self, number: int) -> int | None:
        """An instant at which so many stand in line, for 5 ms at least; None if they never do.

        It lies between the first such arrival and the next change, when who came has been woken up.
        """
        times, counts = self._line
        for i in np.flatnonzero(counts >= number):
            later = np.flatnonzero(counts[i:] < number)
            if len(later) and times[i + later[0]] - times[i] >= 5 * MS:
                return int(times[i] + times[i + 1]) // 2
        return None

    def line_at(self, at: int) -> int:
        """How many stand in line."""
        return len(self.queued(at))

    def queued(self, at: int) -> list[int]:
        """Numbers, from 1, of the requests that stand in line."""
        return self._numbers(self._alive(at) & (self._kind == PhaseKind.QUEUED))

    def held(self, at: int) -> list[int]:
        """Numbers, from 1, of the requests that hold a lane that executes."""
        return self._numbers(self._alive(at) & (self.recording.phases.holds == 1) & self._on_executing)

    def outside(self, at: int) -> int:
        """How many wait outside of a free lane."""
        return len(self._numbers(self._alive(at) & (self._kind == PhaseKind.AWAITING)))

    @property
    def _kind(self) -> NDArray[np.int8]:
        return self.recording.phases.kind

    @property
    def _hop(self) -> NDArray[np.int32]:
        return self.recording.visits.hop

    @cached_property
    def _on_executing(self) -> NDArray[np.bool_]:
        executes = executing(self.recording)
        lane = self.recording.phases.lane
        return np.asarray((lane >= 0) & np.append(executes, False)[lane])

    def _at_servers(self, visit: NDArray[np.int_]) -> NDArray[np.bool_]:
        role = self.recording.hops.role[self._hop[visit]]
        return np.asarray(role != Role.CLIENT)

    @cached_property
    def _served(self) -> NDArray[np.bool_]:
        """Which phases belong to a visit of a server or an app."""
        visit = self.recording.phases.visit
        if not len(self._hop):
            return np.zeros(len(visit), np.bool_)
        return (visit >= 0) & self._at_servers(np.maximum(visit, 0))

    @cached_property
    def _line(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Instants at which the line changes, and how many stand in it from then on."""
        phases = self.recording.phases
        mine = self._served & (phases.kind == PhaseKind.QUEUED)
        end = np.where(phases.end < 0, self.end + self.zero, phases.end)[mine] - self.zero
        times = np.concatenate([phases.start[mine] - self.zero, end])
        steps = np.repeat([1, -1], mine.sum())
        order = np.lexsort((steps, times))
        return times[order], np.cumsum(steps[order])

    def _alive(self, at: int) -> NDArray[np.bool_]:
        phases = self.recording.phases
        now = at + self.zero
        return self._served & (phases.start <= now) & ((phases.end > now) | (phases.end < 0))

    def _numbers(self, mask: NDArray[np.bool_]) -> list[int]:
        visits = np.unique(self.recording.phases.visit[mask])
        return [int(request) + 1 for request in np.unique(self.recording.visits.request[visits])]
