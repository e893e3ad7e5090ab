"""The figures that `compare` compares, of one recording or several replications, block by block.

Of the whole: latency and throughput. Of each hop: how long visits stay, how many there are per second, how
much its lanes are held, and how long a visit is in each phase. Who waits for a lock such as the GIL counts as
RUNNING: a simulation sees that wait, hooks do not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tracer.analysis import lanes, queues
from tracer.analysis.compare_blocks import (
    F8,
    Estimate,
    Mean,
    Sample,
    block_of,
    estimate,
    estimate_percentiles,
    how_many,
)
from tracer.analysis.intervals import union
from tracer.analysis.latency import SECOND
from tracer.analysis.lookup import at
from tracer.analysis.outcomes import answered
from tracer.analysis.window import Window, phase_ends, window
from tracer.recording import UNKNOWN, LaneKind, PhaseKind, Recording, Role
from tracer.recording.nouns import I8

PERCENTILES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99}
METRICS = (
    "mean",
    *PERCENTILES,
    "throughput",
    "utilisation",
    *(kind.name.lower() for kind in PhaseKind),
)
"""Names of metrics; those of phases are seconds a visit spends in them, on average."""


class Key(NamedTuple):
    """Which figure: of a hop, or of the whole (None)."""

    hop: str | None
    metric: str


@dataclass(frozen=True, slots=True)
class _Cut:
    """A recording, cut into blocks."""

    recording: Recording
    window: Window
    blocks: int
    block: I8  # of each request
    ends: I8  # of phases

    @property
    def edges(self) -> I8:
        """The instants between blocks, the first and the last one too; shape (blocks + 1,)."""
        whole = self.window.length
        return self.window.start + whole * np.arange(self.blocks + 1) // self.blocks


_Parts = dict[Key, "Mean | Sample"]


def estimates(recordings: Sequence[Recording]) -> dict[Key, Estimate]:
    """Measure a side; of several replications each is one block."""
    if len(recordings) == 1:
        return _finished(_parts(_cut(recordings[0])))
    return _finished(_together([_parts(_whole(recording)) for recording in recordings]))


def _cut(recording: Recording) -> _Cut:
    span = window(recording)
    chosen = span.counted & answered(recording)
    start = recording.requests.start
    values = (recording.requests.end[chosen] - start[chosen]).astype(np.float64)
    # Blocks are of arrivals: what the last ones leave behind belongs to theirs.
    last = int(start[span.counted].max()) + 1 if span.counted.any() else span.end
    blocks = how_many(values, start[chosen], span.start, last)
    block = block_of(start, span.start, last, blocks)
    return _Cut(recording, span, blocks, block, phase_ends(recording, span.horizon))


def _whole(recording: Recording) -> _Cut:
    span = window(recording)
    block = np.zeros(len(recording.requests.start), np.int64)
    return _Cut(recording, span, 1, block, phase_ends(recording, span.horizon))


def _together(parts: Sequence[_Parts]) -> _Parts:
    """Put replications side by side, as blocks; what one of them lacks counts nothing there."""
    made: _Parts = {}
    for key in dict.fromkeys(key for part in parts for key in part):
        found = [(i, part[key]) for i, part in enumerate(parts) if key in part]
        means = [(i, one) for i, one in found if isinstance(one, Mean)]
        samples = [(i, one) for i, one in found if isinstance(one, Sample)]
        made[key] = _joined(samples, len(parts)) if samples else _side_by_side(means, len(parts))
    return made


def _joined(samples: list[tuple[int, Sample]], blocks: int) -> Sample:
    values = np.concatenate([sample.values for _, sample in samples])
    block = np.concatenate([np.full(len(sample.values), i) for i, sample in samples])
    return Sample(values, block, blocks)


def _side_by_side(means: list[tuple[int, Mean]], blocks: int) -> Mean:
    sums, counts = np.zeros(blocks), np.zeros(blocks)
    for i, mean in means:
        sums[i], counts[i] = mean.sums.sum(), mean.counts.sum()
    return Mean(sums, counts)


def _finished(parts: _Parts) -> dict[Key, Estimate]:
    """Estimate all; a sample, which stands under its mean's name, gives its percentiles too."""
    made: dict[Key, Estimate] = {}
    for key, part in parts.items():
        told = estimate(part.mean() if isinstance(part, Sample) else part)
        if told is None:
            continue
        made[key] = told
        if isinstance(part, Sample):
            shares = estimate_percentiles(part, list(PERCENTILES.values()))
            made |= {Key(key.hop, name): one for name, one in zip(PERCENTILES, shares, strict=True)}
    return made


def _parts(cut: _Cut) -> _Parts:
    requests, span = cut.recording.requests, cut.window
    chosen = span.counted & answered(cut.recording)
    ns = (requests.end[chosen] - requests.start[chosen]).astype(np.float64)
    made: _Parts = {Key(None, "mean"): Sample(ns, cut.block[chosen], cut.blocks)}
    made[Key(None, "throughput")] = _rate(cut, requests.end[chosen])
    roles = cut.recording.hops.role
    for hop in np.flatnonzero(roles != Role.CLIENT).tolist():
        made |= _of_hop(cut, hop)
    return made


def _rate(cut: _Cut, answered: I8) -> Mean:
    """Give answers a second, by the block of time that they are given in."""
    block = block_of(answered, cut.window.start, cut.window.end, cut.blocks)
    each = np.full(cut.blocks, cut.window.length / SECOND / cut.blocks)
    return Mean(np.bincount(block, minlength=cut.blocks).astype(np.float64), each)


def _of_hop(cut: _Cut, hop: int) -> _Parts:
    recording, visits = cut.recording, cut.recording.visits
    name = recording.text(recording.hops.name[hop])
    here = np.flatnonzero(at(cut.window.counted, visits.request, missing=False) & (visits.hop == hop))
    if not len(here):
        return {}
    over = here[visits.answered[here] != UNKNOWN]
    block = cut.block[visits.request[over]]
    stays = (visits.answered[over] - visits.start[over]).astype(np.float64)
    made: _Parts = {Key(name, "mean"): Sample(stays, block, cut.blocks)}
    made[Key(name, "throughput")] = _rate(cut, visits.answered[over])
    if recording.hops.role[hop] != Role.APP:
        made |= {Key(name, "utilisation"): use for use in [_utilisation(cut, hop)] if use.counts.sum()}
    return made | _phases(cut, name, here)


def _utilisation(cut: _Cut, hop: int) -> Mean:
    """Give held time over life of the lanes that execute, by block."""
    recording, edges = cut.recording, cut.edges
    runs = lanes.executing(recording) & (recording.lanes.hop == hop)
    held = union(lanes.holding(recording, cut.ends).clipped(cut.window.start, cut.window.end))
    mine = runs[held.key]
    table = recording.lanes
    born = np.where(table.start == UNKNOWN, cut.window.start, table.start)[runs]
    gone = np.where(table.end == UNKNOWN, cut.window.end, table.end)[runs]
    return Mean(_within(held.start[mine], held.end[mine], edges), _within(born, gone, edges))


def _within(start: I8, end: I8, edges: I8) -> F8:
    """Sum how much of intervals lies in each block."""
    lengths = [
        np.maximum(np.minimum(end, after) - np.maximum(start, before), 0).sum()
        for before, after in pairwise(edges.tolist())
    ]
    return np.array(lengths, np.float64)


def _phases(cut: _Cut, name: str, here: NDArray[np.intp]) -> _Parts:
    """Give how long a visit is in each phase on average; of queueing where the source sees it."""
    phases, visits = cut.recording.phases, cut.recording.visits
    block = cut.block[visits.request[here]]
    counts = (np.bincount(block, minlength=cut.blocks) * SECOND).astype(np.float64)
    mine = np.zeros(len(visits.start), bool)
    mine[here] = True
    rows = np.flatnonzero(at(mine, phases.visit, missing=False))
    kind = _folded(cut.recording, rows)
    length = (cut.ends[rows] - phases.start[rows]).astype(np.float64)
    of = cut.block[visits.request[phases.visit[rows]]]
    made: _Parts = {}
    for one in PhaseKind:
        sums = np.bincount(of[kind == one], length[kind == one], cut.blocks).astype(np.float64)
        if sums.any() or (one == PhaseKind.QUEUED and queues.sees_queues(cut.recording)[here].any()):
            made[Key(name, one.name.lower())] = Mean(sums, counts)
    return made


def _folded(recording: Recording, rows: NDArray[np.intp]) -> NDArray[np.int8]:
    """Give the kinds of phases; QUEUED for a lock, the thread being held, counts as RUNNING."""
    phases = recording.phases
    locks = at(recording.lanes.kind == LaneKind.LOCK, phases.waits_for[rows], missing=False)
    kind = phases.kind[rows]
    waits = (kind == PhaseKind.QUEUED) & (phases.holds[rows] == 1) & locks
    return np.where(waits, np.int8(PhaseKind.RUNNING), kind)
