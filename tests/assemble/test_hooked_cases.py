"""The hard cases of the house, from records to phases. Times in microseconds."""

from __future__ import annotations

import pytest
from ring_script import GTHREAD, SYNC, US, UVICORN, Ring, assembled, idle, recording, story

from tracer.agent import layout
from tracer.agent.layout import ABORTED, ASGI, ERROR, LOOP, POOL, PROCESS, THREAD
from tracer.assemble.assembler import Assembler
from tracer.load.exchange import Exchange
from tracer.recording import Evidence, MarkKind, Match, Outcome, Recording


def sync_worker() -> Ring:
    ring = Ring(SYNC)
    ring.lane(PROCESS, "worker 1", arbiter=2)
    return ring


def births(made: Recording) -> dict[str, int]:
    """When each lane began, us, by its label."""
    return {
        made.text(label): start // US for label, start in zip(made.lanes.label, made.lanes.start, strict=True)
    }


def loop() -> Ring:
    ring = Ring(UVICORN)
    ring.lane(PROCESS, "process", capacity=0)
    ring.lane(LOOP, "loop", parent=1)
    return ring


def pool() -> Ring:
    ring = Ring(GTHREAD)
    ring.lane(PROCESS, "worker 1", capacity=2, arbiter=1)
    ring.lane(POOL, "pool", capacity=2, parent=1)
    ring.lane(THREAD, "thread 1", parent=2)
    return ring


def test_sync_queued_read_called_answered_lingering():
    ring = sync_worker()
    ring.open(1, 1, 10, 20, 30, 35)
    ring.phase(1, 1, "B 40 80 time.sleep views.py:42")
    ring.close(1, 90, 95, 120, cpu=9)
    made = assembled(ring)
    assert story(made, "gunicorn") == (
        "QUEUED 10-20 for arbiter, TRANSFER 20-35 on worker 1 'read', CALLING 35-90, "
        "TRANSFER 90-95 on worker 1 'response', BLOCKED 95-120 on worker 1 'lingering close'"
    )
    assert story(made, "app") == (
        "RUNNING 35-40 on worker 1 (inferred), BLOCKED 40-80 on worker 1 'time.sleep views.py:42', "
        "RUNNING 80-90 on worker 1 (inferred)"
    )
    assert (made.visits.answered[0], made.visits.end[0]) == (95_000, 120_000)


@pytest.mark.parametrize(
    ("case", "conn", "stamp", "told"),
    [
        ("a connection is made", 9, 4, "QUEUED 4-10 for connection 1 'X-Request-Start' (inferred)"),
        ("no connection is known", 0, 4, "QUEUED 4-10 for arbiter 'X-Request-Start' (inferred)"),
        ("a stamp that lies ahead says nothing", 9, 11, "QUEUED 10-20 for arbiter"),
        ("nor does one of another minute", 9, 10 - 60_000_000, "QUEUED 10-20 for arbiter"),
    ],
)
def test_a_proxy_that_says_when_it_passed_a_request_on(case, conn, stamp, told):
    ring = sync_worker()
    if conn:
        ring.conn(1, conn)
    ring.open(1, 1, 10, 20, 30, 35, conn=int(bool(conn)))
    ring.put(layout.MARK, what=layout.MARK_NAMES.index("request_start"), visit=1, value=stamp * US)
    ring.close(1, 90, 95, 95)
    made = assembled(ring)
    assert story(made, "gunicorn").startswith(told), case
    assert made.requests.start[0] == min(stamp if "X-Request" in told else 10, 10) * US


def test_a_worker_that_accepts_before_anything_comes_is_held_by_no_request():
    ring = sync_worker()
    ring.open(1, 1, 20, 10, 30, 35)
    ring.close(1, 90, 95, 95)
    made = assembled(ring)
    assert idle(made) == "BLOCKED 10-20 on worker 1 'first byte'"
    assert story(made, "gunicorn").startswith("TRANSFER 20-35 on worker 1")


@pytest.mark.parametrize(
    ("case", "cpu", "process", "told"),
    [
        ("its CPU time is half of it", 50, 50, "RUNNING 100-200"),
        ("it is less than half", 49, 49, "UNSEEN 100-200"),
        ("others of the process compute: the GIL", 20, 100, "RUNNING 100-200"),
        ("others compute, but do not fill it", 20, 80, "UNSEEN 100-200"),
        ("it was not measured", -1, -1, "UNSEEN 100-200"),
    ],
)
def test_an_interval_without_a_wrapped_wait(case, cpu, process, told):
    ring = pool()
    ring.open(1, 3, 100, 100, 100, 100, queue_lane=2)
    ring.close(1, 200, 200, 200, cpu=cpu, process=process)
    assert story(assembled(ring), "app") == f"{told} on thread 1"


def test_a_thread_that_never_waited_ran_or_wanted_to():
    ring = pool()
    ring.open(1, 3, 100, 100, 100, 100, queue_lane=2)
    ring.close(1, 200, 200, 200, cpu=20, process=20, flags=layout.NEVER_WAITED)
    assert story(assembled(ring), "app") == "RUNNING 100-200 on thread 1"


def test_a_pool_is_waited_for_as_such():
    ring = pool()
    ring.open(1, 3, 10, 50, 60, 70, queue_lane=2)
    ring.close(1, 80, 80, 80)
    assert story(assembled(ring), "gunicorn").startswith("QUEUED 10-50 for pool, TRANSFER 50-70 on thread 1")


def test_a_pool_told_by_its_first_thread_is_as_old_as_the_thread():
    ring = Ring(UVICORN)
    ring.lane(PROCESS, "process", capacity=0, start=20)  # after its loop
    ring.lane(LOOP, "loop", parent=1)
    ring.open(1, 2, 10, 11, 13, 15, flags=ASGI, queue_lane=2)
    ring.lane(POOL, "pool", capacity=40, parent=1, start=33)  # told after the thread had begun, at 30
    ring.lane(THREAD, "thread 9", parent=3, start=30)
    ring.phase(1, 4, "R 30 40")
    ring.close(1, 50, 50, 50)
    born = births(assembled(ring))
    assert born["pool"] == born["thread 9"] == 30
    assert born["process"] <= born["loop"] == 2


def coroutine(ring: Ring, visit: int, at: int, steps: list[str], **fields) -> None:
    """A request at the loop: arrived, read and entered within 5 us from `at`, its last step its end."""
    ring.open(visit, 2, at, at + 1, at + 3, at + 5, flags=ASGI, queue_lane=2, **fields)
    for step in steps:
        ring.phase(visit, 2, step)
    end = int(steps[-1].split()[2])
    ring.close(visit, end, end, end)


def test_a_coroutine_runs_in_its_steps_and_awaits_between():
    ring = loop()
    coroutine(ring, 1, 100, ["R 106 110", "R 150 155"])
    made = assembled(ring)
    assert story(made, "uvicorn") == (
        "QUEUED 100-101 for loop, TRANSFER 101-103 on loop 'read', QUEUED 103-105 for loop, CALLING 105-155"
    )
    assert story(made, "app") == "RUNNING 105-110 on loop, AWAITING 110-150, RUNNING 150-155 on loop"


def test_a_blocking_call_in_a_coroutine_is_blocked_on_the_loop():
    ring = loop()
    coroutine(ring, 1, 100, ["B 110 180 time.sleep views.py:42", "R 105 190"])
    assert story(assembled(ring), "app") == (
        "RUNNING 105-110 on loop, BLOCKED 110-180 on loop 'time.sleep views.py:42', RUNNING 180-190 on loop"
    )


def test_a_wait_that_is_named_keeps_its_name_up_to_where_the_loop_was_not_free():
    ring = loop()
    ring.open(1, 2, 100, 101, 103, 105, flags=ASGI, queue_lane=2)
    ring.phase(1, 2, "R 105 110")
    one_step(ring, 2, 112, 170)
    ring.phase(1, 0, "A 109 172 redis GET views.py:9")
    ring.phase(1, 2, "R 170 180")
    ring.close(1, 180, 180, 180, lane=2)
    assert story(assembled(ring), "app") == (
        "RUNNING 105-110 on loop, AWAITING 110-117 'redis GET views.py:9', "
        "QUEUED 117-170 for loop (inferred), RUNNING 170-180 on loop"
    )


def one_step(ring: Ring, visit: int, at: int, end: int, **fields) -> None:
    """A request whose coroutine never gave the loop back: no step of it is told."""
    ring.open(visit, 2, at, at + 1, at + 3, at + 5, flags=ASGI, queue_lane=2)
    ring.close(visit, end, end, end, lane=2, flags=layout.ONE_STEP, **fields)


def test_a_coroutine_of_one_step_runs():
    ring = loop()
    one_step(ring, 1, 100, 150)
    assert story(assembled(ring), "app") == "RUNNING 105-150 on loop"


def test_a_blocking_call_in_the_one_step_is_told_all_the_same():
    ring = loop()
    ring.open(1, 2, 100, 101, 103, 105, flags=ASGI, queue_lane=2)
    ring.phase(1, 2, "B 110 140 time.sleep views.py:42")
    ring.close(1, 150, 150, 150, lane=2, flags=layout.ONE_STEP)
    assert story(assembled(ring), "app") == (
        "RUNNING 105-110 on loop, BLOCKED 110-140 on loop 'time.sleep views.py:42', RUNNING 140-150 on loop"
    )


def test_a_coroutine_of_one_step_freezes_the_loop_for_others():
    ring = loop()
    ring.open(1, 2, 100, 101, 103, 105, flags=ASGI, queue_lane=2)
    ring.phase(1, 2, "R 105 110")
    one_step(ring, 2, 120, 900)
    ring.phase(1, 2, "R 910 950")
    ring.close(1, 950, 950, 950)
    assert story(assembled(ring), "app", "/item/1") == (
        "RUNNING 105-110 on loop, AWAITING 110-125, QUEUED 125-910 for loop (inferred), "
        "RUNNING 910-950 on loop"
    )


def frozen(hold: str, resume: str) -> str:
    """Request 1 awaits from 110; request 2 holds the loop; then 1 resumes."""
    ring = loop()
    ring.open(1, 2, 100, 101, 103, 105, flags=ASGI, queue_lane=2)
    ring.phase(1, 2, "R 105 110")
    coroutine(ring, 2, 120, [hold])
    ring.phase(1, 2, resume)
    end = int(resume.split()[2])
    ring.close(1, end, end, end)
    return story(assembled(ring), "app", "/item/1")


@pytest.mark.parametrize(
    ("case", "hold", "resume", "told"),
    [
        (
            "right after the hold",
            "R 130 900",
            "R 910 950",
            "AWAITING 110-130, QUEUED 130-910 for loop (inferred)",
        ),
        ("the loop polled between", "R 130 900", "R 1500 1550", "AWAITING 110-1500"),
    ],
)
def test_a_frozen_loop(case, hold, resume, told):
    start, end = resume.split()[1:]
    assert frozen(hold, resume) == f"RUNNING 105-110 on loop, {told}, RUNNING {start}-{end} on loop"


def test_of_a_frozen_loop_only_the_last_hold_counts():
    ring = loop()
    ring.open(1, 2, 100, 101, 103, 105, flags=ASGI, queue_lane=2)
    ring.phase(1, 2, "R 105 110")
    coroutine(ring, 2, 120, ["R 130 300"])
    coroutine(ring, 3, 301, ["R 310 400"])
    ring.phase(1, 2, "R 405 410")
    ring.close(1, 410, 410, 410)
    told = story(assembled(ring), "app", "/item/1")
    assert "AWAITING 110-310, QUEUED 310-405 for loop (inferred)" in told


def test_its_own_step_freezes_nobody():
    ring = loop()
    coroutine(ring, 1, 100, ["R 105 110", "R 120 200", "R 205 210"])
    assert "QUEUED" not in story(assembled(ring), "app")


def test_gathered_tasks_and_threads_at_once():
    ring = loop()
    ring.lane(THREAD, "thread 9")
    ring.open(1, 2, 100, 101, 103, 105, flags=ASGI, queue_lane=2)
    ring.phase(1, 2, "R 105 110")
    ring.phase(1, 2, "R 120 125")
    ring.phase(1, 3, "B 115 180 time.sleep to_thread")
    ring.phase(1, 2, "R 190 200")
    ring.close(1, 200, 200, 200)
    assert story(assembled(ring), "app") == (
        "RUNNING 105-110 on loop, AWAITING 110-115, BLOCKED 115-120 on thread 9 'time.sleep to_thread', "
        "RUNNING 120-125 on loop, BLOCKED 125-180 on thread 9 'time.sleep to_thread', AWAITING 180-190, "
        "RUNNING 190-200 on loop"
    )


def test_a_step_that_hardly_used_the_cpu_is_not_seen():
    ring = loop()
    ring.open(1, 2, 100, 101, 103, 105, flags=ASGI, queue_lane=2)
    ring.phase(1, 2, "R 105 5000", cpu=50)
    ring.close(1, 5000, 5000, 5000)
    assert story(assembled(ring), "app") == "UNSEEN 105-5000 on loop"


def test_a_pipelined_request_waits_for_its_connection():
    ring = loop()
    ring.conn(1, 90)
    coroutine(ring, 1, 100, ["R 105 110", "R 200 210"], conn=1)
    ring.open(2, 2, 100, 101, 211, 212, flags=ASGI, queue_lane=2, conn=1, ordinal=1)
    ring.phase(2, 2, "R 212 220")
    ring.close(2, 220, 220, 220)
    assert story(assembled(ring), "uvicorn", "/item/2").startswith(
        "QUEUED 100-210 for connection 1, TRANSFER 210-211"
    )


def test_a_head_in_two_packets_does_not_hold_the_loop():
    ring = loop()
    coroutine(ring, 1, 100, ["R 110 150"])
    ring.open(2, 2, 90, 95, 200, 205, flags=ASGI, queue_lane=2)
    ring.phase(2, 2, "R 205 210")
    ring.close(2, 210, 210, 210)
    assert "TRANSFER 95-200 'read'" in story(assembled(ring), "uvicorn", "/item/2")


def test_boot_is_a_hold_by_no_request_and_its_lane_was_there():
    ring = sync_worker()
    ring.phase(0, 1, "R 1 2 boot", app=False)
    made = assembled(ring)
    assert idle(made) == "RUNNING 1-2 on worker 1 'boot'"
    assert made.lanes.start[0] == 1000


def test_a_task_that_outlives_its_request_holds_the_loop_once():
    ring = loop()
    ring.phase(0, 2, "B 20 30 time.sleep later.py:1")
    ring.phase(0, 2, "R 10 50")
    assert idle(assembled(ring)) == (
        "RUNNING 10-20 on loop, BLOCKED 20-30 on loop 'time.sleep later.py:1', RUNNING 30-50 on loop"
    )


def test_a_head_is_not_read_while_a_task_of_no_request_holds_the_loop():
    ring = loop()
    ring.phase(0, 2, "R 110 150 task nap")
    ring.open(1, 2, 90, 95, 200, 205, flags=ASGI, queue_lane=2)
    ring.phase(1, 2, "R 205 210")
    ring.close(1, 210, 210, 210)
    assert "TRANSFER 95-200 'read'" in story(assembled(ring), "uvicorn")


# Open, killed, lost.


def test_an_open_request_stays_open_and_holds_its_worker():
    ring = sync_worker()
    ring.open(1, 1, 10, 20, 30, 35)
    ring.phase(1, 1, "B 40 80 socket.recv db.py:7")
    made = assembled(ring)
    assert story(made, "gunicorn").endswith("CALLING 35-")
    assert story(made, "app").endswith("'socket.recv db.py:7', UNSEEN 80- on worker 1")
    assert (made.requests.outcome[0], made.requests.end[0]) == (Outcome.OPEN, -1)


def test_an_open_coroutine_awaits_as_far_as_is_known():
    ring = loop()
    ring.open(1, 2, 100, 101, 103, 105, flags=ASGI, queue_lane=2)
    ring.phase(1, 2, "R 105 110")
    assert story(assembled(ring), "app") == "RUNNING 105-110 on loop, AWAITING 110- (inferred)"


def test_a_killed_worker_s_lane_ends_and_its_request_is_open():
    ring = sync_worker()
    ring.open(1, 1, 10, 20, 30, 35)
    made = assembled(ring, ended=True)
    assert made.marks.kind.tolist() == [MarkKind.WORKER_KILLED]
    assert made.lanes.end[0] == 35_000
    assert made.requests.outcome[0] == Outcome.OPEN


def test_the_worker_after_a_killed_one_takes_its_place():
    first, second = sync_worker(), Ring(SYNC, pid=8)
    first.open(1, 1, 10, 20, 30, 35)
    second.lane(PROCESS, "worker 2", arbiter=2)
    third = Ring(SYNC, pid=9)
    third.lane(PROCESS, "worker 3", arbiter=2)
    for ring, at in ((second, 100), (third, 110)):
        ring.open(1, 1, at, at, at, at)
        ring.close(1, at + 500, at + 500, at + 500)
    assembler = Assembler(0)
    assembler.records(first.batch(ended=True, alive=60))
    assembler.records(second.batch())
    assembler.records(third.batch())
    recording(assembler.finish())  # of capacity 2, the arbiter holds never three


def test_lost_records_are_told_and_nothing_is_made_up():
    ring = loop()
    ring.open(1, 2, 100, 101, 103, 105, flags=ASGI, queue_lane=2)
    ring.phase(1, 2, "R 105 110")
    assembler = Assembler(0)
    assembler.records(ring.batch())
    ring.slots += [b"\0" * layout.SLOT] * 5
    ring.sent = len(ring.slots)
    ring.close(1, 500, 500, 500)
    late = ring.batch()
    late.lost = 5
    assembler.records(late)
    made = recording(assembler.finish())
    assert story(made, "app") == "RUNNING 105-110 on loop, UNSEEN 110-500"
    assert MarkKind.LOST in made.marks.kind
    assert assembler.world.lost == 5


# Outcomes.


@pytest.mark.parametrize(
    ("case", "fields", "outcome"),
    [
        ("answered", {}, Outcome.OK),
        ("not found is an answer", {"status": 404}, Outcome.OK),
        ("answered with 500", {"status": 500}, Outcome.ERROR),
        ("raised in the middle of its answer", {"status": 200, "flags": ERROR}, Outcome.ERROR),
        ("the client left", {"status": 200, "flags": ABORTED}, Outcome.ABANDONED),
        ("no answer at all", {"status": 0, "answered": 0}, Outcome.ERROR),
    ],
)
def test_outcomes_without_a_client(case, fields, outcome):
    ring = sync_worker()
    ring.open(1, 1, 10, 20, 30, 35)
    ring.close(1, 50, **{"answered": 60, "end": 60, **fields})
    made = assembled(ring)
    assert made.requests.outcome[0] == outcome


# The client's half.


def exchange(**fields) -> Exchange:
    known = {"due": 1, "connecting": 2, "sending": 4, "sent": 6, "first_byte": 92, "end": 100}
    times = {
        name: time * 1000 if time >= 0 else -1 for name, time in (known | fields).items() if name in known
    }
    rest = {name: value for name, value in fields.items() if name not in known}
    told = {"trace_id": b"t" * 16, "span_id": b"s" * 8, "status": 200, "outcome": Outcome.OK, **rest, **times}
    return Exchange(0, "GET", "/item/1", **told)


def answered(**fields) -> Ring:
    ring = sync_worker()
    ring.conn(1, 5)
    ring.open(1, 1, 10, 20, 30, 35, conn=1, **fields)
    ring.close(1, 85, 90, 120)
    return ring


def test_a_client_is_late_sends_awaits_receives():
    made = assembled(answered(trace_id=b"t" * 16, span_id=b"s" * 8), exchanges=[exchange()])
    assert story(made, "client") == (
        "QUEUED 1-2 'late', TRANSFER 2-4 'connecting', TRANSFER 4-6 'sending', AWAITING 6-92, "
        "TRANSFER 92-100 'receiving'"
    )
    assert made.visits.match.tolist() == [Match.NONE, Match.TRACEPARENT, Match.NESTING]
    assert made.visits.parent.tolist() == [-1, 0, 1]


def test_without_a_traceparent_address_and_ordinal_join():
    made = assembled(answered(), exchanges=[exchange(local="127.0.0.1:4000", ordinal=0)])
    assert made.visits.match.tolist() == [Match.NONE, Match.CONNECTION_ORDINAL, Match.NESTING]


@pytest.mark.parametrize(
    "fields",
    [
        {"local": "127.0.0.1:4001", "ordinal": 0},
        {"local": "127.0.0.1:4000", "ordinal": 1},
        {"local": "127.0.0.1:4000", "ordinal": 0, "due": 50, "connecting": 50, "sending": 50, "sent": 50},
    ],
)
def test_what_does_not_fit_is_not_joined(fields):
    made = assembled(answered(), exchanges=[exchange(**fields)])
    assert len(made.requests.start) == 2


def test_a_client_that_gives_up_leaves_the_server_behind():
    gone = exchange(first_byte=-1, end=50, status=-1, outcome=Outcome.TIMEOUT)
    made = assembled(answered(trace_id=b"t" * 16, span_id=b"s" * 8), exchanges=[gone])
    assert made.requests.outcome.tolist() == [Outcome.TIMEOUT]
    assert made.requests.end[0] == 50_000
    assert made.visits.end.tolist() == [50_000, 120_000, 85_000]


def test_a_refused_request_has_no_server():
    refused = exchange(sending=-1, sent=-1, first_byte=-1, end=3, status=-1, outcome=Outcome.REFUSED)
    made = assembled(exchanges=[refused])
    assert made.requests.outcome.tolist() == [Outcome.REFUSED]


def test_the_answer_was_out_when_the_client_had_it():
    ring = sync_worker()
    ring.open(1, 1, 10, 20, 30, 35, trace_id=b"t" * 16, span_id=b"s" * 8)
    ring.close(1, 85, 110, 120, first_byte=86, last_write=90)
    made = assembled(ring, exchanges=[exchange()])
    assert made.visits.answered[1] == 100_000


def test_times_become_those_of_the_epoch():
    ring = sync_worker()
    ring.open(1, 1, 10, 20, 30, 35)
    assembler = Assembler(5_000_000)
    assembler.records(ring.batch())
    made = recording(assembler.finish())
    assert (made.requests.start[0], made.requests.end[0]) == (5_010_000, -1)
    assert Evidence.HOOK in made.phases.evidence
