"""What the models say about servers: small cases whose answer can be worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from simulator.compiler import Change
from simulator.run import StuckError
from simulator.scenario import Scenario, simulate, start
from simulator.stack import (
    App,
    Endpoint,
    Gunicorn,
    Nginx,
    Service,
    Stack,
    Station,
    Uvicorn,
    call,
    cpu,
    parallel,
    wait,
)
from simulator.workload import Closed, Open
from tracer.recording import PhaseKind

MS = 10**6


def app(*steps, handler="async def", **keys):
    return App(Endpoint("/", steps, handler=handler, **keys), services=[Service("db", 2)])


def latencies(stack, workload, changes=()):
    (result,) = simulate(Scenario((stack,), workload, changes=changes), record=True, engine="plain")
    requests = result.recording.requests
    return (requests.end - requests.start) / MS, result


def at_once(n, **keys):
    return Open(rate=1.0, arrivals="constant", burst=n, requests=n, **keys)


def test_a_sync_worker_waits_in_its_seat():
    stack = Gunicorn("sync", workers=2, overhead=0) >> app(wait("100ms"))
    assert list(latencies(stack, at_once(4))[0]) == [100, 100, 200, 200]


def test_a_loop_awaits_for_all_at_once_and_computes_in_turn():
    stack = Uvicorn(overhead=0) >> app(cpu("1ms"), wait("100ms"))
    assert list(latencies(stack, at_once(4))[0]) == [101, 102, 103, 104]


def test_one_blocking_call_freezes_the_loop():
    stack = Uvicorn(overhead=0) >> app(wait("100ms", blocking=True))
    took, result = latencies(stack, at_once(3))
    assert list(took) == [100, 200, 300]
    assert result.figures["hops"][1]["phases_s"]["BLOCKED"] == pytest.approx(0.3)


def test_the_41st_request_waits_for_a_thread():
    stack = Uvicorn(overhead=0) >> app(wait("100ms"), handler="def")
    took, _ = latencies(stack, at_once(41))
    assert took[39] < 110
    assert took[40] > 200


def test_threads_overlap_waits_but_not_python():
    threads = Gunicorn("gthread", workers=1, threads=4, overhead=0)
    assert max(latencies(threads >> app(wait("100ms")), at_once(4))[0]) == 100
    assert max(latencies(threads >> app(cpu("100ms")), at_once(4))[0]) == pytest.approx(400)


def test_processes_share_the_cores():
    stack = Gunicorn("sync", workers=4, overhead=0) >> app(cpu("100ms"))
    assert list(latencies(stack.on(4), at_once(4))[0]) == [100] * 4
    assert list(latencies(stack.on(2), at_once(4))[0]) == [200] * 4


def test_the_backlog_refuses():
    stack = Gunicorn("sync", workers=1, backlog=2, overhead=0) >> app(wait("100ms"))
    _, result = latencies(stack, at_once(5))
    assert result.figures["outcomes"]["refused"] == 2
    behind = Nginx(overhead=0) >> Gunicorn("sync", workers=1, backlog=2, overhead=0) >> app(wait("100ms"))
    _, result = latencies(behind, at_once(5))
    assert (result.figures["outcomes"]["refused"], result.figures["outcomes"]["error"]) == (0, 2)
    assert sorted(result.recording.requests.status)[-2:] == [502, 502]


def test_a_worker_that_hangs_is_killed_and_boots():
    stack = Gunicorn("sync", workers=1, timeout="1s", boot="500ms", overhead=0) >> app(wait("5s"))
    took, result = latencies(stack, at_once(2))
    assert list(took) == [1000, 2500]
    assert result.figures["outcomes"]["error"] == 2
    assert result.recording.check() == []


def test_a_client_gives_up_and_the_server_goes_on():
    stack = Gunicorn("sync", workers=1, overhead=0) >> app(wait("100ms"))
    took, result = latencies(stack, at_once(1, timeout=30 * MS, retries=1, backoff=20 * MS))
    assert list(took) == [80]  # 30 + 20 + 30
    assert result.figures["outcomes"]["timeout"] == 1
    assert result.recording.visits.end.max() == 10**9 + 200 * MS


def test_a_slow_client_holds_a_sync_worker_but_not_one_behind_nginx():
    slow = {"client_speed": 10_000.0}
    page = app(cpu("1ms"), response=1000)
    bare, _ = latencies(Gunicorn("sync", workers=1, overhead=0) >> page, at_once(3, **slow))
    assert list(bare) == [101, 202, 303]
    armour, _ = latencies(
        Nginx(overhead=0) >> Gunicorn("sync", workers=1, overhead=0) >> page, at_once(3, **slow)
    )
    assert list(armour) == [101, 102, 103]


def test_parallel_takes_as_long_as_its_longest_branch():
    stack = Uvicorn(overhead=0) >> app(
        parallel([call("db", "20ms")], [wait("30ms"), wait("5ms")], [call("db", "1ms")])
    )
    took, result = latencies(stack, at_once(1))
    assert list(took) == [35]
    assert result.figures["hops"][2]["visits"] == 2


def test_a_service_that_is_down_fails_the_handler():
    stack = Uvicorn(overhead=0) >> app(call("db", "10ms"))
    changes = (Change(105 * MS, "db", True), Change(300 * MS, "db", False))
    workload = Open(rate=20.0, arrivals="constant", requests=10)
    _, result = latencies(stack, workload, changes)
    assert result.recording.requests.status.tolist() == [200] * 2 + [500] * 3 + [200] * 5


@pytest.mark.parametrize(("balance", "lanes"), [("round_robin", [5, 5]), ("least_busy", [5, 5])])
def test_balance_shares_requests_out(balance, lanes):
    stack = Uvicorn(workers=2, overhead=0, balance=balance) >> app(wait("50ms", blocking=True))
    _, result = latencies(stack, at_once(10))
    phases = result.recording.phases
    held = phases.lane[phases.kind == PhaseKind.BLOCKED]
    assert np.bincount(held).tolist() == lanes


def test_a_kept_alive_connection_stays_with_its_process():
    stack = Uvicorn(workers=3, overhead=0, balance="random") >> app(cpu("1ms"))
    workload = Closed(clients=1, requests=30, keepalive=True)
    _, result = latencies(stack, workload)
    phases = result.recording.phases
    assert len(set(phases.lane[phases.kind == PhaseKind.RUNNING])) == 1


def test_two_stacks_serve_the_same_requests():
    """A hop more shifts nothing: the database takes as long for each request in both."""
    steps = (cpu("exp(2ms)"), call("db", "exp(9ms)"))
    short = Uvicorn() >> app(*steps)
    long = Nginx(workers=2) >> Gunicorn("gthread", workers=2, threads=8) >> app(*steps)
    served = []
    for stack in (short, long):
        _, result = latencies(stack, Open(rate=50, requests=300))
        r = result.recording
        hop = [r.text(name) for name in r.hops.name].index("db")
        running = (r.phases.kind == PhaseKind.RUNNING) & (r.visits.hop[r.phases.visit] == hop)
        request = r.visits.request[r.phases.visit[running]]
        length = (r.phases.end - r.phases.start)[running]
        served.append((r.requests.start.tolist(), dict(zip(request.tolist(), length.tolist(), strict=True))))
    assert served[0] == served[1]


def test_a_pool_that_stays_down_leaves_nothing_hanging():
    stack = Station(name="s") >> Station(name="t")
    _, result = latencies(stack, at_once(3), (Change(0, "t", True),))
    assert result.figures["outcomes"]["refused"] == 3


def test_a_run_can_stop_in_the_middle_and_says_what_is_open():
    scenario = Scenario((Gunicorn("sync", workers=1, overhead=0) >> app(wait("100ms")),), at_once(3))
    from simulator.recorded import recording_of

    run = start(scenario, scenario.stacks[0], record=True, engine="plain")
    assert not run.go(10**9 + 150 * MS)
    recording = recording_of(run, title="half", seed=1)
    assert recording.check() == []
    assert (recording.requests.end == -1).sum() == 2


@pytest.mark.parametrize("engine", ["plain", "fastest"])
def test_a_scenario_in_which_no_time_passes_is_told_and_does_not_hang(engine, fastest):
    endless = Closed(clients=1, duration=10**9)
    with pytest.raises(StuckError, match="the clock stands still at 0s"):
        simulate(
            Scenario((Station(name="s") >> Station(name="t"),), endless),
            engine=engine.replace("fastest", fastest),
        )


def test_many_at_one_instant_are_no_standstill(fastest):
    burst = Open(rate=1.0, arrivals="constant", burst=400_000, requests=400_000)
    (result,) = simulate(Scenario((Stack((Station(name="s"),)),), burst), engine=fastest)
    assert result.figures["outcomes"]["ok"] == 400_000
