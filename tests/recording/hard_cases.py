"""The table of hard cases, each row told by hand."""

from __future__ import annotations

from story import Step, Story

from tracer.recording import Clock, Evidence, LaneKind, MarkKind, Outcome, PhaseKind, Role

QUEUED, RUNNING, BLOCKED, AWAITING, CALLING, TRANSFER, UNSEEN = PhaseKind


def nginx_with_many_connections() -> Story:
    """One loop lane of capacity 1; a proxied request is AWAITING, its upstream a child visit."""
    s = Story()
    nginx, db = s.hop("nginx", Role.PROXY), s.hop("gunicorn")
    loop = s.lane(nginx, "worker 1", LaneKind.LOOP)
    for number in range(40):
        at = number * 2.0
        conn = s.lane(nginx, f"conn {number}", LaneKind.CONNECTION, born=at, died=at + 100)
        q = s.request(at, at + 92)
        steps = [Step(RUNNING, at + 1, loop), Step(AWAITING, at + 91), Step(RUNNING, at + 92, loop)]
        v = s.visit(q, nginx, at, steps, connection=conn)
        s.visit(q, db, at + 1, [Step(UNSEEN, at + 91)], parent=v)
    return s


def a_thread_wants_the_gil() -> Story:
    """Simulator: QUEUED, holds = 1, waits_for = the process's GIL lane."""
    s = Story()
    hop = s.hop("gunicorn")
    process = s.lane(hop, "worker 1", LaneKind.PROCESS, capacity=0)
    gil = s.lane(hop, "gil", LaneKind.LOCK, parent=process)
    pool = s.lane(hop, "threads", LaneKind.POOL, capacity=2, parent=gil)
    one, two = (s.lane(hop, f"thread {n}", LaneKind.THREAD, parent=pool) for n in (1, 2))
    a, b, c = s.request(0, 20), s.request(0, 30), s.request(1, 36)
    sim = {"evidence": Evidence.SIMULATED}
    s.visit(a, hop, 0, [Step(RUNNING, 10, one, **sim), Step(BLOCKED, 20, one, **sim)])
    s.visit(b, hop, 0, [Step(QUEUED, 10, two, True, gil, **sim), Step(RUNNING, 30, two, **sim)])
    waits = [Step(QUEUED, 20, waits=pool, **sim), Step(QUEUED, 30, one, True, gil, **sim)]
    s.visit(c, hop, 1, [*waits, Step(RUNNING, 36, one, **sim)])
    return s


def a_thread_wants_the_gil_seen_by_hooks() -> Story:
    """Hooks see RUNNING with cpu_ns below its length, on two threads at once."""
    s = Story()
    hop = s.hop("gunicorn")
    process = s.lane(hop, "worker 1", LaneKind.PROCESS, capacity=0)
    pool = s.lane(hop, "threads", LaneKind.POOL, capacity=2, parent=process)
    for n in (1, 2):
        thread = s.lane(hop, f"thread {n}", LaneKind.THREAD, parent=pool)
        s.visit(s.request(0, 30), hop, 0, [Step(RUNNING, 30, thread, cpu=15)])
    return s


def a_frozen_loop() -> Story:
    """AWAITING split at the start of the last hold of the loop: the overlap is QUEUED, inferred."""
    s = Story()
    hop = s.hop("uvicorn")
    loop = s.lane(hop, "loop 1", LaneKind.LOOP)
    freezer, waiter = s.request(0, 60), s.request(0, 62)
    s.visit(freezer, hop, 0, [Step(AWAITING, 10), Step(BLOCKED, 60, loop, what="time.sleep app.py:17")])
    late = Step(QUEUED, 60, waits=loop, evidence=Evidence.INFERRED)
    s.visit(waiter, hop, 0, [Step(AWAITING, 10), late, Step(RUNNING, 62, loop)])
    return s


def gather() -> Story:
    """Tasks that a handler starts are stepped like the handler; children may overlap."""
    s = Story()
    hop, app, db = s.hop("uvicorn"), s.hop("app", Role.APP), s.hop("db", Role.DATABASE)
    loop = s.lane(hop, "loop 1", LaneKind.LOOP)
    q = s.request(0, 30)
    server = s.visit(q, hop, 0, [Step(RUNNING, 1, loop), Step(CALLING, 29), Step(TRANSFER, 30, loop)])
    steps = [Step(RUNNING, 3, loop), Step(AWAITING, 10), Step(RUNNING, 12, loop), Step(AWAITING, 28)]
    handler = s.visit(q, app, 1, [*steps, Step(RUNNING, 29, loop)], parent=server)
    s.visit(q, db, 2, [Step(UNSEEN, 10)], parent=handler)
    s.visit(q, db, 2.5, [Step(UNSEEN, 28)], parent=handler)
    return s


def nothing_wrapped() -> Story:
    """RUNNING if cpu_ns is at least half of it; else UNSEEN, keeping lane and holds."""
    s = Story()
    hop, app = s.hop("gunicorn"), s.hop("app", Role.APP)
    for n, step in enumerate((Step(RUNNING, 9, 0, cpu=6), Step(UNSEEN, 9, 1, holds=True, cpu=1))):
        worker = s.lane(hop, f"worker {n}", LaneKind.PROCESS)
        assert step.on == worker
        q = s.request(0, 10)
        ends = [Step(RUNNING, 1, worker), Step(CALLING, 9), Step(TRANSFER, 10, worker)]
        s.visit(q, app, 1, [step], parent=s.visit(q, hop, 0, ends))
    return s


def nginx_in_a_capture() -> Story:
    """AWAITING with lane -1 while it waits for its upstream; before and after it UNSEEN."""
    s = Story()
    nginx, upstream = s.hop("nginx", Role.PROXY), s.hop("uwsgi")
    q = s.request(0, 50)
    seen = {"evidence": Evidence.PACKET}
    steps = [Step(UNSEEN, 1, frames=(4, 9), **seen), Step(AWAITING, 48, frames=(9, 14), **seen)]
    v = s.visit(q, nginx, 0, [*steps, Step(UNSEEN, 50, frames=(14, 15), **seen)])
    s.visit(q, upstream, 1, [Step(UNSEEN, 48, frames=(9, 14), **seen)], parent=v)
    return s


def gevent() -> Story:
    """AWAITING; the hub is the lane."""
    s = Story()
    hop = s.hop("gunicorn")
    hub = s.lane(hop, "hub 1", LaneKind.GREENLET_HUB)
    for at in (0, 1):
        steps = [Step(RUNNING, at + 1, hub), Step(AWAITING, at + 20, hub), Step(RUNNING, at + 21, hub)]
        s.visit(s.request(at, at + 21), hop, at, steps)
    return s


def http2() -> Story:
    """Connection lane of capacity 0, a stream a visit."""
    s = Story()
    hop = s.hop("hypercorn")
    loop = s.lane(hop, "loop 1", LaneKind.LOOP)
    conn = s.lane(hop, "h2", LaneKind.CONNECTION, capacity=0)
    for n in range(3):
        steps = [Step(RUNNING, n + 1, loop), Step(AWAITING, 40)]
        s.visit(s.request(n, 40), hop, n, steps, connection=conn, stream=2 * n + 1)
    return s


def pipelining() -> Story:
    """QUEUED for the connection lane; it is held from the end of that to `answered`."""
    s = Story()
    hop = s.hop("gunicorn")
    worker = s.lane(hop, "worker 1", LaneKind.PROCESS)
    conn = s.lane(hop, "conn 1", LaneKind.CONNECTION)
    s.visit(s.request(0, 10), hop, 0, [Step(RUNNING, 10, worker)], connection=conn)
    s.visit(
        s.request(1, 20), hop, 1, [Step(QUEUED, 10, waits=conn), Step(RUNNING, 20, worker)], connection=conn
    )
    return s


def cgi() -> Story:
    """QUEUED until its process lane is born, then RUNNING "start-up"."""
    s = Story()
    hop = s.hop("cgi")
    process = s.lane(hop, "process 1", LaneKind.PROCESS, born=5, died=60)
    start_up = Step(RUNNING, 40, process, what="start-up")
    s.visit(s.request(0, 60), hop, 0, [Step(QUEUED, 5, waits=process), start_up, Step(RUNNING, 60, process)])
    return s


def websocket() -> Story:
    """One visit; latency ends at 101; messages are marks."""
    s = Story()
    hop = s.hop("uvicorn")
    loop = s.lane(hop, "loop 1", LaneKind.LOOP)
    conn = s.lane(hop, "conn 1", LaneKind.CONNECTION)
    q = s.request(0, 2, status=101)
    steps = [Step(RUNNING, 2, loop), Step(AWAITING, 500), Step(RUNNING, 501, loop), Step(AWAITING, 900)]
    v = s.visit(q, hop, 0, steps, answered=2, connection=conn, status=101)
    for at in (500, 700):
        s.mark(at, MarkKind.MESSAGE, visit=v, request=q, value=12)
    return s


def the_client_gives_up() -> Story:
    """Request abandoned; the server's visit goes on, orphaned, and starts its app after that."""
    s = Story()
    client, hop, app = s.hop("client", Role.CLIENT), s.hop("gunicorn"), s.hop("app", Role.APP)
    worker = s.lane(hop, "worker 1", LaneKind.PROCESS)
    q = s.request(0, 50, Outcome.ABANDONED)
    c = s.visit(q, client, 0, [Step(TRANSFER, 1), Step(AWAITING, 50)], outcome=Outcome.ABANDONED)
    steps = [Step(QUEUED, 60, waits=worker), Step(CALLING, 90), Step(TRANSFER, 91, worker)]
    v = s.visit(q, hop, 1, steps, parent=c)
    s.visit(q, app, 60, [Step(BLOCKED, 90, worker)], parent=v)
    return s


def sync_workers_under_an_arbiter() -> Story:
    """Two workers hold two places of the arbiter; a third request waits for the arbiter, not for a worker."""
    s = Story()
    client, hop, app = s.hop("client", Role.CLIENT), s.hop("gunicorn"), s.hop("app", Role.APP)
    arbiter = s.lane(hop, "arbiter", LaneKind.POOL, capacity=2)
    workers = [s.lane(hop, f"worker {n}", LaneKind.PROCESS, parent=arbiter, born=1) for n in (1, 2)]
    for n, (at, queued, end, worker) in enumerate(((10, 11, 30, 0), (12, 13, 30, 1), (14, 30, 50, 0))):
        q = s.request(at - 1, end + 1)
        conn = s.lane(hop, f"conn {n}", LaneKind.CONNECTION, born=at, died=end + 1)
        steps = [Step(QUEUED, at - 0.5), Step(TRANSFER, at), Step(AWAITING, end), Step(TRANSFER, end + 1)]
        c = s.visit(q, client, at - 1, steps)
        lane = workers[worker]
        steps = [Step(QUEUED, queued, waits=arbiter), Step(CALLING, end - 1), Step(TRANSFER, end, lane)]
        v = s.visit(q, hop, at, steps, parent=c, connection=conn, first_byte=(end - 1) * 1_000_000)
        s.visit(q, app, queued, [Step(BLOCKED, end - 1, lane, what="time.sleep")], parent=v)
    return s


def prefork_keeps_an_idle_connection() -> Story:
    """A phase of no visit: boot, and a worker held by a connection on which nothing is asked."""
    s = Story()
    hop = s.hop("apache")
    worker = s.lane(hop, "worker 1", LaneKind.PROCESS)
    s.held(worker, 0, 5, "boot", RUNNING)
    s.visit(s.request(5, 10), hop, 5, [Step(RUNNING, 10, worker)])
    s.held(worker, 10, 60, "idle keep-alive")
    s.visit(s.request(20, 70), hop, 20, [Step(QUEUED, 60, waits=worker), Step(RUNNING, 70, worker)])
    return s


def a_lingering_close() -> Story:
    """The answer is out before the lane lets go; the client has ended by then."""
    s = Story()
    client, hop = s.hop("client", Role.CLIENT), s.hop("gunicorn")
    worker = s.lane(hop, "worker 1", LaneKind.PROCESS)
    q = s.request(0, 12)
    c = s.visit(q, client, 0, [Step(AWAITING, 12)])
    s.visit(q, hop, 1, [Step(RUNNING, 10, worker), Step(BLOCKED, 40, worker)], answered=10, parent=c)
    return s


def a_retry_and_a_detached_task() -> Story:
    """A retry is a sibling visit with the next attempt; a detached child may outlast its parent."""
    s = Story()
    app, api = s.hop("app", Role.APP), s.hop("api")
    q = s.request(0, 10)
    v = s.visit(q, app, 0, [Step(AWAITING, 10)])
    s.visit(q, api, 1, [Step(UNSEEN, 4)], parent=v, outcome=Outcome.ERROR)
    s.visit(q, api, 5, [Step(UNSEEN, 9)], parent=v, attempt=2)
    s.visit(q, api, 9, [Step(UNSEEN, 80)], parent=v, detached=1)
    return s


def a_worker_is_killed() -> Story:
    """Open phases on lanes that have ended count until the lane's end; the next worker holds the place."""
    s = Story()
    hop = s.hop("gunicorn")
    arbiter = s.lane(hop, "arbiter", LaneKind.POOL, capacity=1)
    old = s.lane(hop, "worker 1", LaneKind.PROCESS, parent=arbiter, died=30)
    new = s.lane(hop, "worker 2", LaneKind.PROCESS, parent=arbiter, born=31)
    s.visit(s.request(0, None, Outcome.OPEN), hop, 0, [Step(RUNNING, None, old)])
    s.held(new, 31, 40, "boot", RUNNING)
    s.visit(s.request(0, 50), hop, 0, [Step(QUEUED, 40, waits=arbiter), Step(RUNNING, 50, new)])
    s.mark(30, MarkKind.WORKER_KILLED, lane=old)
    return s


def two_clocks() -> Story:
    """Two sources contradict each other by less than their clocks are uncertain."""
    s = Story()
    s.clocks = [Clock("client", 0, 200_000, ("client",)), Clock("server", 7, 300_000, ("gunicorn",))]
    client, hop = s.hop("client", Role.CLIENT), s.hop("gunicorn")
    worker = s.lane(hop, "worker 1", LaneKind.PROCESS)
    q = s.request(1, 10)
    c = s.visit(q, client, 1, [Step(AWAITING, 10)])
    s.visit(q, hop, 0.6, [Step(RUNNING, 10.4, worker)], parent=c)
    return s


TABLE = (
    nginx_with_many_connections,
    a_thread_wants_the_gil,
    a_thread_wants_the_gil_seen_by_hooks,
    a_frozen_loop,
    gather,
    nothing_wrapped,
    nginx_in_a_capture,
    gevent,
    http2,
    pipelining,
    cgi,
    websocket,
    the_client_gives_up,
    sync_workers_under_an_arbiter,
    prefork_keeps_an_idle_connection,
    a_lingering_close,
    a_retry_and_a_detached_task,
    a_worker_is_killed,
    two_clocks,
)
