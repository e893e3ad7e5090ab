"""`tracer compare`: A/A cannot be told apart, known shifts are found, a real pair is read."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

import captures
from simulator.scenario import simulate
from simulator.toml import parse_scenario
from tracer.analysis.compare import compare
from tracer.analysis.compare_figures import METRICS
from tracer.cli import main
from tracer.recording import sealed

DEMO = Path(captures.__file__).parent / "demo"
WAITING = [str(DEMO / f"waiting-{name}.trace") for name in ("gunicorn", "uvicorn")]
SCENARIO = """
[workload]
rate = {rate}
requests = {requests}
[[hop]]
server = "gunicorn"
workers = 4
[[endpoint]]
steps = [{{cpu = "2ms"}}, {{wait = "exp(50ms)"}}]
"""


def test_a_hop_of_one_side_is_one_line(capsys):
    """There is nothing to compare in it; the JSON keeps its rows."""
    assert main(["compare", *WAITING]) == 0
    told = capsys.readouterr().out
    assert told.count("gunicorn: only in A") == told.count("uvicorn: only in B") == 1
    assert "uvicorn  mean" not in told
    assert main(["compare", *WAITING, "--format", "json"]) == 0
    hops = [row["hop"] for row in json.loads(capsys.readouterr().out)["metrics"]]
    assert hops.count("gunicorn") > 5


def simulated(seed, rate=40, requests=400, *settings):
    text = SCENARIO.format(rate=rate, requests=requests)
    (result,) = simulate(parse_scenario(text, [f"seed={seed}", *settings]), record=True, engine="plain")
    return result.recording


def false_alarms(pairs, rate, requests):
    """Compare runs that differ in their seed alone; give the share of rows that are told to differ."""
    rows = [
        one.verdict != "cannot tell"
        for pair in range(pairs)
        for one in compare([simulated(2 * pair, rate, requests)], [simulated(2 * pair + 1, rate, requests)])
    ]
    return sum(rows) / len(rows)


def test_a_against_a_cannot_be_told_apart():
    assert false_alarms(6, 40, 200) < 0.12


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize(("rate", "requests"), [(40, 200), (40, 2000), (65, 2000)])
def test_a_against_a_at_the_stated_rate(rate, requests):
    """One row in twenty, and up to two at a load of 0.85, where long lines make blocks alike."""
    assert false_alarms(100, rate, requests) < (0.06 if rate == 40 else 0.1)


def test_a_recording_is_no_different_from_itself():
    run = simulated(1)
    assert {one.verdict for one in compare([run], [run])} == {"cannot tell"}
    assert {one.ratio for one in compare([run], [run])} <= {1.0, None}


def test_a_known_shift_is_found():
    """Half as much work again: every latency and phase of it is higher, the number of requests is not."""
    before = simulated(1, 20, 600)
    after = simulated(2, 20, 600, 'endpoint./.steps=[{cpu = "3ms"}, {wait = "exp(75ms)"}]')
    found = {(one.hop, one.metric): one for one in compare([before], [after])}
    for key in [
        (None, "mean"),
        (None, "p50"),
        (None, "p95"),
        ("gunicorn", "utilisation"),
        ("app", "blocked"),
    ]:
        assert found[key].verdict == "higher", key
        assert found[key].interval[0] < 1.5 < found[key].interval[1], key
    assert found[None, "throughput"].verdict == "cannot tell"
    assert found["app", "running"].ratio == pytest.approx(1.5)


def test_replications_are_one_block_each():
    sides = [[simulated(10 * side + seed, 40, 100) for seed in range(6)] for side in range(2)]
    assert sum(one.verdict != "cannot tell" for one in compare(*sides)) <= 2
    slower = [simulated(seed, 40, 100, 'endpoint./.steps=[{wait = "exp(90ms)"}]') for seed in range(6)]
    found = {(one.hop, one.metric): one for one in compare(sides[0], slower)}
    assert found["app", "blocked"].verdict == "higher"
    few = {one.interval for one in compare(sides[0][:2], slower[:2])}
    assert few == {None}  # of two replications nothing can be told


def test_waiting_for_the_gil_counts_as_running():
    text = SCENARIO.format(rate=60, requests=300).replace(
        '"gunicorn"', '"gunicorn"\nworker_class = "gthread"'
    )
    text = text.replace("workers = 4", "threads = 4").replace('"2ms"', '"12ms"')
    (result,) = simulate(parse_scenario(text), record=True, engine="plain")
    found = {(one.hop, one.metric): one.a for one in compare([result.recording], [result.recording])}
    assert found["app", "running"] > 0.0121  # a part of it is the wait for the lock
    assert found["app", "queued"] == 0


def test_a_real_pair_is_compared(tracer):
    done = tracer("compare", *WAITING, "--format", "json")
    assert (done.returncode, done.stderr) == (0, "")
    metrics = json.loads(done.stdout)["metrics"]
    assert all(list(one) == ["hop", "metric", "a", "b", "ratio", "interval", "verdict"] for one in metrics)
    assert {one["metric"] for one in metrics} <= set(METRICS)
    found = {(one["hop"], one["metric"]): one for one in metrics}
    summaries = [json.loads(tracer("summary", name, "--format", "json").stdout) for name in WAITING]
    for metric in ("mean", "p50", "p90", "p95", "p99"):
        one = found[None, metric]
        assert (one["a"], one["b"]) == tuple(s["latency_s"][metric] for s in summaries)
        low, high = one["interval"]
        assert low < one["ratio"] < high
    assert found[None, "p50"]["verdict"] == "lower"
    assert found["gunicorn", "p50"]["b"] is None
    assert found["gunicorn", "utilisation"]["a"] == pytest.approx(summaries[0]["hops"][0]["utilisation"])


def test_every_format_says_the_same(tracer):
    rows = list(csv.DictReader(io.StringIO(tracer("compare", *WAITING, "--format", "csv").stdout)))
    lines = [
        json.loads(line) for line in tracer("compare", *WAITING, "--format", "jsonl").stdout.splitlines()
    ]
    assert [row["metric"] for row in rows] == [line["metric"] for line in lines]
    assert float(rows[0]["interval.lo"]) == lines[0]["interval"][0]
    text = tracer("compare", *WAITING).stdout
    assert "cannot tell" in text
    assert "\x1b" not in text


@pytest.mark.parametrize(
    ("limit", "code"), [("p50 > 1.1", 0), ("p50 < 0.5", 1), ("p50 < 0.0001", 0), ("app.mean > 1", 0)]
)
def test_a_broken_limit_is_an_exit_code(tracer, limit, code):
    done = tracer("compare", *WAITING, "--fail-over", limit, "--format", "json")
    assert done.returncode == code
    assert ("broken" in done.stderr) == bool(code)
    assert json.loads(done.stdout)["metrics"]


def test_a_directory_is_a_set_of_replications(tracer, tmp_path):
    for side in ("before", "after"):
        (tmp_path / side).mkdir()
        for seed in range(4):
            sealed.save(simulated(seed, 40, 50), tmp_path / side / f"{seed}.trace")
    done = tracer("compare", tmp_path / "before", tmp_path / "after", "--format", "json")
    assert {one["verdict"] for one in json.loads(done.stdout)["metrics"]} == {"cannot tell"}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nowhere.trace", WAITING[0]], "no such file"),
        ([str(Path(captures.__file__).parent), WAITING[0]], "no .trace in this directory"),
        ([*WAITING, "--fail-over", "p97 > 1"], "no metric"),
        ([*WAITING, "--fail-over", "slow"], "no limit"),
        ([*WAITING, "--fail-over", "nginx.p99 > 1"], "neither side has that figure"),
        ([*WAITING, "--confidence", "1"], "no confidence"),
    ],
)
def test_what_is_wrong_is_told_in_one_sentence(tracer, arguments, sentence):
    done = tracer("compare", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1
