"""Goes over stays in the order of their frames, and finds for each the stays that may be its parent.

A stay begins at the first frame of its request and passes at the last of its answer. What may be its parent
was open when it began. REMOTE_PORT decides at once; everything else when all candidates have passed, since
their answers tell ids, products and sizes too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from heapq import heappop, heappush

from tracer.assemble.packets.joining import decide, join
from tracer.assemble.packets.listeners import Listener
from tracer.assemble.packets.stay import Stay
from tracer.recording import CERTAIN, Match

MOST = 256
"""Candidates of one stay; where there are more, which of them it was is not asked."""

Group = dict[int, Stay]
Queue = list[tuple[int, int, Stay]]
FOREVER = 1 << 62


class Sweep:
    """Feed it stays; it gives those that are roots, once all below them is known."""

    def __init__(self) -> None:
        self._roots: list[Stay] = []
        self._fresh: Queue = []  # by first frame, those it has not come to
        self._ends: Queue = []  # by last frame, those it has not passed
        self._open: list[Stay] = []  # it has come to, of which no end was seen yet
        self._kept: Counter[Listener] = Counter()  # stays that are not complete
        self._incomplete: Group = {}
        self._groups: dict[object, Group] = {}  # what stays can be found by -> those that are open

    def add(self, stay: Stay) -> None:
        """Take in a stay whose head has come."""
        heappush(self._fresh, (stay.start.frame, stay.id, stay))
        self._kept[stay.talk.listener] += 1
        self._incomplete[stay.id] = stay

    def earliest(self) -> int:
        """Give the earliest start of what was taken in and not given back, in ns; FOREVER: of nothing."""
        return min((stay.start.time for stay in self._incomplete.values()), default=FOREVER)

    def alone(self, listener: Listener) -> bool:
        """Whether no other listener has a stay here that anything could be joined with."""
        return not any(count for other, count in self._kept.items() if other is not listener)

    def advance(self, horizon: int) -> list[Stay]:
        """Go on up to a frame, all before which was seen; give the roots that are complete now."""
        self._look_for_ends()
        while True:
            begin = self._fresh[0][0] if self._fresh else FOREVER
            end = self._ends[0][0] if self._ends else FOREVER
            if min(begin, end) > min(horizon, FOREVER - 1):
                break
            if begin <= end:
                self._begin(heappop(self._fresh)[2])
            else:
                self._pass(heappop(self._ends)[2])
        roots, self._roots = self._roots, []
        return roots

    def finish(self) -> list[Stay]:
        """Give the rest, at the end of the capture."""
        roots = self.advance(FOREVER)
        for stay in self._open:
            self._pass(stay)
        self._open = []
        return [*roots, *self.advance(FOREVER)]

    def _look_for_ends(self) -> None:
        still: list[Stay] = []
        for stay in self._open:
            if stay.end is None:
                still.append(stay)
            else:
                heappush(self._ends, (stay.end.frame, stay.id, stay))
        self._open = still

    def _begin(self, stay: Stay) -> None:
        stay.by, stay.maybe = self._candidates(stay)
        if stay.by is Match.REMOTE_PORT and len(stay.maybe) == 1:
            join(stay, stay.maybe[0], Match.REMOTE_PORT, CERTAIN)
            stay.maybe = []
        stay.decided = not stay.maybe
        stay.left = len(stay.maybe)
        for candidate in stay.maybe:
            candidate.claims.append(stay)
            candidate.claimants += 1
        stay.keys = tuple(keys_of_parent(stay))
        for key in stay.keys:
            self._groups.setdefault(key, {})[stay.id] = stay
        if stay.end is None:
            self._open.append(stay)
        else:
            heappush(self._ends, (stay.end.frame, stay.id, stay))

    def _candidates(self, stay: Stay) -> tuple[Match, list[Stay]]:
        """Give what may be its parent, by the surest thing that any have in common with it."""
        for match, key in keys_of_child(stay):
            group = self._groups.get(key)
            if group and (found := [one for one in group.values() if may_call(one, stay)]):
                return (match, found) if len(found) <= MOST else (Match.NONE, [])
        return Match.NONE, []

    def _pass(self, stay: Stay) -> None:
        for key in stay.keys:
            if (group := self._groups.get(key)) and group.pop(stay.id, None) and not group:
                del self._groups[key]
        stay.passed = True
        if not stay.left:
            self._decide(stay)
        for claim in stay.claims:
            claim.left -= 1
            if claim.passed and not claim.left:
                self._decide(claim)
        stay.claims = []
        self._complete(stay)

    def _decide(self, stay: Stay) -> None:
        if stay.decided:
            return
        decide(stay)
        stay.decided = True
        maybe, stay.maybe = stay.maybe, []
        for candidate in maybe:
            candidate.claimants -= 1
        self._complete(stay)
        for candidate in maybe:
            self._complete(candidate)

    def _complete(self, stay: Stay | None) -> None:
        """Give a root with all below it, once nothing of it can change."""
        while stay is not None and not stay.complete and stay.passed and stay.decided and not stay.claimants:
            if not all(child.complete for child in stay.children):
                return
            stay.complete = True
            self._kept[stay.talk.listener] -= 1
            del self._incomplete[stay.id]
            if stay.parent is None:
                self._roots.append(stay)
            stay = stay.parent


def keys_of_parent(stay: Stay) -> Iterator[object]:
    """List by what a stay can be found, as a parent."""
    for _, port in stay.talk.peers:
        yield port
    identity = stay.identity
    yield from identity.ids
    if identity.trace:
        yield ("trace", identity.trace)
    yield (stay.method, stay.target)
    yield ("host", stay.talk.listener.host)


def keys_of_child(stay: Stay) -> Iterator[tuple[Match, object]]:
    """List by what a stay finds its parent, the surest first."""
    identity = stay.identity
    if identity.peer:
        yield Match.REMOTE_PORT, identity.peer[1]
    for value in identity.ids:
        yield Match.REQUEST_ID, value
    if identity.trace:
        yield Match.TRACEPARENT, ("trace", identity.trace)
    yield Match.URL, (stay.method, stay.target)
    if identity.forwarded:
        yield Match.ORDER, ("host", stay.talk.connection.client)


def may_call(parent: Stay, child: Stay) -> bool:
    """Whether a stay that is open may be the parent of one that begins."""
    one, other = parent.talk, child.talk
    if one.listener is other.listener or parent.start.time > child.start.time:
        return False
    caller = other.connection.client
    return caller != one.connection.client or caller == one.listener.host
