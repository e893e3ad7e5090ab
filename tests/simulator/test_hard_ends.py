"""Overload, nothing at all, waits without end, cycles: a clear result or a clear error, and no hang."""

from __future__ import annotations

import json

import pytest

from simulator.run import StuckError
from simulator.scenario import simulate
from simulator.toml import ScenarioError, parse_scenario
from tests.simulator.keys import scenario
from tests.simulator.shipped import SHIPPED
from tracer.cli import main

pytestmark = pytest.mark.timeout(120)
TWO = next(path for path in SHIPPED if path.stem == "two-workers")
WAIT = 'steps = [{wait = "100ms"}]\n'
DOWN = '[[event]]\nat = "0s"\nhop = "station"\ndown = true\n'


def figures(text, engine="plain"):
    (result,) = simulate(parse_scenario(text), record=True, engine=engine)
    assert result.recording.check() == []
    return result.figures


def test_ten_times_too_much_is_answered_late_or_refused():
    """One worker serves ten a second; a hundred come for ten seconds, and the queue holds 50."""
    hop = 'backlog = 50\noverhead = "0s"\n'
    told = figures(scenario("gunicorn", hop=hop, workload='rate = 100\nduration = "10s"\n', endpoint=WAIT))
    assert told["outcomes"]["ok"] == pytest.approx(150, abs=5)
    assert told["outcomes"]["refused"] == told["requests"] - told["outcomes"]["ok"]
    assert told["throughput"] == pytest.approx(10, rel=0.05)
    assert told["latency_s"]["max"] == pytest.approx(5.1, abs=0.2)
    assert told["hops"][0]["utilisation"] > 0.99


def test_impatient_clients_of_an_overloaded_server_give_up():
    workload = 'rate = 100\nduration = "5s"\ntimeout = "1s"\nretries = 2\n'
    told = figures(scenario("gunicorn", workload=workload, endpoint=WAIT))
    assert told["outcomes"]["timeout"] > 300
    assert sum(told["outcomes"].values()) == told["requests"]


NOTHING = {
    "rate 0": 'rate = 0\nduration = "10s"\n',
    "no requests": "rate = 5\nrequests = 0\n",
    "no time": 'rate = 5\nduration = "0s"\n',
    "a profile of 0": 'profile = [["0s", 0], ["5s", 0]]\nduration = "10s"\n',
    "no closed requests": 'kind = "closed"\nrequests = 0\n',
    "all is warm-up": "rate = 5\nrequests = 10\nwarmup = 100\n",
}


@pytest.mark.parametrize("workload", NOTHING.values(), ids=NOTHING)
def test_nothing_is_a_result(workload):
    told = figures(scenario("gunicorn", workload=workload, endpoint=WAIT))
    assert (told["requests"], told["duration_s"], told["throughput"]) == (0, 0, None)
    assert set(told["latency_s"].values()) == {None}
    assert set(told["outcomes"].values()) == {0}


@pytest.mark.parametrize("form", ["text", "json", "jsonl", "csv"])
def test_nothing_is_printed(capsys, form):
    assert main(["simulate", str(TWO), "--set", "workload.requests=0", "--format", form]) == 0
    assert capsys.readouterr().out


@pytest.mark.parametrize("wait", ["inf", "exp(inf)", "1e400s", "101 d", "999999h"])
def test_a_wait_without_end_is_told(wait):
    with pytest.raises(ScenarioError, match=r'line \d+: endpoint 1 \(/\): wait = ".*": must be '):
        parse_scenario(scenario("gunicorn", endpoint=f'steps = [{{wait = "{wait}"}}]\n'))


def test_the_longest_wait_ends_or_is_given_up():
    """A hundred days: they pass in an instant here, and a client with a time-out does not wait for them."""
    patient = scenario(
        "uvicorn", workload="rate = 1\nrequests = 3\n", endpoint='steps = [{wait = "2400h"}]\n'
    )
    assert figures(patient)["latency_s"]["max"] == pytest.approx(2400 * 3600, rel=1e-6)
    told = figures(patient.replace("requests = 3", 'requests = 3\ntimeout = "5s"'))
    assert (told["outcomes"]["timeout"], told["latency_s"]["max"]) == (3, None)


def test_a_cycle_ends_by_chance_and_one_without_end_is_told():
    again = 'service = "1ms"\nagain = {}\n'
    workload = "rate = 1\nrequests = 20\n"
    told = figures(scenario("station", workload=workload, hop=again.format(0.999)))
    assert told["outcomes"]["ok"] == 20
    assert told["hops"][0]["visits"] > 4000
    with pytest.raises(
        ScenarioError, match=r"line \d+: hop 1 \(station\): again = 1: must be a number from 0 to below 1"
    ):
        parse_scenario(scenario("station", workload=workload, hop=again.format(1)))


def test_a_server_that_calls_itself_is_told():
    with pytest.raises(ScenarioError, match=r'call = "gunicorn": is no \[\[service\]\]'):
        parse_scenario(scenario("gunicorn", endpoint='steps = [{call = "gunicorn", time = "1ms"}]\n'))


def test_clients_that_are_refused_for_ever_at_one_instant_are_told(fastest):
    workload = 'kind = "closed"\nduration = "1s"\nbackoff = "0s"\nretries = 3\n'
    endless = parse_scenario(scenario("station", workload=workload, more=DOWN))
    with pytest.raises(StuckError, match="the clock stands still at 0s"):
        simulate(endless, engine=fastest)


def test_a_standstill_is_one_sentence(capsys, tmp_path, fastest):
    path = tmp_path / "endless.toml"
    path.write_text(scenario("station", workload='kind = "closed"\nduration = "1s"\n'))
    assert main(["simulate", str(path), "--engine", fastest, "--format", "json"]) == 2
    captured = capsys.readouterr()
    assert (captured.out, captured.err.count("\n")) == ("", 1)
    assert "the clock stands still" in captured.err


def test_100_000_live_requests_at_once(fastest):
    """All of them are there before the first has been served; each is answered in its turn."""
    workload = 'rate = 1\narrivals = "constant"\nburst = 100000\nrequests = 100000\n'
    text = scenario("station", workload=workload, hop='lanes = 4\nservice = "1ms"\n')
    (result,) = simulate(parse_scenario(text), engine=fastest)
    assert result.figures["hops"][0]["queue_max"] == 100_000 - 4
    assert result.figures["latency_s"]["max"] == 25.0
    json.dumps(result.figures)
