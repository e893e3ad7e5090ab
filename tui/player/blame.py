"""Blame: who holds the lanes that others wait for, at an instant; and the sentence that says it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np

from tracer.recording import LaneKind, PhaseKind
from tui.player.canvas import columns
from tui.player.glyphs import number
from tui.player.moment import Moment
from tui.player.words import lane_word, told

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


def sentence(moment: Moment, blamed: list[Culprit], room: int, language: str = "en") -> str:
    """Say who waits for whom: `! 2 wait: #1 #2 hold both workers`; "" while nobody waits.

    Of many culprits as many are named as there is room for.
    """
    many = len(moment.queue[0])
    if not many:
        return ""
    say = partial(told, language, many=many, wait="waits" if many == 1 else "wait")
    if not blamed:
        return say("wake-up")
    if len(blamed) == 1:
        return _one(moment, blamed[0], language, say)
    texts = [say("why", who=_several(moment, blamed, names, language)) for names in (8, 6, 4, 3, 2, 1)]
    return next((text for text in texts if columns(text) <= room), texts[-1])


def _one(moment: Moment, culprit: Culprit, language: str, say: Callable[..., str]) -> str:
    what = moment.stack.what(culprit.phase)
    who = _name(culprit.request, language)
    if culprit.kind == PhaseKind.BLOCKED and what:
        return say("for", ms=round((moment.time - culprit.start) / 1e6), who=who, what=what)
    key = "computes" if culprit.kind == PhaseKind.RUNNING else "holds the"
    return say("why", who=told(language, key, who=who, lane=_noun(moment, [culprit], language)))


def _several(moment: Moment, blamed: list[Culprit], names: int, language: str) -> str:
    who = " ".join(_name(one.request, language) for one in blamed[:names])
    who += " .." if len(blamed) > names else ""
    if all(one.kind == PhaseKind.RUNNING for one in blamed):
        return told(language, "compute", who=who)
    lanes = {one.lane for one in blamed}
    serving = moment.stack.serving if moment.part is None else moment.part.serving
    key = "hold some" if len(lanes) < len(serving) else "hold both" if len(lanes) == 2 else "hold all"
    return told(language, key, who=who, count=len(lanes), lane=_noun(moment, blamed, language))


def _name(request: int, language: str) -> str:
    return number(request) if request >= 0 else told(language, "nobody")


def _noun(moment: Moment, blamed: list[Culprit], language: str) -> str:
    kinds = {moment.stack.tree.kinds[one.lane] for one in blamed if one.lane >= 0}
    return lane_word(language, kinds.pop() if len(kinds) == 1 else None)
