"""Figures of each hop in path order, the client left out: its lanes, its queue, its time by phase."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tracer.analysis import lanes, queues
from tracer.analysis.intervals import most_at_once
from tracer.analysis.latency import SECOND
from tracer.analysis.lookup import at
from tracer.analysis.queues import Queued
from tracer.analysis.window import Window, phase_ends
from tracer.recording import UNKNOWN, LaneKind, PhaseKind, Recording, Role
from tracer.recording.nouns import I8

_SIDES: tuple[Literal["left", "right"], ...] = ("left", "right")
MOST_LANES = 256  # told one by one; a CGI server has a lane a request


@dataclass(frozen=True, slots=True)
class LaneFigures:
    """One lane: how long it was held of its life, and how many visits waited for it at once."""

    lane: str
    kind: str
    utilisation: float | None
    held_s: float
    life_s: float
    queue_max: int


@dataclass(frozen=True, slots=True)
class HopFigures:
    """One hop. Sums in seconds; `held_s` is of its lanes, by the kind of phase that holds them."""

    hop: str
    lanes: int
    utilisation: float | None
    queued_s: Queued
    queue_max: int
    phases_s: dict[str, float]
    visits: int
    held_s: dict[str, float]
    lane_figures: tuple[LaneFigures, ...]


@dataclass(frozen=True, slots=True)
class _Measured:
    """What is measured once for all hops."""

    recording: Recording
    window: Window
    ends: I8  # of phases
    visits: NDArray[np.bool_]  # of requests that count
    phase_hop: NDArray[np.int32]  # of phases of such visits, else -1
    queued: I8  # by visit
    use: lanes.LaneUse
    held: I8  # (hops, kinds)
    names: list[str | None]  # of lanes


def hops(recording: Recording, window: Window) -> tuple[HopFigures, ...]:
    """Measure the hops that are not the client."""
    measured = _measure(recording, window)
    roles = recording.hops.role
    return tuple(_figures(measured, hop) for hop in range(len(roles)) if roles[hop] != Role.CLIENT)


def queued_by_request(recording: Recording, window: Window) -> I8:
    """Sum what the visits of each counted request stood in line, the client's lateness left out; ns."""
    visits = recording.visits
    ns = queues.queued_ns(recording, phase_ends(recording, window.horizon))
    chosen = (visits.request >= 0) & (recording.hops.role[visits.hop] != Role.CLIENT) & (ns >= 0)
    total = np.zeros(len(window.counted), np.int64)
    np.add.at(total, visits.request[chosen], ns[chosen])
    seen = np.zeros(len(window.counted), bool)
    seen[visits.request[chosen]] = True
    return total[seen & window.counted]


def _measure(recording: Recording, window: Window) -> _Measured:
    visits, phases = recording.visits, recording.phases
    ends = phase_ends(recording, window.horizon)
    counted = at(window.counted, visits.request, missing=False)
    of_visit = np.where(counted, visits.hop, np.int32(UNKNOWN))
    return _Measured(
        recording,
        window,
        ends,
        counted,
        at(of_visit, phases.visit, UNKNOWN),
        queues.queued_ns(recording, ends),
        lanes.use(recording, window, ends),
        lanes.held_by_kind(recording, window, ends),
        lanes.names(recording),
    )


def _figures(m: _Measured, hop: int) -> HopFigures:
    recording = m.recording
    here = m.phase_hop == hop
    visits = m.visits & (recording.visits.hop == hop)
    runs = np.flatnonzero(m.use.executing & (recording.lanes.hop == hop))
    app = recording.hops.role[hop] == Role.APP
    return HopFigures(
        hop=recording.text(recording.hops.name[hop]),
        lanes=len(runs),
        utilisation=None if app else _share(m.use.held[runs].sum(), m.use.life[runs].sum()),
        queued_s=queues.queued(m.queued[visits]),
        queue_max=queues.queue_max(recording, m.ends, here),
        phases_s=_by_kind(_phase_sums(m, here)),
        visits=int(np.count_nonzero(visits)),
        held_s=_by_kind(m.held[hop]),
        lane_figures=_lane_figures(m, hop),
    )


def _phase_sums(m: _Measured, here: NDArray[np.bool_]) -> I8:
    rows = np.flatnonzero(here)
    sums = np.zeros(len(PhaseKind), np.int64)
    np.add.at(sums, m.recording.phases.kind[rows], m.ends[rows] - m.recording.phases.start[rows])
    return sums


def _by_kind(ns: I8) -> dict[str, float]:
    return {kind.name: int(ns[kind]) / SECOND for kind in PhaseKind}


def _share(held: np.integer | int, life: np.integer | int) -> float | None:
    return int(held) / int(life) if life else None


def _lane_figures(m: _Measured, hop: int) -> tuple[LaneFigures, ...]:
    """Tell the lanes that execute, and those that somebody waited for; the most held ones if many."""
    phases = m.recording.phases
    rows = np.flatnonzero((phases.kind == PhaseKind.QUEUED) & (phases.waits_for >= 0))
    rows = rows[np.argsort(phases.waits_for[rows], kind="stable")]
    lanes_waited_for = phases.waits_for[rows]
    every = np.arange(len(m.use.held))
    first, after = (np.searchsorted(lanes_waited_for, every, side) for side in _SIDES)
    chosen = np.flatnonzero((m.recording.lanes.hop == hop) & (m.use.executing | (after > first)))
    chosen = chosen[np.argsort(-m.use.held[chosen], kind="stable")][:MOST_LANES]
    told = [_lane(m, int(lane), rows[first[lane] : after[lane]]) for lane in chosen]
    return tuple(sorted(told, key=_place))


def _place(lane: LaneFigures) -> tuple[bool, list[tuple[bool, int, str]]]:
    """Put what is only waited for (a pool) first, and `worker 10` after `worker 9`."""
    parts = re.findall(r"\d+|\D+", lane.lane)
    words = [(part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in parts]
    return lane.utilisation is not None, words


def _lane(m: _Measured, lane: int, waiting: NDArray[np.intp]) -> LaneFigures:
    table, runs = m.recording.lanes, bool(m.use.executing[lane])
    held, life = int(m.use.held[lane]), int(m.use.life[lane])
    return LaneFigures(
        lane=m.names[lane] or "",
        kind=LaneKind(int(table.kind[lane])).name.lower(),
        utilisation=_share(held, life) if runs else None,
        held_s=held / SECOND,
        life_s=life / SECOND,
        queue_max=most_at_once(m.recording.phases.start[waiting], m.ends[waiting]),
    )
