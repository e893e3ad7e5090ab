"""What is said about figures follows the figures, also where they do not show what one expects."""

from __future__ import annotations

import pytest
from handmade import LaneKind, Stack, awaiting, blocking, loop, packets, running, workers
from hypothesis import given, settings
from hypothesis import strategies as st

from tracer.analysis.summary import summarise
from tracer.analysis.verdict import busiest, mostly, saturated, what_happened
from tracer.recording import Recording, Rows

MANY = [(10 * number, 100) for number in range(20)]
FEW = [(500 * number, 100) for number in range(6)]


def told(left, right, names=("left", "right")):
    return what_happened(summarise(left), summarise(right), names)


def one_loop_computing(jobs):
    """Serve jobs by a loop that computes: it is a worker of its own, under another name."""
    stack = Stack("uvicorn", "asgi")
    lane = stack.lane("loop", LaneKind.LOOP)
    free = 0.0
    for due, work in jobs:
        queued = max(0.0, free - (due + 1))
        free = stack.request(due, queued, [running(lane, work)], lane)
    return stack.recording()


def test_waiting_in_workers_against_waiting_outside():
    said = told(workers(MANY), loop(MANY), ("gunicorn", "uvicorn"))
    # The line: each pair waits 80 ms longer than the one before; 0 to 720, 360 on average, of 462 ms.
    assert said["en"] == (
        "gunicorn: a request stood in line for 360 ms on average, 78% of its latency, because its 2 lanes "
        "were held 99% of the time, 100% of that only waiting (BLOCKED); "
        "uvicorn: hardly any line (0 ns on average), since requests waited outside (AWAITING) "
        "and its only lane was held 0% of the time; "
        "median 462 ms against 102 ms, p95 822 ms against 102 ms."
    )
    assert "gunicorn: 요청은 평균 360 ms 동안 줄을 섰습니다(지연 시간의 78%)" in said["ko"]
    assert "BLOCKED" in said["ko"]
    assert "AWAITING" in said["ko"]


def test_the_sides_may_stand_either_way():
    said = told(loop(MANY), workers(MANY), ("uvicorn", "gunicorn"))["en"]
    assert said.startswith("uvicorn: hardly any line")
    assert "median 102 ms against 462 ms" in said


def test_computing_queues_on_a_loop_too_and_nobody_waits_outside():
    jobs = [(20 * number, 50) for number in range(20)]
    said = told(workers(jobs, kind=running), one_loop_computing(jobs))
    assert said["en"].count("computing (RUNNING)") == 2
    assert "AWAITING" not in said["en"]
    assert "그중 100%는 계산한 시간입니다(RUNNING)" in said["ko"]


def test_without_a_line_none_is_claimed():
    said = told(workers(FEW), loop(FEW))
    assert said["en"].count("hardly any line") == 2
    assert "because" not in said["en"]
    assert "these figures show no difference between the two" in said["en"]
    assert "차이가 드러나지 않습니다" in said["ko"]


def test_a_line_that_busy_lanes_do_not_explain_is_not_put_down_to_them():
    burst = [(0, 50)] * 6 + [(5000, 50)]
    assert "although its 2 lanes were held" in told(workers(burst), loop(burst))["en"]


def test_a_stack_whose_source_sees_no_line_says_so():
    assert "its source cannot see who stood in line" in told(packets(), loop(FEW))["en"]


def test_nothing_answered_is_nothing_to_compare():
    said = told(Recording.of(Rows()), loop(FEW))
    assert "left: no request was answered" in said["en"]
    assert "nothing to compare" in said["en"]


@pytest.mark.parametrize(("jobs", "full"), [(MANY, True), (FEW, False)])
def test_only_full_lanes_with_a_line_are_a_bottleneck(jobs, full):
    hop = busiest(summarise(workers(jobs)))
    said = saturated(hop)
    assert (said is not None) == full
    if full:
        assert said["en"] == (
            "gunicorn is a bottleneck: its 2 lanes were held 99% of the time, 100% of that only waiting "
            "(BLOCKED), and up to 16 stood in line."
        )


def test_full_lanes_without_a_line_are_no_bottleneck():
    hop = busiest(summarise(workers([(0, 1000)], lanes=1)))
    assert hop.utilisation > 0.99
    assert saturated(hop) is None


def test_what_holds_is_named_only_if_it_is_most_of_it():
    stack = Stack()
    lane = stack.lane("worker 1")
    stack.request(0, 0, [running(lane, 30), blocking(lane, 10), awaiting(1)], lane)
    assert mostly(busiest(summarise(stack.recording()))) == ("RUNNING", 0.75)
    idle = Stack()
    lane = idle.lane("worker 1")
    idle.request(0, 0, [awaiting(10)], lane)
    assert mostly(busiest(summarise(idle.recording()))) == (None, 0.0)


JOBS = st.lists(st.tuples(st.integers(0, 300), st.integers(1, 200)), min_size=1, max_size=15)


@settings(deadline=None)
@given(JOBS, JOBS, st.integers(1, 3))
def test_a_line_is_told_where_there_is_one(left, right, lanes):
    said = told(workers(left, lanes), loop(right))
    first, second, _ = said["en"].split("; ")
    summary = summarise(workers(left, lanes))
    assert ("stood in line for" in first) == (summary.queued_s.mean >= 0.1 * summary.latency_s.mean)
    assert "hardly any line" in second
