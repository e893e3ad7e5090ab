"""The course of a recording: what came, was answered, held and waited, as sums up to each of many instants.

Sums are kept, not rates: so a picture of any width asks for the sum at its own edges, and nothing is lost
between two of them. All of it is counting into bins; only the queue's peaks need a sort.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tracer.analysis.spread import F8
from tracer.recording.nouns import I8

BINS = 1024
FEW = 200_000  # intervals that are summed in one piece sooner than bin by bin


@dataclass(frozen=True, slots=True)
class Axis:
    """`BINS` bins of `width` ns from `start` on."""

    start: int
    width: int

    @classmethod
    def over(cls, start: int, end: int) -> Axis:
        """Cover [start, end]."""
        return cls(start, max(1, -(-(end - start) // BINS)))

    @property
    def edges(self) -> I8:
        """Give the bins' edges, ns since `start`; shape (BINS + 1,)."""
        return self.width * np.arange(BINS + 1, dtype=np.int64)

    def first_edge(self, times: I8) -> I8:
        """Give for each time the first edge that is not before it, BINS + 1 for one beyond the last."""
        places = np.ceil((times - self.start) / self.width)
        return np.clip(places, 0, BINS + 1, out=places).astype(np.int64)

    def counted(self, times: I8) -> F8:
        """Count the times up to each edge; shape (BINS + 1,)."""
        return np.cumsum(np.bincount(self.first_edge(times), minlength=BINS + 2))[:-1].astype(np.float64)

    def covered(self, start: I8, end: I8) -> F8:
        """Sum what of the intervals lies before each edge, ns; `start` ascends; shape (BINS + 1,).

        Most begin and end in one bin, and count whole at its end; the few that cross an edge are set apart.
        Bin by bin the processor's cache holds all of it: five million take 10 ms, in one piece 60.
        """
        if len(start) < FEW:
            return np.asarray(self._since(start) - self._since(end))
        edges = self.edges + self.start
        bounds = [0, *np.searchsorted(start, edges, "right").tolist(), len(start)]
        whole = np.zeros(BINS + 1, np.int64)
        crossing = [np.arange(bounds[1])]
        for n in range(1, BINS + 1):
            a, b = bounds[n], bounds[n + 1]
            apart = a + np.flatnonzero(end[a:b] > edges[n])
            # Sums of times of the epoch may wrap round; their difference is right all the same.
            whole[n] = end[a:b].sum() - start[a:b].sum() - (end[apart] - start[apart]).sum()
            crossing.append(apart)
        some = np.concatenate(crossing)
        return np.asarray(np.cumsum(whole) + self._since(start[some]) - self._since(end[some]))

    def _since(self, times: I8) -> F8:
        """Sum how long ago each time is that has passed, at each edge."""
        times = np.maximum(times, self.start)
        place = self.first_edge(times)
        ago = np.cumsum(np.bincount(place, times - self.start, minlength=BINS + 2))[:-1]
        passed = np.cumsum(np.bincount(place, minlength=BINS + 2))[:-1]
        return np.asarray(passed * self.edges - ago)

    def peaks(self, start: I8, end: I8) -> I8:
        """Give the most intervals that overlap within each bin; `start` ascends; shape (BINS,)."""
        some = end > start
        start, end = start[some], np.sort(end[some])
        edges = self.edges[:-1] + self.start
        most = np.searchsorted(start, edges, "right") - np.searchsorted(end, edges, "right")
        # Two ascending runs: a stable sort merges them, ends before starts of the same instant.
        order = np.argsort(np.concatenate([end, start]), kind="stable")
        depth = np.cumsum(np.where(order < len(end), -1, 1))[order >= len(end)]
        first = np.append(np.searchsorted(start, edges), np.searchsorted(start, edges[-1] + self.width))
        full = np.flatnonzero(np.diff(first))
        if len(full):
            inside = depth[: first[-1]]
            most[full] = np.maximum(most[full], np.maximum.reduceat(inside, first[full]))
        return most.astype(np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """Sums at the axis's edges, shape (BINS + 1,); `peaks` by bin. Times in ns since the first request."""

    axis: Axis
    arrived: F8
    answered: F8
    held: F8  # ns, of lanes that execute
    life: F8  # ns, of the same lanes
    waited: F8  # ns, of visits that stand in line
    peaks: I8  # the most that stood in line at once
    end: int  # ns: of the recording, on the axis

    def rate(self, sums: F8, edges: F8) -> F8:
        """Give per second what a column of sums grows by between edges; shape (len(edges) - 1,)."""
        return np.asarray(np.diff(self._at(sums, edges)) / np.diff(edges) * 1e9)

    def utilisation(self, edges: F8) -> F8:
        """Give the held share of the lanes' lives between edges; 0 where no lane lives."""
        held, life = np.diff(self._at(self.held, edges)), np.diff(self._at(self.life, edges))
        return np.divide(held, life, out=np.zeros_like(held), where=life > 0)

    def queue(self, edges: F8) -> tuple[F8, F8]:
        """Give the mean and the largest number in line between edges."""
        first = np.clip((edges[:-1] // self.axis.width).astype(np.int64), 0, BINS - 1)
        last = np.clip(np.ceil(edges[1:] / self.axis.width).astype(np.int64), first + 1, BINS)
        most = np.array([self.peaks[a:b].max() for a, b in zip(first, last, strict=True)], np.float64)
        most[edges[:-1] >= self.end] = 0
        return np.diff(self._at(self.waited, edges)) / np.diff(edges), most

    def _at(self, sums: F8, edges: F8) -> F8:
        return np.asarray(np.interp(edges, self.axis.edges, sums))
