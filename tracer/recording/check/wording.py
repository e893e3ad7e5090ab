"""Invariant 3, the words: what kind, holds, lane and waits_for of a phase can say together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tracer.recording.check.violation import Violation, rule
from tracer.recording.nouns import LaneKind, PhaseKind, Role

if TYPE_CHECKING:
    from tracer.recording.recording import Recording


def wording(r: Recording) -> list[Violation]:
    """Find phases that hold nothing they name, or wait for nothing, and connections that are none.

    A client's QUEUED is its own lateness, and so need not name a lane.
    """
    p = r.phases
    queued = p.kind == PhaseKind.QUEUED
    busy = np.isin(p.kind, (PhaseKind.RUNNING, PhaseKind.BLOCKED))
    free = np.isin(p.kind, (PhaseKind.AWAITING, PhaseKind.CALLING))
    rules = (
        ((p.holds == 1) & (p.lane < 0), "holds, and names no lane"),
        (queued & (p.holds == 0) & (p.lane >= 0), "is QUEUED and holds nothing, yet names a lane"),
        (queued & (p.waits_for < 0) & ~_at_client(r), "is QUEUED, and does not say for which lane"),
        (~queued & (p.waits_for >= 0), "waits for a lane, and is not QUEUED"),
        (busy & (p.lane >= 0) & (p.holds == 0), "is RUNNING or BLOCKED on a lane, and does not hold it"),
        (free & (p.holds == 1), "is AWAITING or CALLING, and holds a lane"),
        ((p.visit < 0) & (p.holds == 0), "is of no visit, and holds no lane"),
    )
    told = [violation for mask, says in rules for violation in rule(3, "phases", mask, says)]
    return told + rule(3, "visits", _no_connection(r), "has a connection that is no connection lane")


def _at_client(r: Recording) -> NDArray[np.bool_]:
    client = np.append(r.hops.role == Role.CLIENT, False)  # the last place is what -1 finds
    return np.asarray(client[np.append(r.visits.hop, -1)[r.phases.visit]])


def _no_connection(r: Recording) -> NDArray[np.bool_]:
    kind = np.append(r.lanes.kind, LaneKind.CONNECTION)  # the last place is what -1 finds
    return np.asarray(kind[r.visits.connection] != LaneKind.CONNECTION)
