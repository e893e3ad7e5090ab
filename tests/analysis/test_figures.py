"""The figures of small recordings, computed on paper first."""

from __future__ import annotations

import numpy as np
import pytest
from handmade import APP, MS, SERVER, Stack, at, awaiting, blocking, loop, packets, running, workers
from hypothesis import given, settings
from hypothesis import strategies as st

from tracer.analysis.explained import explained
from tracer.analysis.latency import latency
from tracer.analysis.listing import records
from tracer.analysis.summary import as_json, summarise
from tracer.recording import UNKNOWN, LaneKind, Outcome, Phase, PhaseKind, Recording, Request, Rows

# Four requests due at 0, 10, 20 and 30 ms, 100 ms of work each, two workers. A request is at the server 1 ms
# after it is due, so the third waits from 21 to 101 and the fourth from 31 to 111.
FOUR = [(0, 100), (10, 100), (20, 100), (30, 100)]


def hop(summary, name):
    return next(figures for figures in summary.hops if figures.hop == name)


def test_four_requests_and_two_workers():
    summary = summarise(workers(FOUR))
    # Due to last byte: 102, 102, 182, 182 ms; from 0 to the last end at 212 ms.
    assert summary.requests == 4
    assert summary.duration_s == pytest.approx(0.212)
    assert summary.throughput == pytest.approx(4 / 0.212)
    assert summary.latency_s.mean == pytest.approx(0.142)
    assert summary.latency_s.p50 == pytest.approx(0.142)
    assert summary.latency_s.p90 == pytest.approx(0.182)
    assert summary.latency_s.max == pytest.approx(0.182)
    assert summary.outcomes == {"ok": 4, "refused": 0, "timeout": 0, "error": 0, "abandoned": 0, "open": 0}
    assert [figures.hop for figures in summary.hops] == ["gunicorn", "app"]
    assert summary.explained == 1.0
    assert summary.queued_s.mean == pytest.approx(0.040)

    server = hop(summary, "gunicorn")
    assert server.lanes == 2
    # Worker 1 is held from 1 to 201 ms, worker 2 from 11 to 211, of 212 each.
    assert server.utilisation == pytest.approx(400 / 424)
    assert server.queue_max == 2
    assert server.queued_s.mean == pytest.approx(0.040)
    assert server.queued_s.p99 == pytest.approx(0.080)
    assert server.phases_s["QUEUED"] == pytest.approx(0.160)
    assert server.phases_s["CALLING"] == pytest.approx(0.400)
    assert server.held_s["BLOCKED"] == pytest.approx(0.400)
    told = [(lane.lane, lane.kind, lane.utilisation, lane.queue_max) for lane in server.lane_figures]
    assert told == [
        ("arbiter", "pool", None, 2),
        ("worker 1", "process", pytest.approx(200 / 212), 0),
        ("worker 2", "process", pytest.approx(200 / 212), 0),
    ]

    app = hop(summary, "app")
    assert (app.lanes, app.utilisation, app.queue_max) == (0, None, 0)
    assert app.phases_s["BLOCKED"] == pytest.approx(0.400)


def test_the_same_four_on_a_loop():
    summary = summarise(loop(FOUR))
    assert summary.latency_s.max == pytest.approx(0.102)
    server = hop(summary, "uvicorn")
    assert (server.lanes, server.utilisation, server.queue_max) == (1, 0.0, 0)
    assert hop(summary, "app").phases_s["AWAITING"] == pytest.approx(0.400)


def test_warm_up_is_left_out_of_the_figures_but_still_holds_lanes():
    summary = summarise(workers(FOUR, warmup=2))
    # From 20 ms, when the third is due, to 212. Worker 1 is held until 201 ms, worker 2 until 211.
    assert (summary.requests, summary.outcomes["ok"]) == (2, 2)
    assert summary.duration_s == pytest.approx(0.192)
    assert summary.latency_s.mean == pytest.approx(0.182)
    assert hop(summary, "gunicorn").utilisation == pytest.approx((181 + 191) / 384)
    assert hop(summary, "gunicorn").queued_s.mean == pytest.approx(0.080)
    assert hop(summary, "gunicorn").visits == 2


def test_lingering_holds_the_lane_and_not_the_answer():
    summary = summarise(workers([(0, 10), (100, 10)], lanes=1, linger=5))
    assert summary.latency_s.max == pytest.approx(0.012)
    # 1 to 16 ms, and of the second, which lingers to 116, what lies before the last end at 112.
    assert hop(summary, "gunicorn").utilisation == pytest.approx((15 + 11) / 112)
    assert hop(summary, "gunicorn").phases_s["TRANSFER"] == pytest.approx(0.010)


def test_a_source_that_sees_no_queue_says_so():
    summary = summarise(packets())
    (nginx,) = summary.hops
    assert (nginx.lanes, nginx.utilisation) == (0, None)
    assert (nginx.queued_s.mean, nginx.queued_s.p99, nginx.queue_max) == (None, None, 0)
    assert (summary.queued_s.mean, summary.explained) == (None, None)


def test_an_empty_recording_has_no_figures_and_no_warnings(recwarn):
    summary = summarise(Recording.of(Rows()))
    assert (summary.requests, summary.duration_s, summary.throughput) == (0, 0.0, None)
    assert summary.latency_s.p99 is None
    assert not recwarn.list


def test_latency_counts_answers_alone():
    rows = Rows()
    told = [
        (Outcome.OK, 200, 10),
        (Outcome.ERROR, 500, 20),
        (Outcome.ERROR, -1, 30),  # broken off: no status, no latency
        (Outcome.TIMEOUT, -1, 40),
        (Outcome.REFUSED, -1, 50),
        (Outcome.ABANDONED, -1, 60),
        (Outcome.OPEN, -1, None),
    ]
    for number, (outcome, status, end) in enumerate(told):
        ends = -1 if end is None else at(end)
        rows.requests.append(Request(number, at(0), status=status, end=ends, outcome=outcome))
    summary = summarise(Recording.of(rows))
    assert summary.latency_s.mean == pytest.approx(0.015)
    assert summary.throughput == pytest.approx(2 / 0.060)
    assert summary.outcomes == {"ok": 1, "refused": 1, "timeout": 1, "error": 2, "abandoned": 1, "open": 1}


def test_threads_execute_and_not_the_process_and_pool_above_them():
    stack = Stack()
    process = stack.lane("worker 1")
    pool = stack.lane("pool", LaneKind.POOL, process, capacity=2)
    threads = [stack.lane(f"thread {n}", LaneKind.THREAD, pool) for n in range(2)]
    stack.request(0, 0, [blocking(threads[0], 50)], pool)
    stack.request(0, 0, [running(threads[1], 8)], pool)
    figures = hop(summarise(stack.recording()), "gunicorn")
    assert figures.lanes == 2
    assert figures.utilisation == pytest.approx(58 / 104)
    assert [lane.lane for lane in figures.lane_figures] == ["thread 0", "thread 1"]


def test_what_overlaps_on_a_lane_is_held_once_and_a_lock_is_no_lane_that_executes():
    stack = Stack()
    worker = stack.lane("worker 1")
    lock = stack.lane("gil", LaneKind.LOCK, worker)
    stack.request(0, 0, [running(worker, 98)], worker)
    stack.rows.phases.append(Phase(-1, PhaseKind.RUNNING, at(50), at(99.5), lane=lock, holds=1))
    figures = hop(summarise(stack.recording()), "gunicorn")
    assert (figures.lanes, figures.utilisation) == (1, pytest.approx(98.5 / 100))


def test_a_lane_counts_for_as_long_as_it_lived():
    stack = Stack()
    old = stack.lane("worker 1", start=None, end=at(52))
    new = stack.lane("worker 2", start=52)
    stack.lane("worker 3", start=500)
    stack.request(0, 0, [running(old, 26)], old)
    stack.request(90, 0, [running(new, 12)], new)
    figures = hop(summarise(stack.recording()), "gunicorn")
    # 52 ms of life each; the third was born after the last end.
    assert (figures.lanes, figures.utilisation) == (2, pytest.approx(38 / 104))


def test_an_open_phase_holds_until_its_lane_or_the_recording_ends():
    stack = Stack()
    killed = stack.lane("worker 1", end=at(40))
    stuck = stack.lane("worker 2")
    stack.request(0, 0, [running(stuck, 8)], stuck)
    for lane in (killed, stuck):
        stack.rows.requests.append(Request(len(stack.rows.requests), at(20)))
        stack.rows.phases.append(Phase(-1, PhaseKind.BLOCKED, at(20), lane=lane, holds=1))
    stack.request(98, 0, [awaiting(0.5)], stuck)
    summary = summarise(stack.recording())
    assert summary.outcomes["open"] == 2
    held = {lane.lane: lane.held_s for lane in hop(summary, "gunicorn").lane_figures}
    assert held == {"worker 1": pytest.approx(0.020), "worker 2": pytest.approx(0.008 + 0.0805)}


def test_lanes_of_one_label_are_told_apart_by_their_process():
    stack = Stack()
    for number in (1, 2):
        worker = stack.lane(f"worker {number}")
        pool = stack.lane("pool", LaneKind.POOL, worker)
        thread = stack.lane("thread 1", LaneKind.THREAD, pool)
        stack.request(10 * number, 0, [running(thread, 5)], pool)
    alone = stack.lane("accepting thread", LaneKind.THREAD)
    stack.request(40, 0, [running(alone, 5)], alone)
    made = stack.recording()
    told = [lane.lane for lane in hop(summarise(made), "gunicorn").lane_figures if lane.kind == "thread"]
    assert told == ["accepting thread", "worker 1 thread 1", "worker 2 thread 1"]
    listed = [record["hops"][0]["lane"] for record in records(made)]
    assert listed == ["worker 1 thread 1", "worker 2 thread 1", "accepting thread"]


def test_explained_takes_calling_as_far_as_the_nested_visit_covers_it():
    stack = Stack()
    lane = stack.lane("worker 1")
    stack.request(0, 20, [running(lane, 30), (PhaseKind.UNSEEN, 40), running(lane, 10)], lane)
    told = explained(stack.recording())
    assert told.awaiting.tolist() == [100 * MS]
    assert told.covered.tolist() == [60 * MS]
    assert told.share == pytest.approx(0.6)


def test_unseen_in_the_server_is_not_explained_by_the_app_below_it():
    stack = Stack()
    lane = stack.lane("worker 1")
    stack.request(0, 0, [running(lane, 100)], lane)
    for phase in stack.rows.phases:
        if phase.kind == PhaseKind.CALLING:
            phase.kind = PhaseKind.UNSEEN
    assert explained(stack.recording()).share == 0.0


def test_what_the_client_gave_up_on_is_explained_by_the_server_that_goes_on():
    stack = Stack()
    lane = stack.lane("loop", LaneKind.LOOP)
    stack.request(0, 0, [running(lane, 10), awaiting(90)], lane)
    stack.request(300, 0, [running(lane, 1)], lane)  # the recording goes on
    for phase in stack.rows.phases:
        if phase.kind in (PhaseKind.CALLING, PhaseKind.AWAITING) and phase.start < at(50):
            phase.end = at(51) if phase.visit == 0 else UNKNOWN
    told = explained(stack.recording())
    assert (told.awaiting.tolist(), told.covered.tolist()) == ([50 * MS, MS], [50 * MS, MS])


@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=50))
def test_percentiles_are_those_of_numpy(ns):
    told = latency(np.array(ns, np.int64))
    expected = np.percentile(np.array(ns) / 1e9, [50, 90, 95, 99])
    assert [told.p50, told.p90, told.p95, told.p99] == pytest.approx(list(expected), rel=1e-9, abs=1e-12)
    assert told.max == max(ns) / 1e9


JOBS = st.lists(
    st.tuples(st.integers(0, 300).map(lambda n: n / 4), st.integers(1, 200).map(lambda n: n / 4)),
    min_size=1,
    max_size=25,
)


@settings(deadline=None)
@given(JOBS, st.integers(1, 4))
def test_what_must_add_up_does(jobs, lanes):
    recording = workers(jobs, lanes)
    summary = summarise(recording)
    server, app = hop(summary, "gunicorn"), hop(summary, "app")
    assert sum(summary.outcomes.values()) == summary.requests == len(jobs)
    work = sum(ms for _, ms in jobs) / 1000
    stays = recording.visits.end - recording.visits.start
    for figures, number in ((server, SERVER), (app, APP)):
        # Phases tile a visit, so their sums are the sum of the stays, and so is their mean number (Little).
        stay = stays[recording.visits.hop == number].sum() / 1e9
        assert sum(figures.phases_s.values()) == pytest.approx(stay)
    assert app.phases_s["BLOCKED"] == pytest.approx(work)
    assert server.utilisation * lanes * summary.duration_s == pytest.approx(work)
    assert server.queued_s.mean * len(jobs) == pytest.approx(server.phases_s["QUEUED"])
    assert server.queue_max <= max(0, len(jobs) - 1)
    assert (server.queue_max > 0) == (server.phases_s["QUEUED"] > 0)
    assert summary.latency_s.p50 <= summary.latency_s.p90 <= summary.latency_s.p95 <= summary.latency_s.p99
    assert summary.explained == pytest.approx(1.0)


def test_json_has_the_fields_of_the_contract():
    told = as_json(summarise(workers(FOUR, seed=7)))
    fields = ["requests", "duration_s", "throughput", "latency_s", "outcomes", "hops"]
    assert list(told)[:6] == fields
    assert list(told["latency_s"]) == ["mean", "p50", "p90", "p95", "p99", "max"]
    assert set(told["outcomes"]) == {"ok", "refused", "timeout", "error", "abandoned", "open"}
    first = told["hops"][0]
    assert list(first)[:6] == ["hop", "lanes", "utilisation", "queued_s", "queue_max", "phases_s"]
    assert set(first["queued_s"]) == {"mean", "p99"}
    assert set(first["phases_s"]) == {kind.name for kind in PhaseKind}
    assert told["seed"] == 7


def test_lanes_stand_in_the_order_in_which_people_count():
    stack = Stack()
    arbiter = stack.lane("arbiter", LaneKind.POOL, capacity=12)
    pool = [stack.lane(f"worker {number}", parent=arbiter) for number in (10, 2, 1)]
    for due, lane in enumerate(pool):
        stack.request(due, 1, [running(lane, 5 + due)], arbiter)
    lanes = hop(summarise(stack.recording()), "gunicorn").lane_figures
    assert [lane.lane for lane in lanes] == ["arbiter", "worker 1", "worker 2", "worker 10"]


def test_what_was_lost_is_told():
    assert summarise(workers(FOUR, lost_records=3)).lost_records == 3
