"""Blame: who holds the lanes that others wait for, at an instant; and the sentence that says it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from tracer.recording import LaneKind, PhaseKind
from tui.player.glyphs import number
from tui.player.moment import Moment

DEEPEST = 8


class Culprit(NamedTuple):
    """One request that holds a lane which others wait for (-1: a lane held by nobody's request)."""

    request: int
    lane: int
    kind: int
    phase: int
    start: int  # of the phase, ns


def culprits(moment: Moment) -> list[Culprit]:
    """Give those whom the queue waits for, by request; of a chain, its last ones."""
    phases = moment.stack.recording.phases
    wanted = np.unique(phases.waits_for[moment.queue[0]]).tolist()
    found: dict[int, Culprit] = {}
    for lane in wanted:
        for culprit in _holders(moment, int(lane)):
            last = _last(moment, culprit, DEEPEST)
            found.update({one.phase: one for one in last})
    return sorted(found.values())


def _holders(moment: Moment, lane: int) -> list[Culprit]:
    if lane < 0:
        return []
    family = set(moment.stack.tree.under(lane))
    under = [one for one in seated(moment) if one.lane in family]
    if moment.stack.tree.kinds[lane] == LaneKind.LOCK:
        return [one for one in under if one.kind == PhaseKind.RUNNING]
    return under or _nobodys(moment, family)


def seated(moment: Moment) -> list[Culprit]:
    """List the requests that hold lanes."""
    phases, origin = moment.stack.recording.phases, moment.stack.origin
    ids, requests = moment.seated
    return [
        Culprit(int(request), int(lane), int(kind), int(phase), int(start) - origin)
        for phase, request, lane, kind, start in zip(
            ids, requests, phases.lane[ids], phases.kind[ids], phases.start[ids], strict=True
        )
    ]


def _nobodys(moment: Moment, family: set[int]) -> list[Culprit]:
    """Lanes that are held, though by no request that is still on its way."""
    found = []
    for lane in sorted(family):
        holder = moment.stack.held_by(lane).at(moment.time)
        if holder:
            found.append(Culprit(holder.request, lane, holder.kind, holder.phase, holder.start))
    return found


def _last(moment: Moment, culprit: Culprit, deep: int) -> list[Culprit]:
    """Follow a holder that itself waits to those that it waits for."""
    if culprit.kind != PhaseKind.QUEUED or not deep:
        return [culprit]
    lane = int(moment.stack.recording.phases.waits_for[culprit.phase])
    nexts = [one for one in _holders(moment, lane) if one.phase != culprit.phase]
    return [end for one in nexts for end in _last(moment, one, deep - 1)] or [culprit]


def sentence(moment: Moment, blamed: list[Culprit], room: int) -> str:
    """Say who waits for whom: `! 2 wait: #1 #2 hold both workers`; "" while nobody waits.

    Of many culprits as many are named as there is room for.
    """
    waiting = len(moment.queue[0])
    if not waiting:
        return ""
    wait = "waits" if waiting == 1 else "wait"
    if not blamed:
        return f"! {waiting:,} {wait}: the lane is free, wake-up"
    if len(blamed) == 1:
        return f"! {waiting:,} {wait}{_one(moment, blamed[0])}"
    texts = [f"! {waiting:,} {wait}: {_several(moment, blamed, names)}" for names in (8, 6, 4, 3, 2, 1)]
    return next((text for text in texts if len(text) <= room), texts[-1])


def _one(moment: Moment, culprit: Culprit) -> str:
    what = moment.stack.what(culprit.phase)
    who = _name(culprit.request)
    lane = _noun(moment, [culprit])
    if culprit.kind == PhaseKind.RUNNING:
        return f": {who} computes on the {lane}"
    if culprit.kind == PhaseKind.BLOCKED and what:
        return f" {round((moment.time - culprit.start) / 1e6)} ms for {who}: {what}"
    return f": {who} holds the {lane}"


def _several(moment: Moment, blamed: list[Culprit], names: int) -> str:
    who = " ".join(_name(one.request) for one in blamed[:names]) + (" .." if len(blamed) > names else "")
    if all(one.kind == PhaseKind.RUNNING for one in blamed):
        return f"{who} compute"
    lanes = {one.lane for one in blamed}
    noun = _noun(moment, blamed)
    serving = moment.stack.serving if moment.part is None else moment.part.serving
    if len(lanes) < len(serving):
        return f"{who} hold {len(lanes)} {noun}s"
    return f"{who} hold both {noun}s" if len(lanes) == 2 else f"{who} hold all {len(lanes)} {noun}s"


def _name(request: int) -> str:
    return number(request) if request >= 0 else "nobody"


_NOUNS = {
    LaneKind.PROCESS: "worker",
    LaneKind.THREAD: "thread",
    LaneKind.POOL: "pool",
    LaneKind.LOOP: "loop",
    LaneKind.GREENLET_HUB: "hub",
    LaneKind.LOCK: "lock",
    LaneKind.CONNECTION: "connection",
}


def _noun(moment: Moment, blamed: list[Culprit]) -> str:
    kinds = {moment.stack.tree.kinds[one.lane] for one in blamed if one.lane >= 0}
    return _NOUNS[LaneKind(kinds.pop())] if len(kinds) == 1 else "lane"
