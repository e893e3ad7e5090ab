"""Innermost: where a request is at each instant, of all the phases that it is in at once."""

from __future__ import annotations

import numpy as np

from tracer.recording import PhaseKind
from tui.player.moment import _RANK as RANK
from tui.player.stack import Stack
from tui.player.waterfall.cover import Ints, Spans
from tui.player.waterfall.places import times, within

MOST = 300_000
"""Phases that may be looked through for the requests of one screen."""

_PHASES = 600
"""Phases of one request that are told apart; of more each cell shows what takes most of it."""


def phases_of(stack: Stack, requests: Ints, window: tuple[int, int]) -> Ints | None:
    """List the phases of some requests (sorted) that touch a window; None: too many lie between."""
    stop = min(window[1], int(stack.ended[requests].max(initial=0)) + 10**9)
    begun, starting = within(stack, (max(window[0], int(stack.due[requests].min(initial=0)) - 1), stop))
    if starting.stop - starting.start > MOST:
        return None
    ids = np.concatenate((begun, np.arange(starting.start, starting.stop)))
    visit = stack.recording.phases.visit[ids]
    ids, visit = ids[visit >= 0], visit[visit >= 0]
    asked = stack.recording.visits.request[visit]
    place = np.minimum(np.searchsorted(requests, asked), len(requests) - 1)
    mine: Ints = ids[requests[place] == asked]
    return mine


def spans_of(stack: Stack, requests: Ints, window: tuple[int, int]) -> Spans | None:
    """Give where some requests (sorted) are, one row each; None: too many phases lie between."""
    ids = phases_of(stack, requests, window)
    if ids is None or not len(requests):
        return None if ids is None else Spans(*(np.zeros(0, np.int64) for _ in range(4)))
    visits = stack.recording.visits
    visit = stack.recording.phases.visit[ids]
    row = np.searchsorted(requests, visits.request[visit])
    kinds = stack.recording.phases.kind[ids].astype(np.int64)
    client = stack.client_hops[visits.hop[visit]]
    shown = np.where(client & (kinds == PhaseKind.AWAITING), PhaseKind.CALLING, kinds)
    rank = (~client * 2 + (kinds != PhaseKind.CALLING)) * 4096 + stack.depth[visit] * 16 + RANK[kinds]
    starts, ends = times(stack, ids)
    parts = [
        _flat(r, shown[mine], rank[mine], starts[mine], ends[mine])
        for r in range(len(requests))
        if len(mine := np.flatnonzero(row == r))
    ]
    return Spans(*(np.concatenate([np.zeros(0, np.int64), *(p[n] for p in parts)]) for n in range(4)))


def _flat(row: int, kinds: Ints, rank: Ints, starts: Ints, ends: Ints) -> Spans:
    """Cut the phases of one request into stretches, in each of which the highest rank counts."""
    if len(starts) > _PHASES:
        return Spans(np.full(len(kinds), row), kinds, starts, ends)
    edges = np.unique(np.concatenate((starts, ends)))
    alive = (starts[:, None] <= edges[:-1]) & (ends[:, None] > edges[:-1])
    best = np.where(alive, rank[:, None], -1).argmax(axis=0) if len(edges) > 1 else np.zeros(0, np.int64)
    some = alive.any(axis=0) if len(edges) > 1 else np.zeros(0, np.bool_)
    return Spans(np.full(int(some.sum()), row), kinds[best][some], edges[:-1][some], edges[1:][some])
