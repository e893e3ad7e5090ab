"""The small simulations that the Stage's reference frames come from, as Recordings. Times in ms, as told."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field

from tracer.recording import (
    Evidence,
    Hop,
    Lane,
    LaneKind,
    Mark,
    MarkKind,
    Outcome,
    Phase,
    PhaseKind,
    Recording,
    Request,
    Role,
    Rows,
    Visit,
)

MS = 1_000_000
NETWORK = 2 * MS
CPU, WAIT, SLEEP = PhaseKind.RUNNING, PhaseKind.AWAITING, PhaseKind.BLOCKED

Steps = list[tuple[PhaseKind, int, str | None]]


@dataclass
class Story:
    """Rows of one stack, written request by request."""

    horizon: int
    rows: Rows = field(default_factory=Rows)

    def lane(self, label: str, kind: LaneKind, capacity: int = 1, parent: int = -1) -> int:
        number = len(self.rows.lanes)
        self.rows.lanes.append(Lane(number, 1, label, kind, capacity, parent, start=0))
        return number

    def request(self, number: int, due: int) -> None:
        self.rows.requests.append(Request(number, due, "GET", "/item"))
        self.rows.visits.append(Visit(2 * number, number, 0, due))
        self.rows.phases.append(Phase(2 * number, PhaseKind.TRANSFER, due, due + NETWORK, what=None))
        self.rows.phases.append(Phase(2 * number, PhaseKind.AWAITING, due + NETWORK))
        if due + NETWORK <= self.horizon:
            self.rows.visits.append(Visit(2 * number + 1, number, 1, due + NETWORK, parent=2 * number))

    def phase(self, number: int, kind: PhaseKind, span: tuple[int, int], **more: object) -> None:
        start, end = span
        if end > start and start <= self.horizon:
            open_end = -1 if end > self.horizon else end
            self.rows.phases.append(Phase(2 * number + 1, kind, start, open_end, **more))

    def answer(self, number: int, at: int) -> None:
        if at > self.horizon:
            return
        request = self.rows.requests[number]
        request.end, request.status, request.outcome = at, 200, Outcome.OK
        for visit in self.rows.visits:
            if visit.request == number:
                visit.end = visit.answered = visit.first_byte = at
                visit.status, visit.outcome = 200, Outcome.OK
        for phase in self.rows.phases:
            if phase.visit == 2 * number and phase.end < 0:
                phase.end = at

    def recording(self) -> Recording:
        for phase in self.rows.phases:
            phase.evidence = Evidence.SIMULATED
            if phase.end > self.horizon:
                phase.end = -1
        self.rows.marks.append(Mark(self.horizon, MarkKind.NOTE, evidence=Evidence.SIMULATED))
        clocks = [{"name": "simulation", "offset_ns": 0, "uncertainty_ns": 0}]
        return Recording.of(self.rows, {"source": "simulation", "title": "reference", "clocks": clocks})


def _start(server: str, due: list[int], horizon: int) -> Story:
    story = Story(horizon)
    story.rows.hops += [Hop(0, "client", Role.CLIENT), Hop(1, server, protocol="http/1.1")]
    for number, at in enumerate(due):
        story.request(number, at)
    return story


def workers(due: list[int], steps: list[Steps], count: int, horizon: int) -> Recording:
    """Sync workers: a request keeps its worker to the end; the one free longest takes the next."""
    story = _start("gunicorn", due, horizon)
    arbiter = story.lane("arbiter", LaneKind.POOL, count)
    lanes = [story.lane(f"worker {n + 1}", LaneKind.PROCESS, 1, arbiter) for n in range(count)]
    free = [(0, lane) for lane in lanes]
    for number, at in enumerate(due):
        arrived = at + NETWORK
        ready, lane = heapq.heappop(free)
        begin = max(arrived, ready)
        story.phase(number, PhaseKind.QUEUED, (arrived, begin), waits_for=arbiter)
        for kind, length, what in steps[number]:
            told = SLEEP if kind == WAIT else kind
            story.phase(number, told, (begin, begin + length), lane=lane, holds=1, what=what)
            begin += length
        heapq.heappush(free, (begin, lane))
        story.answer(number, begin)
    return story.recording()


def loop(due: list[int], steps: list[Steps], horizon: int, pool: int = 0) -> Recording:
    """One event loop; what is ready first runs first. With a pool, waits and sleeps hold a thread of it."""
    story = _start("uvicorn", due, horizon)
    lane = story.lane("loop", LaneKind.LOOP)
    threads = story.lane("pool", LaneKind.POOL, pool) if pool else -1
    ready = [(at + NETWORK, number, 0) for number, at in enumerate(due)]
    heapq.heapify(ready)
    now = 0
    while ready:
        at, number, step = heapq.heappop(ready)
        now = max(now, at)
        story.phase(number, PhaseKind.QUEUED, (at, now), waits_for=lane)
        while step < len(steps[number]):
            kind, length, what = steps[number][step]
            if kind == WAIT or (threads >= 0 and kind == SLEEP):
                break
            story.phase(number, kind, (now, now + length), lane=lane, holds=1, what=what)
            now, step = now + length, step + 1
        if step == len(steps[number]):
            story.answer(number, now)
            continue
        begin = now
        while step < len(steps[number]) and steps[number][step][0] != CPU:
            kind, length, what = steps[number][step]
            if threads >= 0:
                story.phase(number, SLEEP, (begin, begin + length), lane=threads, holds=1, what=what)
            elif kind == SLEEP:
                break
            else:
                story.phase(number, WAIT, (begin, begin + length))
            begin, step = begin + length, step + 1
        heapq.heappush(ready, (begin, number, step))
    return story.recording()


def _every(count: int, gap: int) -> list[int]:
    return [number * gap for number in range(count)]


def waiting(cpu: int, wait: int) -> Steps:
    return [(CPU, cpu, None), (WAIT, wait, None), (CPU, cpu, None)]


def waits() -> tuple[Recording, Recording]:
    """Give 16 requests, one every 30 ms: 1 ms of CPU, 98 ms of waiting, 1 ms of CPU."""
    due, steps = _every(16, 30 * MS), [waiting(MS, 98 * MS)] * 16
    return workers(due, steps, 2, 900 * MS), loop(due, steps, 900 * MS)


def computing() -> tuple[Recording, Recording]:
    """Give 16 requests, one every 20 ms: 50 ms of CPU each; the workers have a core each."""
    due, steps = _every(16, 20 * MS), [[(CPU, 50 * MS, None)]] * 16
    return workers(due, steps, 2, 900 * MS), loop(due, steps, 900 * MS)


def freeze() -> tuple[Recording, Recording]:
    """Give 36 requests, one every 12 ms; #9 calls time.sleep(0.2), in a pool on the left."""
    due, steps = _every(36, 12 * MS), [waiting(MS, 98 * MS)] * 36
    sleep = (SLEEP, 200 * MS, "time.sleep app.py:17")
    left, right = list(steps), list(steps)
    left[8] = [steps[8][0], steps[8][1], sleep, steps[8][2]]
    right[8] = [steps[8][0], sleep, steps[8][1], steps[8][2]]
    return loop(due, left, 540 * MS, pool=40), loop(due, right, 540 * MS)


def thousand() -> tuple[Recording, Recording]:
    """Give 1,400 requests, one a millisecond: 0.1 ms of CPU, 999.8 ms of waiting, 0.1 ms of CPU."""
    due = _every(1400, MS)
    steps = [waiting(MS // 10, 9998 * MS // 10)] * len(due)
    return workers(due, steps, 2, 3000 * MS), loop(due, steps, 3000 * MS)
