"""Explained: how much of what the client waited for, the server's own phases account for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracer.analysis.intervals import Intervals, intersection, joined
from tracer.analysis.lookup import at
from tracer.analysis.window import horizon, phase_ends
from tracer.recording import UNKNOWN, PhaseKind, Recording, Role
from tracer.recording.nouns import I8

_DEEPEST = 64


@dataclass(frozen=True, slots=True)
class Explained:
    """Per visit of the client, in order of start: ns AWAITING, and ns of these that are covered."""

    visit: NDArray[np.intp]
    awaiting: I8
    covered: I8

    @property
    def share(self) -> float | None:
        """Give the share over all of them; None if the client waited for nothing or was not recorded."""
        awaited = int(self.awaiting.sum())
        return int(self.covered.sum()) / awaited if awaited else None


def explained(recording: Recording, requests: NDArray[np.bool_] | None = None) -> Explained:
    """Compare the client's AWAITING with the phases of its server visit that are not UNSEEN.

    A CALLING phase counts as far as the visits nested in it do. What is open in the server lasts to the end
    of the recording (the client may have given up on it); what the client still waits for stays out.
    `requests`, shape (requests,), says whose visits are looked at; None: all.
    """
    visits = recording.visits
    client = np.flatnonzero(recording.hops.role == Role.CLIENT)
    mine = np.isin(visits.hop, client)
    if requests is not None:
        mine &= at(requests, visits.request, missing=False)
    waits = _phases(recording, mine, (PhaseKind.AWAITING,), recording.phases.end)
    seen = _covered(recording, mine)
    chosen = np.flatnonzero(mine)
    common = intersection(waits, seen)
    count = len(visits.start)
    return Explained(chosen, waits.lengths(count)[chosen], common.lengths(count)[chosen])


def _covered(recording: Recording, client: NDArray[np.bool_]) -> Intervals:
    """Give what the visits below the client's cover; the key is the client's visit."""
    levels, ends = _levels(recording, client), phase_ends(recording, horizon(recording))
    below = Intervals(*(np.empty(0, np.int64) for _ in range(3)))
    kinds = [kind for kind in PhaseKind if kind not in (PhaseKind.UNSEEN, PhaseKind.CALLING)]
    for level in reversed(levels):
        calls = intersection(_phases(recording, level, (PhaseKind.CALLING,), ends), below)
        here = joined(_phases(recording, level, tuple(kinds), ends), calls)
        below = Intervals(recording.visits.parent[here.key].astype(np.int64), here.start, here.end)
    return below


def _levels(recording: Recording, client: NDArray[np.bool_]) -> list[NDArray[np.bool_]]:
    """Sort the visits below the client's by depth: its children, then their children, and so on."""
    parent, levels, above = recording.visits.parent, [], client
    for _ in range(_DEEPEST):
        level = at(above, parent, missing=False)
        if not level.any():
            break
        levels.append(level)
        above = level
    return levels


def _phases(
    recording: Recording, visits: NDArray[np.bool_], kinds: tuple[PhaseKind, ...], ends: I8
) -> Intervals:
    """Give the phases of some kinds of some visits, up to their `ends`, those without one left out.

    The key is the visit.
    """
    phases = recording.phases
    rows = np.flatnonzero(np.isin(phases.kind, kinds) & (phases.visit >= 0) & (ends != UNKNOWN))
    rows = rows[visits[phases.visit[rows]]]
    return Intervals.of(phases.visit[rows], phases.start[rows], ends[rows])
