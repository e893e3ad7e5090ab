"""Interesting moments: what `[` and `]` jump to, and what is marked on the ruler."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from tracer.recording import Outcome
from tui.player.contention import first_contended
from tui.player.model import Model
from tui.player.scale import opening_cell
from tui.player.stack import Stack
from tui.player.steps import FOREVER

WORST = 50
OUTSTANDING = 8
"""A hold is marked on the ruler if it delays others that many times as much as the median one does."""

_LETTERS = {Outcome.REFUSED: "x", Outcome.TIMEOUT: "t", Outcome.ERROR: "e"}


class Event(NamedTuple):
    """Something worth looking at."""

    time: int  # ns
    letter: str  # on the ruler, "" for none there
    side: int
    words: str  # a key of the table of words
    number: int = 0  # of the request, or how many
    how: str = ""  # of a bad end: a key, too


def events(model: Model) -> tuple[Event, ...]:
    """List the interesting moments of all stacks, by time."""
    found: tuple[Event, ...] = model.keep("events", lambda: _events(model))
    return found


def _events(model: Model) -> tuple[Event, ...]:
    visible = opening_cell(model) // 2
    found = [event for side, stack in enumerate(model.stacks) for event in _of(stack, side, visible)]
    return tuple(sorted(found))


def _of(stack: Stack, side: int, visible: int) -> list[Event]:
    return [*_queueing(stack, side, visible), *_blames(stack, side), *_ends(stack, side)]


def _queueing(stack: Stack, side: int, visible: int) -> list[Event]:
    """First queueing that can be seen, the queue's maximum, and when everything is answered."""
    queued, times = stack.queued, stack.endings[0]
    drained = [Event(int(times[-1]), "", side, "drained")] if len(times) else []
    first = first_contended(stack, visible)
    if first < 0:
        return drained
    told = any(hold.start <= first < hold.end for hold in outstanding(stack))
    letter = "" if told else "q"  # the b of the hold says it already
    return [
        Event(first, letter, side, "first queueing"),
        Event(queued.peak, "", side, "queue maximum", queued.most),
        *drained,
    ]


def _blames(stack: Stack, side: int) -> list[Event]:
    found = [Event(hold.start, "", side, "a hold") for hold in delaying(stack)]
    for hold in outstanding(stack):
        found.append(Event(hold.start, "b", side, "a long hold"))
        found.append(Event(hold.end, "r", side, "release"))
    return found


class Hold(NamedTuple):
    """A hold of a lane that others queued behind: `delay` is their time in line meanwhile, added up, ns."""

    start: int
    end: int
    delay: float
    request: int  # -1 for nobody's
    lane: int


def delaying(stack: Stack) -> list[Hold]:
    """List the worst holds, those that others queued behind longest, by time."""
    found: list[Hold] = []
    if not stack.queued.most:
        return found
    for lane in stack.tree.executing:
        starts, ends, requests = stack.held_by(lane).runs
        ends = np.where(ends == FOREVER, stack.end, ends)
        delays = stack.queued.integral(ends) - stack.queued.integral(starts)
        worst = [i for i in np.argsort(-delays, kind="stable")[:WORST].tolist() if delays[i] > 0]
        found += [Hold(int(starts[i]), int(ends[i]), float(delays[i]), int(requests[i]), lane) for i in worst]
    return sorted(sorted(found, key=lambda one: -one.delay)[:WORST])


def outstanding(stack: Stack) -> list[Hold]:
    """Give the holds that delay others far more than holds do on this stack otherwise.

    It must be more than the median latency in all: a few microseconds of wake-up are no story.
    """
    holds = delaying(stack)
    if len(holds) < 3:
        return []
    usual = OUTSTANDING * float(np.median([hold.delay for hold in holds]))
    least = stack.percentile(len(stack.answers[0]), 50) if len(stack.answers[0]) else 0
    return [hold for hold in holds if hold.delay > max(usual, least)]


def _ends(stack: Stack, side: int) -> list[Event]:
    outcome, found = stack.recording.requests.outcome, []
    for kind, letter in _LETTERS.items():
        for request in np.flatnonzero(outcome == kind).tolist():
            if stack.ended[request] < FOREVER:
                at = int(stack.ended[request])
                found.append(Event(at, letter, side, "ended", request + 1, kind.name.lower()))
    return found
