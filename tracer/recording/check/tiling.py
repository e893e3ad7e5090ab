"""Invariant 1: a visit's phases tile [start, end], without a gap and without an overlap."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tracer.recording.check.violation import Violation, found, where

if TYPE_CHECKING:
    from tracer.recording.recording import Recording


def tiling(r: Recording) -> list[Violation]:
    """Find visits that a stretch of their time is missing from, or told twice."""
    own = where(r.phases.visit >= 0)
    order = own[np.argsort(r.phases.visit[own], kind="stable")]  # by visit, and in each by time
    visit = r.phases.visit[order]
    change = visit[1:] != visit[:-1]
    edge = np.ones(1, np.bool_)
    first, last = np.concatenate([edge[: len(visit)], change]), np.concatenate([change, edge[: len(visit)]])
    return [*_bare(r), *_begins(r, order[first]), *_ends(r, order[last]), *_seams(r, order, ~change)]


def _bare(r: Recording) -> list[Violation]:
    bare = np.ones(len(r.visits.start), np.bool_)
    bare[r.phases.visit[r.phases.visit >= 0]] = False
    lasting = where(bare & (r.visits.end != r.visits.start))
    return found(1, "visits", lasting, lambda row: f"visit {row} has no phase")


def _begins(r: Recording, phases: NDArray[Any]) -> list[Violation]:
    p, v = r.phases, r.visits
    wrong = phases[p.start[phases] != v.start[p.visit[phases]]]
    return found(
        1,
        "phases",
        wrong,
        lambda row: (
            f"phase {row}, the first of visit {p.visit[row]}, starts at {p.start[row]}, "
            f"the visit at {v.start[p.visit[row]]}"
        ),
    )


def _ends(r: Recording, phases: NDArray[Any]) -> list[Violation]:
    p, v = r.phases, r.visits
    wrong = phases[p.end[phases] != v.end[p.visit[phases]]]
    return found(
        1,
        "phases",
        wrong,
        lambda row: (
            f"phase {row}, the last of visit {p.visit[row]}, ends at {p.end[row]}, "
            f"the visit at {v.end[p.visit[row]]} (-1 is open)"
        ),
    )


def _seams(r: Recording, order: NDArray[Any], inner: NDArray[np.bool_]) -> list[Violation]:
    p = r.phases
    apart = where(inner & (p.end[order[:-1]] != p.start[order[1:]]))
    return found(
        1,
        "phases",
        order[apart + 1],
        lambda at: (
            f"phase {order[at + 1]} of visit {p.visit[order[at]]} starts at {p.start[order[at + 1]]}, "
            f"and phase {order[at]} before it ends at {p.end[order[at]]} (-1 is open)"
        ),
        apart,
    )
