"""Invariant 2: a child visit starts inside its parent and is answered by the parent's end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tracer.recording.check.violation import Violation, found, where
from tracer.recording.clock import Slack
from tracer.recording.nouns import Outcome, Role

if TYPE_CHECKING:
    from tracer.recording.recording import Recording

BROKEN = (Outcome.ERROR, Outcome.TIMEOUT, Outcome.ABANDONED)
"""After a visit that ended so, its children may run on, orphaned."""


def nesting(r: Recording) -> list[Violation]:
    """Find visits that do not lie inside their parent, or in their request."""
    slack = Slack(r)
    child = where(r.visits.parent >= 0)
    return [*_foreign(r, child), *_outside(r, child, slack), *_before_request(r, slack)]


def _foreign(r: Recording, child: NDArray[Any]) -> list[Violation]:
    v = r.visits
    other = child[v.request[child] != v.request[v.parent[child]]]
    return found(
        2, "visits", other, lambda row: f"visit {row} and its parent {v.parent[row]} are of two requests"
    )


def _outside(r: Recording, child: NDArray[Any], slack: Slack) -> list[Violation]:
    v = r.visits
    parent = v.parent[child]
    allowed = slack.between(v.hop[child], v.hop[parent])
    limit = v.end[parent] + allowed
    bound = (v.end[parent] >= 0) & ~_may_run_on(r, child, parent)
    done = np.where(v.answered >= 0, v.answered, v.end)[child]
    early = child[v.start[child] < v.start[parent] - allowed]
    late = child[bound & (v.start[child] > limit)]
    unanswered = child[bound & ((done < 0) | (done > limit))]
    return [
        *found(2, "visits", early, lambda row: f"visit {row} starts before its parent {v.parent[row]}"),
        *found(
            2, "visits", late, lambda row: f"visit {row} starts after the end of its parent {v.parent[row]}"
        ),
        *found(
            2,
            "visits",
            unanswered,
            lambda row: f"visit {row} is not answered by the end of its parent {v.parent[row]}",
        ),
    ]


def _may_run_on(r: Recording, child: NDArray[Any], parent: NDArray[Any]) -> NDArray[np.bool_]:
    broken = np.isin(r.visits.outcome, BROKEN)
    return np.asarray(broken[child] | broken[parent] | (r.visits.detached[child] == 1))


def _before_request(r: Recording, slack: Slack) -> list[Violation]:
    """A request starts by the client's clock where the client was recorded, else by that of its own visit."""
    v, q = r.visits, r.requests
    client = where(r.hops.role == Role.CLIENT)
    theirs = np.full(len(v.hop), client[0]) if len(client) else v.hop
    early = where(v.start < q.start[v.request] - slack.between(v.hop, theirs))
    return found(2, "visits", early, lambda row: f"visit {row} starts before its request {v.request[row]}")
