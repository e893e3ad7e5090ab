"""Notable instants: errors, refusals, time-outs, blocks, retransmissions; what `n` jumps to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracer.recording import MarkKind, Outcome
from tui.player.moments import outstanding
from tui.player.stack import Stack
from tui.player.steps import FOREVER
from tui.player.waterfall.cover import Ints

LETTERS = {
    "x": "refused",
    "t": "timeout",
    "e": "error",
    "a": "abandoned",
    "b": "block",
    "R": "retransmission",
    "0": "zero window",
    "!": "fault",
    "/": "matches",
    "m": "bookmark",
}
"""Letter in the row of marks -> the key of its word."""

_OUTCOMES = {Outcome.REFUSED: "x", Outcome.TIMEOUT: "t", Outcome.ERROR: "e", Outcome.ABANDONED: "a"}
_MARKS = {
    MarkKind.RETRANSMISSION: "R",
    MarkKind.ZERO_WINDOW: "0",
    MarkKind.STALL: "b",
    **dict.fromkeys((MarkKind.RESET, MarkKind.GAP, MarkKind.LOST, MarkKind.WORKER_KILLED), "!"),
}
MANY = 2_000_000
"""Phases: of longer recordings, blocks are those alone that the source marked."""


@dataclass(frozen=True, eq=False, repr=False)
class Notable:
    """Instants by time, ns; `letters` are codes, `requests` numbers from 0 or -1. Arrays of one length."""

    times: Ints
    letters: Ints
    sides: Ints
    requests: Ints

    def after(self, t: int) -> int | None:
        """Give the place of the first one after `t`."""
        place = int(np.searchsorted(self.times, t, "right"))
        return place if place < len(self.times) else None

    def before(self, t: int) -> int | None:
        """Give the place of the last one before `t`."""
        place = int(np.searchsorted(self.times, t, "left")) - 1
        return place if place >= 0 else None

    def at(self, t: int) -> int | None:
        """Give the place of one at `t`."""
        place = int(np.searchsorted(self.times, t, "left"))
        return place if place < len(self.times) and self.times[place] == t else None


Instants = tuple[Ints, str, Ints]  # times, letter, requests


def joined(parts: Iterator[tuple[int, Instants]]) -> Notable:
    """Put instants, each with its side, in order."""
    found = list(parts)
    times = np.concatenate([np.zeros(0, np.int64), *(times for _, (times, _, _) in found)])
    letters = np.concatenate([np.zeros(0, np.int64), *(np.full(len(p[0]), ord(p[1])) for _, p in found)])
    sides = np.concatenate([np.zeros(0, np.int64), *(np.full(len(p[0]), side) for side, p in found)])
    requests = np.concatenate([np.zeros(0, np.int64), *(p[2] for _, p in found)])
    order = np.argsort(times, kind="stable")
    return Notable(times[order], letters[order], sides[order], requests[order])


def notable(stack: Stack) -> Iterator[Instants]:
    """Give what of a stack is worth a mark."""
    outcome, marks = stack.recording.requests.outcome, stack.recording.marks
    for kind, letter in _OUTCOMES.items():
        ids = np.flatnonzero((outcome == kind) & (stack.ended < FOREVER))
        yield stack.ended[ids], letter, ids
    for mark, letter in _MARKS.items():
        ids = np.flatnonzero(marks.kind == mark)
        yield marks.time[ids] - stack.origin, letter, marks.request[ids].astype(np.int64)
    if len(stack.recording.phases.start) <= MANY:
        holds = outstanding(stack)
        yield (
            np.array([h.start for h in holds], np.int64),
            "b",
            np.array([h.request for h in holds], np.int64),
        )


def found(stack: Stack, mask: NDArray[np.bool_]) -> Iterator[Instants]:
    """Give when the requests that a search found were due."""
    ids = np.flatnonzero(mask)
    yield stack.due[ids], "/", ids
