"""What recorded requests demanded of a server: CPU, waits and calls in order, waiting in lines left out.

They are read from the visits at the application or, where a source cannot see it (a capture), from the
innermost server's. What a source did not see is a wait, and `Demands.unseen` says how much of all it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tracer.recording import UNKNOWN, LaneKind, Outcome, PhaseKind, Recording, Role
from tracer.recording.nouns import I8

THREAD_HOP = "thread hop"
CPU, WAIT, BLOCK, CALL = "cpu", "wait", "block", "call"


class Demand(NamedTuple):
    """One step: its kind (`call`: of which service, after how long), ns, and calls that ran at once."""

    kind: str
    ns: int = 0
    service: str = ""
    inside: tuple[Demand, ...] = ()


@dataclass(frozen=True, slots=True)
class Recorded:
    """One request: when it was due (ns since the beginning), what it asked for, and what that demanded."""

    due: int
    path: str
    steps: tuple[Demand, ...]
    size: int  # of the answer, bytes; -1: not known
    asynchronous: bool

    @property
    def length(self) -> int:
        """Sum the ns of its steps, of branches the longest."""
        return sum(step.ns + max((part.ns for part in step.inside), default=0) for step in self.steps)


@dataclass(frozen=True, slots=True)
class Demands:
    """All requests by the time they were due, and the share of their time that the source did not see."""

    requests: tuple[Recorded, ...]
    unseen: float


def demands_of(recording: Recording) -> Demands:
    """Read what each request demanded.

    One that reached no server demands what the last on its path did, and one that was killed on its way what
    was seen of it, if that is more.
    """
    reader = _Reader(recording)
    made: list[Recorded] = []
    last: dict[str, Recorded] = {}
    # A simulation's clock starts at 0, and so do the changes on the way of its scenario.
    first = 0 if reader.simulated else int(recording.requests.start.min(initial=2**62))
    for request in range(len(recording.requests.start)):
        told = reader.request(request, first)
        whole = last.get(told.path)
        if whole is None or (told.steps and request not in reader.cut):
            last[told.path] = told
        elif told.length <= whole.length:
            told = replace(told, steps=whole.steps, asynchronous=whole.asynchronous)
        made.append(told)
    return Demands(tuple(made), reader.unseen / reader.seen if reader.seen else 0.0)


class _Reader:
    """Goes through a recording, request by request."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.cpu = cpu_time(recording)
        self.roles = recording.hops.role[recording.visits.hop]
        self.phases = _by_row(recording.phases.visit)
        self.children = _by_row(recording.visits.parent)
        self.source = _sources(recording, self.roles)
        killed = _killed(recording, self.roles)
        self.cut = killed.keys() - self.source.keys()
        self.source |= {request: killed[request] for request in self.cut}
        self.simulated = recording.meta.get("source") == "simulation"
        self.seen = self.unseen = 0

    def request(self, request: int, first: int) -> Recorded:
        """Read one request."""
        table, visit = self.recording.requests, self.source.get(request, UNKNOWN)
        steps = tuple(self._steps(visit)) if visit != UNKNOWN else ()
        path = self.recording.text(table.target[request]).partition("?")[0] or "/"
        waits = any(
            int(self.recording.phases.kind[row]) == PhaseKind.AWAITING for row in self.phases.get(visit, ())
        )
        due = int(table.start[request]) - first
        return Recorded(due, path, _merged(steps), int(table.bytes_out[request]), waits)

    def _steps(self, visit: int) -> Iterator[Demand]:
        phases = self.recording.phases
        for row in self.phases.get(visit, ()):
            kind, end = int(phases.kind[row]), int(phases.end[row])
            length = end - int(phases.start[row])
            if end == UNKNOWN or kind in (PhaseKind.QUEUED, PhaseKind.CALLING) or self._is_server_s(row):
                continue
            self.seen += length
            self.unseen += length * (kind == PhaseKind.UNSEEN)
            if kind == PhaseKind.RUNNING:
                yield Demand(CPU, int(self.cpu[row]))
            else:
                yield self._wait(visit, row, length)

    def _is_server_s(self, row: int) -> bool:
        """Tell what the simulator's servers add by themselves: the next one adds its own."""
        return self.simulated and self.recording.text(self.recording.phases.what[row]) == THREAD_HOP

    def _wait(self, visit: int, row: int, length: int) -> Demand:
        """Tell a wait: for services where their visits are known, else as it is."""
        phases, lanes = self.recording.phases, self.recording.lanes
        calls = tuple(self._calls(visit, int(phases.start[row]), int(phases.end[row])))
        if calls:
            alone = len(calls) == 1 and calls[0].kind == CALL
            return calls[0] if alone else Demand(CALL, 0, "", calls)
        lane = int(phases.lane[row])
        loop = lane >= 0 and int(lanes.kind[lane]) in (LaneKind.LOOP, LaneKind.GREENLET_HUB)
        return Demand(BLOCK if loop and phases.kind[row] == PhaseKind.BLOCKED else WAIT, length)

    def _calls(self, visit: int, start: int, end: int) -> Iterator[Demand]:
        """Give the visits of services within a wait: one that is all of it, or branches that ran at once.

        A branch waits until its call; one that only waited lasted as long as the whole, if no call did.
        """
        visits = self.recording.visits
        rows = [row for row in self.children.get(visit, ()) if start <= int(visits.start[row]) < end]
        rows = [row for row in rows if self.roles[row] == Role.DATABASE]
        whole = any(int(visits.end[row]) == end for row in rows)
        for row in rows:
            name = self.recording.text(self.recording.hops.name[visits.hop[row]])
            call, before = Demand(CALL, self._served(row), name), int(visits.start[row]) - start
            alone = len(rows) == 1 and whole and before == 0
            yield call if alone else Demand(WAIT, before, "", (call,))
        if rows and not whole:
            yield Demand(WAIT, end - start)

    def _served(self, visit: int) -> int:
        """Sum what a service took, its queue left out."""
        phases = self.recording.phases
        rows = [row for row in self.phases.get(visit, ()) if phases.kind[row] != PhaseKind.QUEUED]
        return sum(int(phases.end[row] - phases.start[row]) for row in rows if phases.end[row] != UNKNOWN)


def _sources(recording: Recording, roles: NDArray[np.int8]) -> dict[int, int]:
    """Give for each request the visit to read: the first at the app, else the innermost server's."""
    visits, found = recording.visits, {}
    parents = set(visits.parent[roles != Role.DATABASE].tolist())
    for at_app in (False, True):
        for row in reversed(range(len(visits.start))):
            inner = roles[row] == Role.APP if at_app else roles[row] not in (Role.CLIENT, Role.DATABASE)
            if inner and visits.answered[row] != UNKNOWN and (at_app or row not in parents):
                found[int(visits.request[row])] = row
    return found


def _killed(recording: Recording, roles: NDArray[np.int8]) -> dict[int, int]:
    """Give for each request the last visit to the app that ended without an answer: its worker was killed."""
    visits = recording.visits
    unanswered = (visits.answered == UNKNOWN) & (visits.end != UNKNOWN) & (visits.outcome == Outcome.ERROR)
    rows = np.flatnonzero((roles == Role.APP) & unanswered)
    return {int(visits.request[row]): int(row) for row in rows}


def _by_row(column: NDArray[np.int32]) -> dict[int, list[int]]:
    """Give for each number in a column the rows that have it, in order."""
    order = np.argsort(column, kind="stable").tolist()
    return {int(key): list(rows) for key, rows in groupby(order, key=lambda row: int(column[row]))}


def _merged(steps: tuple[Demand, ...]) -> tuple[Demand, ...]:
    """Add up neighbours of a kind: a framework's share and the handler's are one demand of CPU."""
    made: list[Demand] = []
    for step in steps:
        if made and step.kind == made[-1].kind != CALL:
            step = Demand(step.kind, made.pop().ns + step.ns)
        made.append(step)
    return tuple(step for step in made if step.ns or step.kind == CALL)


def cpu_time(recording: Recording) -> I8:
    """Give the CPU ns of each phase: as measured, else its length.

    Phases of a simulation on shared cores are longer than what they compute: more run at once than there are
    cores, and all get the same share.
    """
    phases = recording.phases
    length = np.maximum(phases.end - phases.start, 0)
    cpu = np.where(phases.cpu_ns >= 0, np.minimum(phases.cpu_ns, length), length)
    cores = recording.meta.get("cores")
    return cpu if cores is None else np.where(_on_cores(recording), _shared(recording, float(cores)), cpu)


def _on_cores(recording: Recording) -> NDArray[np.bool_]:
    """Say which phases compute on the machine's cores: those of servers and the app."""
    phases, texts = recording.phases, recording.texts
    role = np.append(recording.hops.role[recording.visits.hop], Role.CLIENT)[phases.visit]
    boots = [number for number, text in enumerate(texts) if text == "boot"]
    mine = (phases.kind == PhaseKind.RUNNING) & (phases.end != UNKNOWN) & ~np.isin(phases.what, boots)
    return np.asarray(mine & np.isin(role, (Role.PROXY, Role.GATEWAY, Role.APP)))


def _shared(recording: Recording, cores: float) -> I8:
    """Integrate each phase's share of the cores over its time."""
    phases, rows = recording.phases, np.flatnonzero(_on_cores(recording))
    times = np.concatenate([phases.start[rows], phases.end[rows]])
    order = np.argsort(times, kind="stable")
    running = np.cumsum(np.repeat([1, -1], len(rows))[order])
    at = times[order].astype(np.float64)
    share = np.minimum(1.0, cores / np.maximum(running, 1))
    worked = np.concatenate([[0.0], np.cumsum(np.diff(at) * share[:-1])]) if len(at) else at
    both = [
        np.interp(column.astype(np.float64), at, worked) if len(at) else column
        for column in (phases.start, phases.end)
    ]
    return np.rint(both[1] - both[0]).astype(np.int64)
