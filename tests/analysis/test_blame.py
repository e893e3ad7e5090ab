"""Blame: textbook cases by hand, and random stacks held to a second, slow and plain, way to count."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import pytest
from handmade import Stack, at, blocking, running, workers
from hypothesis import HealthCheck, given, settings

from simulator.scenario import simulate
from tests.simulator.shapes import scenarios
from tracer.analysis.blame import blame
from tracer.analysis.blame_words import sentences
from tracer.analysis.window import phase_ends, window
from tracer.recording import LaneKind, Phase, PhaseKind, Role, Visit

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


def one_loop():
    stack = Stack("uvicorn", "asgi")
    return stack, stack.lane("loop 1", LaneKind.LOOP)


def costs(told):
    return {(c.what, c.kind, c.lane): round(c.delay_s * 1e3, 6) for c in told.culprits}


def test_two_workers_share_the_blame_of_those_in_line():
    told = blame(workers([(0, 100), (10, 100), (20, 100), (30, 100)]))
    # Request 2 waits 80 ms for request 0 or 1, request 3 waits 70 ms for 0 or 1, and 10 ms for 1 or 2.
    what = ("time.sleep app.py:17", "BLOCKED")
    assert told.delay_s == pytest.approx(0.160)
    assert costs(told) == {(*what, "worker 1"): 80, (*what, "worker 2"): 80}
    assert [(c.times, c.delayed_requests, c.requests) for c in told.culprits] == [(2, 2, 2), (1, 2, 1)]
    assert [c.request for c in told.culprits] == [None, 1]
    assert (told.requests, told.delayed_requests, told.wake_up_s) == (4, 2, 0)
    (queue,) = told.queues
    assert (queue.lane, queue.capacity, queue.most_in_line, queue.full_delay_s) == ("arbiter", 2, 2, 0.16)
    assert (queue.mostly_what, queue.mostly_kind, queue.mostly_share) == (
        "time.sleep app.py:17",
        "BLOCKED",
        1,
    )


def test_one_that_blocks_the_loop_delays_all_behind_it():
    stack, lane = one_loop()
    stack.request(0, 0, [blocking(lane, 212)], lane)
    for due in range(1, 38):
        stack.request(due, 212 - due, [running(lane, 0)], lane)
    told = blame(stack.recording())
    (culprit,) = told.culprits
    assert (culprit.times, culprit.delayed_requests, culprit.request) == (1, 37, 0)
    assert culprit.delay_s == pytest.approx(sum(212 - due for due in range(1, 38)) / 1e3)
    said = "37 requests waited 7.14 s in all because request 0 was BLOCKED on loop 1 at time.sleep app.py:17."
    assert said in sentences(told)


def test_a_lane_that_is_free_is_wake_up():
    stack, lane = one_loop()
    stack.request(0, 5, [running(lane, 1)], lane)
    told = blame(stack.recording())
    assert (told.delay_s, told.wake_up_s, told.culprits) == (0.005, 0.005, ())
    assert "5.00 ms of the waiting had no holder: wake-up." in sentences(told)


def test_a_holder_that_waits_passes_its_share_on():
    """Two threads of a pool: one runs with the GIL, the other wants it, a third request wants a thread."""
    stack = Stack()
    process = stack.lane("worker 1", capacity=0)
    gil = stack.lane("GIL", LaneKind.LOCK, process)
    pool = stack.lane("pool", LaneKind.POOL, gil, 2)
    first, second = (stack.lane(f"thread {n}", LaneKind.THREAD, pool) for n in (1, 2))
    stack.request(0, 0, [running(first, 90)], pool)
    wants = (PhaseKind.QUEUED, 60, {"lane": second, "holds": 1, "waits_for": gil})
    stack.request(30, 0, [wants, running(second, 20)], pool)
    stack.request(41, 50, [blocking(first, 1)], pool)
    recording = stack.recording()
    assert recording.check() == []
    told = blame(recording)
    # 60 ms of the second request for the GIL; of the third one's 50, 49 while both threads were held, and the
    # last while thread 1, though free, had not taken it up yet.
    assert costs(told) == {(None, "RUNNING", "thread 1"): 109, (None, "RUNNING", "thread 2"): 1}
    by_lane = {c.lane: c for c in told.culprits}
    assert by_lane["thread 1"].delayed_requests == 2
    assert {queue.lane: round(queue.delay_s * 1e3) for queue in told.queues} == {"GIL": 60, "pool": 50}


def test_holders_that_wait_for_each_other_are_nobody():
    stack = Stack()
    left, right = (stack.lane(name, LaneKind.THREAD) for name in "ab")
    for due, mine, other in ((0, left, right), (0, right, left)):
        stack.request(due, 0, [(PhaseKind.QUEUED, 10, {"lane": mine, "holds": 1, "waits_for": other})], mine)
    told = blame(stack.recording())
    assert (told.delay_s, told.wake_up_s, told.culprits) == (0.02, 0.02, ())


def test_a_lane_held_by_no_request_is_to_blame_too():
    stack, lane = one_loop()
    stack.rows.phases.append(Phase(-1, PhaseKind.RUNNING, at(0), at(40), lane, 1, what="task clean"))
    stack.request(0, 39, [running(lane, 1)], lane)
    (culprit,) = blame(stack.recording()).culprits
    assert (culprit.what, culprit.requests, culprit.request, culprit.delay_s) == (
        "task clean",
        0,
        None,
        0.039,
    )


def test_a_pipelined_request_waits_for_what_the_one_before_it_does():
    stack, lane = one_loop()
    wire = stack.lane("connection 1", LaneKind.CONNECTION, src="a", dst="b")
    stack.request(0, 0, [(PhaseKind.AWAITING, 30), running(lane, 10)], lane, connection=wire)
    stack.request(0, 40, [running(lane, 1)], wire, connection=wire)
    recording = stack.recording()
    assert recording.check() == []
    told = blame(recording)
    assert costs(told) == {(None, "AWAITING", None): 30, (None, "RUNNING", "loop 1"): 10}
    assert [queue.lane for queue in told.queues] == ["connections"]


def test_warm_up_and_a_late_load_are_nobodys_delay():
    stack, lane = one_loop()
    stack.request(0, 0, [running(lane, 50)], lane)
    stack.request(10, 40, [running(lane, 50)], lane)
    stack.request(20, 80, [running(lane, 1)], lane)
    visit = next(stack.visit_ids)
    stack.rows.visits.append(Visit(visit, 0, 0, at(0), end=at(9)))
    stack.phases(visit, 0, (PhaseKind.QUEUED, 9, {"what": "late"}))
    assert blame(stack.recording()).delay_s == 0.12
    assert blame(stack.recording(warmup=2)).delay_s == 0.08


def test_what_is_waited_for_may_not_be_known():
    stack, lane = one_loop()
    stack.request(0, 5, [running(lane, 1)], -1)
    told = blame(stack.recording())
    assert (told.delay_s, told.unknown_s, told.wake_up_s, told.queues) == (0.005, 0.005, 0, ())


def test_a_recording_of_nothing_has_nobody_to_blame():
    assert sentences(blame(Stack().recording())) == ["Nobody stood in line."]


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=SLOW)
@given(scenarios())
def test_all_that_was_waited_is_blamed_once(scenario):
    (result,) = simulate(scenario, record=True, engine="plain")
    told = blame(result.recording)
    attributed = sum(c.delay_s for c in told.culprits) + told.wake_up_s + told.unknown_s
    assert attributed == pytest.approx(told.delay_s, rel=1e-9, abs=1e-9)
    assert sum(queue.delay_s for queue in told.queues) == pytest.approx(told.delay_s - told.unknown_s)
    assert told.delay_s * 1e9 == pytest.approx(
        sum(end - start for _, start, end in in_line(result.recording))
    )


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=SLOW)
@given(scenarios())
def test_the_sweep_is_the_rule_looked_at_instant_by_instant(scenario):
    few = replace(scenario.workload, requests=min(scenario.workload.requests, 12))
    scenario = replace(scenario, workload=few)
    (result,) = simulate(scenario, record=True, engine="plain")
    told, (cost, victims, idle) = blame(result.recording), slow(result.recording)
    assert told.wake_up_s * 1e9 == pytest.approx(float(idle), abs=1)
    mine = {(c.what, c.kind, c.hop, c.lane): (c.delay_s * 1e9, c.delayed_requests) for c in told.culprits}
    assert mine.keys() == cost.keys()
    for name, (delay, delayed) in mine.items():
        assert delay == pytest.approx(float(cost[name]), abs=1)
        assert delayed == len(victims[name])


# The same rule, told plainly.


def in_line(r):
    span = window(r)
    ends = phase_ends(r, span.horizon)
    for row in range(len(r.phases.start)):
        visit = r.phases.visit[row]
        if r.phases.kind[row] != PhaseKind.QUEUED or visit < 0 or not span.counted[r.visits.request[visit]]:
            continue
        if r.hops.role[r.visits.hop[visit]] != Role.CLIENT:
            yield row, int(r.phases.start[row]), int(ends[row])


def slow(r):
    """Look at each instant at which anything changes: who waits, who holds, who takes how much of it."""
    p = r.phases
    ends = phase_ends(r, window(r).horizon)
    times = sorted({*p.start.tolist(), *ends.tolist(), *(t for t in r.lanes.end.tolist() if t >= 0)})
    cost, victims, idle = Counter(), {}, Fraction(0)
    waiting = list(in_line(r))
    for now, then in pairwise(times):
        active = [row for row in range(len(p.start)) if p.start[row] <= now < ends[row]]
        for row, start, end in waiting:
            if not start <= now < end or p.waits_for[row] < 0:
                continue
            shares = blamed(r, active, now, int(p.waits_for[row]), Fraction(then - now))
            idle += then - now - sum(share for _, share in shares)
            for phase, share in shares:
                name = named(r, phase)
                cost[name] += share
                victims.setdefault(name, set()).add(int(r.visits.request[p.visit[row]]))
    return cost, victims, idle


def blamed(r, active, now, lane, share, deep=0):
    holders = [row for row in active if holds(r, row, lane, now)]
    found = []
    for row in holders:
        if r.phases.kind[row] != PhaseKind.QUEUED:
            found.append((row, share / len(holders)))
        elif r.phases.waits_for[row] >= 0 and deep < 8:
            found += blamed(r, active, now, int(r.phases.waits_for[row]), share / len(holders), deep + 1)
    return found


def holds(r, row, lane, now):
    at_lane = int(r.phases.lane[row])
    if not r.phases.holds[row]:
        return False
    while at_lane >= 0 and not 0 <= r.lanes.end[at_lane] <= now:
        if at_lane == lane:
            return r.lanes.kind[lane] != LaneKind.LOCK or r.phases.kind[row] == PhaseKind.RUNNING
        at_lane = int(r.lanes.parent[at_lane])
    return False


def named(r, row):
    from tracer.analysis.lanes import names

    lane, what = int(r.phases.lane[row]), int(r.phases.what[row])
    hop = r.text(r.hops.name[r.lanes.hop[lane]]) if lane >= 0 else None
    return (
        r.text(what) if what >= 0 else None,
        PhaseKind(int(r.phases.kind[row])).name,
        hop,
        names(r)[lane] if lane >= 0 else None,
    )
