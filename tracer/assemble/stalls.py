"""Stalls: what the agent's watching thread saw of lanes that stood still names the phases there were then.

A phase that nothing named and that holds its lane gets the line at which most of it was seen. One of which
CPU time alone does not say what it did was at that line all the same: RUNNING if it ran or wanted a core for
most of the time, BLOCKED if not, by inference.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import replace
from typing import NamedTuple

from tracer.recording import UNKNOWN, Evidence, Phase, PhaseKind

REMEMBERED = 256  # of each lane
SWITCH = 10_000_000
"""ns: a thread that goes on so soon after another let the GIL go had waited for it: two of Python's turns."""

_NAMED = (PhaseKind.RUNNING, PhaseKind.UNSEEN)
_WAITS = (PhaseKind.BLOCKED, PhaseKind.TRANSFER)


class Stall(NamedTuple):
    """A lane was at `what` each time it was looked at in [start, end).

    `gil`: in C code that held the GIL; `idle`: it did not even want a core, and so waited for something.
    """

    start: int
    end: int
    what: str
    gil: bool
    idle: bool


class Stalls:
    """The last stalls of each lane of a process, by the lane's id."""

    def __init__(self) -> None:
        self._of: dict[int, deque[Stall]] = {}

    def add(self, lane: int, stall: Stall) -> None:
        """Take one."""
        self._of.setdefault(lane, deque(maxlen=REMEMBERED)).append(stall)

    def name(self, phases: list[Phase]) -> list[Phase]:
        """Put names to phases that lack them, in place; give those that got one."""
        stalled = []
        for at, phase in enumerate(phases):
            if self._lacks(phase) and (seen := self._seen(phase)):
                phases[at] = _named(phase, seen)
                stalled.append(phases[at])
        return stalled

    def _lacks(self, phase: Phase) -> bool:
        return bool(phase.holds and phase.what is None and phase.kind in _NAMED and phase.lane in self._of)

    def _seen(self, phase: Phase) -> Counter[tuple[str, bool]]:
        """Sum up how long a phase was seen where, and whether idle."""
        seen: Counter[tuple[str, bool]] = Counter()
        for stall in self._of[phase.lane]:
            until = min(stall.end, phase.end) if phase.end >= 0 else stall.end
            seen[stall.what, stall.idle] += max(0, until - max(stall.start, phase.start))
        return +seen

    def late(self, phase: Phase) -> list[Phase]:
        """Split a wait that ends right after another thread let the GIL go, where that was seen to hold it.

        The rest is QUEUED for that thread's lane, as a coroutine's is that resumes late.
        """
        if not self._of or phase.kind not in _WAITS or phase.lane < 0 or phase.end < 0:
            return [phase]
        held = self.behind(phase.lane, phase.start, phase.end)
        if not held or phase.end - held[-1][1] > SWITCH:
            return [phase]
        since, _, holder = held[-1]
        queued = replace(phase, kind=PhaseKind.QUEUED, start=since, waits_for=holder, what=None)
        queued.cpu_ns, queued.evidence = UNKNOWN, Evidence.INFERRED
        return [replace(phase, end=since), queued] if since > phase.start else [queued]

    def behind(self, lane: int, start: int, end: int) -> list[tuple[int, int, int]]:
        """Give when other lanes held the GIL in C code within [start, end): start, end, lane; by start."""
        found = [
            (max(stall.start, start), min(stall.end, end), other)
            for other, stalls in self._of.items()
            if other != lane
            for stall in stalls
            if stall.gil and stall.start < end and start < stall.end
        ]
        return sorted(found)


def _named(phase: Phase, seen: Counter[tuple[str, bool]]) -> Phase:
    """Put a name to a phase, and a kind to one that was not seen: computing wants a core, else it waits."""
    places: Counter[str] = Counter()
    for (place, _), long in seen.items():
        places[place] += long
    what = places.most_common(1)[0][0]
    if phase.kind == PhaseKind.RUNNING:
        return replace(phase, what=what)
    idle = sum(long for (_, idle), long in seen.items() if idle) * 2 > seen.total()
    kind = PhaseKind.BLOCKED if idle else PhaseKind.RUNNING
    return replace(phase, kind=kind, what=what, evidence=Evidence.INFERRED)
