"""Recordings made by hand: a stack of workers and a stack of one loop, small enough to compute on paper.

Times are given in ms from BASE. A request is sent 1 ms after it is due, its answer takes 1 ms to arrive.
"""

from __future__ import annotations

from itertools import count

from tracer.recording import (
    CERTAIN,
    UNKNOWN,
    Clock,
    Evidence,
    Hop,
    Lane,
    LaneKind,
    Match,
    Outcome,
    Phase,
    PhaseKind,
    Recording,
    Request,
    Role,
    Rows,
    Visit,
)

BASE = 1_700_000_000_000_000_000
MS = 1_000_000
CLIENT, SERVER, APP = range(3)
META = {"source": "hook", "title": "by hand", "clocks": [Clock("monotonic").as_meta()]}


def at(ms):
    return BASE + round(ms * MS)


class Stack:
    """Rows of client, server and app, request by request."""

    def __init__(self, name="gunicorn", convention="wsgi"):
        self.rows = Rows(
            hops=[
                Hop(CLIENT, "client", Role.CLIENT),
                Hop(SERVER, name, Role.GATEWAY, protocol="http/1.1"),
                Hop(APP, "app", Role.APP, protocol=convention),
            ]
        )
        self.convention = convention
        self.visit_ids = count()

    def lane(self, label, kind=LaneKind.PROCESS, parent=UNKNOWN, capacity=1, start=0.0, **more):
        number = len(self.rows.lanes)
        self.rows.lanes.append(
            Lane(
                number,
                SERVER,
                label,
                kind,
                capacity,
                parent,
                start=at(start) if start is not None else -1,
                **more,
            )
        )
        return number

    def phases(self, visit, start, *told):
        """Tell phases one after another: (kind, length in ms, further fields)."""
        for kind, length, *more in told:
            end = UNKNOWN if length is None else at(start + length)
            if length != 0:
                self.rows.phases.append(Phase(visit, kind, at(start), end, **(more[0] if more else {})))
            start += length or 0
        return start

    def request(self, due, queued, work, queue_lane, connection=UNKNOWN, linger=0.0, status=200, **columns):
        """Serve a request: `queued` ms in line, then `work`, phases of the app as `phases` takes them."""
        k = len(self.rows.requests)
        client, server, app = (next(self.visit_ids) for _ in range(3))
        arrived, entered = due + 1, due + 1 + queued
        busy = sum(length for _, length, *_ in work)
        left = entered + busy
        outcome = Outcome.ERROR if status >= 500 else Outcome.OK
        lane = next((m[0]["lane"] for *_, m in [(0, w[2:]) for w in work] if m and "lane" in m[0]), UNKNOWN)
        self.rows.requests.append(
            Request(
                k,
                at(due),
                "GET",
                f"/item/{k}?x=1",
                status,
                at(left + 1),
                0,
                512,
                columns.get("outcome", outcome),
            )
        )
        known = {"status": status, "outcome": outcome}
        self.rows.visits += [
            Visit(
                client, k, CLIENT, at(due),
                first_byte=at(left + 0.5), answered=at(left + 1), end=at(left + 1), **known,
            ),
            Visit(
                server, k, SERVER, at(arrived), parent=client, connection=connection, protocol="http/1.1",
                first_byte=at(left), answered=at(left), end=at(left + linger),
                match=Match.TRACEPARENT, confidence=CERTAIN, **known,
            ),
            Visit(
                app, k, APP, at(entered), parent=server, protocol=self.convention,
                first_byte=at(left), answered=at(left), end=at(left),
                match=Match.NESTING, confidence=CERTAIN, **known,
            ),
        ]  # fmt: skip
        self.phases(
            client, due, (PhaseKind.TRANSFER, 1), (PhaseKind.AWAITING, queued + busy), (PhaseKind.TRANSFER, 1)
        )
        self.phases(
            server,
            arrived,
            (PhaseKind.QUEUED, queued, {"waits_for": queue_lane}),
            (PhaseKind.CALLING, busy),
            (PhaseKind.TRANSFER, linger, {"lane": lane, "holds": 1}),
        )
        self.phases(app, entered, *work)
        return left

    def recording(self, **meta):
        return Recording.of(self.rows, {**META, **meta})


def blocking(lane, ms):
    return (PhaseKind.BLOCKED, ms, {"lane": lane, "holds": 1, "what": "time.sleep app.py:17"})


def running(lane, ms):
    return (PhaseKind.RUNNING, ms, {"lane": lane, "holds": 1})


def awaiting(ms):
    return (PhaseKind.AWAITING, ms)


def workers(jobs, lanes=2, kind=blocking, linger=0.0, **meta):
    """Serve jobs (due, ms of work), in order of arrival, by sync workers: first come, first served."""
    stack = Stack()
    arbiter = stack.lane("arbiter", LaneKind.POOL, capacity=lanes)
    pool = [stack.lane(f"worker {number + 1}", parent=arbiter, pid=100 + number) for number in range(lanes)]
    free = dict.fromkeys(pool, 0.0)
    for due, work in sorted(jobs):
        lane = min(pool, key=lambda lane: (free[lane], lane))
        queued = max(0.0, free[lane] - (due + 1))
        free[lane] = stack.request(due, queued, [kind(lane, work)], arbiter, linger=linger) + linger
    return stack.recording(**meta)


def loop(jobs, **meta):
    """Serve jobs (due, ms of waiting) by a loop that computes nothing worth telling."""
    stack = Stack("uvicorn", "asgi")
    process = stack.lane("process 1", pid=100)
    lane = stack.lane("loop", LaneKind.LOOP, process, pid=100)
    for due, work in sorted(jobs):
        stack.request(due, 0, [awaiting(work)], lane)
    return stack.recording(**meta)


def packets():
    """A capture of one request: a source that sees no queue, no lane, and joins nothing."""
    rows = Rows(
        hops=[Hop(0, "nginx", Role.PROXY, protocol="http/1.1")],
        lanes=[
            Lane(0, 0, "", LaneKind.CONNECTION, 1, src="127.0.0.1:40112", dst="127.0.0.1:8080", start=at(0))
        ],
        requests=[Request(0, at(0), "GET", "/", 200, at(5), 0, 512, Outcome.OK)],
        visits=[
            Visit(0, 0, 0, at(0), connection=0, status=200, outcome=Outcome.OK, answered=at(5), end=at(5))
        ],
        phases=[Phase(0, PhaseKind.UNSEEN, at(0), at(5), evidence=Evidence.PACKET)],
    )
    return Recording.of(rows, {**META, "source": "packets"})
