"""The arithmetic of blame: delay is shared equally among the current holders, and passed on by those in line.

Between two events the number of waiters W and of holders K of a lane is constant, so each holder takes
W / K of every ns. Its whole share is the difference of one running integral at its end and its start: no
pair of waiter and holder is ever looked at. A holder that is itself QUEUED is, for as long, a waiter of that
weight for another lane, on behalf of the same queue.

A *node* is a pair (origin, lane): the lane that visits wait for, and the lane that is held up on its behalf.
Numbers of nodes and phases are int64, times ns, rates waiters (float64).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tracer.analysis.blame_holds import Holds, distinct, repeated
from tracer.recording.nouns import I8

F8 = NDArray[np.float64]
_NOTHING = 1e-9  # waiters: what is left over when floats that add up to 0 do not quite


class Waits(NamedTuple):
    """`rate[i]` visits wait for node `node[i]` in [start[i], end[i])."""

    node: I8
    start: I8
    end: I8
    rate: F8


class Segments(NamedTuple):
    """Between two events of a node: its waiters and holders, for `span` ns from `start`."""

    node: I8
    start: I8
    span: I8
    waiting: F8
    holding: I8


class Shares(NamedTuple):
    """What a sweep found: each hold's delay (ns, shape (holds,)), and the segments of all nodes."""

    delay: F8
    segments: Segments


def share(waits: Waits, holds: Holds) -> Shares:
    """Share the delay of waits among the holds of the same nodes; `holds.lane` numbers nodes here."""
    node = np.concatenate((waits.node, waits.node, holds.lane, holds.lane))
    time = np.concatenate((waits.start, waits.end, holds.start, holds.end))
    order = np.lexsort((time, node))
    none, one = np.zeros(len(waits.node)), np.ones(len(holds.lane), np.int64)
    waiting = _running(np.concatenate((waits.rate, -waits.rate, 0.0 * one, 0.0 * one))[order])
    holding = np.cumsum(np.concatenate((none, none, one, -one)).astype(np.int64)[order])
    node, time = node[order], time[order]
    span = _spans(node, time)
    each = np.divide(waiting * span, holding, out=np.zeros(len(span)), where=holding > 0)
    before = np.concatenate(([0.0], np.cumsum(each)))  # the integral up to each event
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    first, last = np.split(place[2 * len(waits.node) :], 2)
    long = span > 0
    segments = Segments(node[long], time[long], span[long], waiting[long], holding[long])
    return Shares(before[last] - before[first], segments)


def passed_on(found: Segments, queued: Holds, to: I8) -> Waits:
    """Give the waits that QUEUED holders stand for: hold i of its node waits for node `to[i]`."""
    some = np.flatnonzero((found.waiting > 0) & (found.holding > 0))
    pairs, of = distinct(queued.lane, to)
    first, after = (np.searchsorted(found.node[some], pairs[0], side) for side in ("left", "right"))
    rows, pair = repeated(first, after - first)
    rows = some[rows]
    start, end = found.start[rows], found.start[rows] + found.span[rows]
    weight = found.waiting[rows] / found.holding[rows]
    made = _product(Waits(pair, start, end, weight), Waits(of, queued.start, queued.end, np.ones(len(of))))
    return made._replace(node=pairs[1][made.node])


def _product(left: Waits, right: Waits) -> Waits:
    """Multiply two rates, node by node; those of one side that overlap add up."""
    node = np.concatenate((left.node, left.node, right.node, right.node))
    time = np.concatenate((left.start, left.end, right.start, right.end))
    order = np.lexsort((time, node))
    zeros_left, zeros_right = np.zeros(2 * len(left.node)), np.zeros(2 * len(right.node))
    ours = _running(np.concatenate((left.rate, -left.rate, zeros_right))[order])
    theirs = _running(np.concatenate((zeros_left, right.rate, -right.rate))[order])
    node, time = node[order], time[order]
    span = _spans(node, time)
    rate = ours * theirs
    some = (span > 0) & (rate > 0)
    return Waits(node[some], time[some], (time + span)[some], rate[some])


def _spans(node: I8, time: I8) -> I8:
    """Give the time from each event to the next of its node, 0 after the last one."""
    span = np.zeros(len(time), np.int64)
    same = node[1:] == node[:-1]
    span[:-1][same] = (time[1:] - time[:-1])[same]
    return span


def _running(steps: F8) -> F8:
    total = np.cumsum(steps)
    total[np.abs(total) < _NOTHING] = 0.0
    return total
