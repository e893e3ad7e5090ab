"""Replaying: a simulated recording on its own scenario gives its latencies; a real one is served anew."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import captures
from simulator import draw
from simulator.demands import CALL, demands_of
from simulator.replay import loaded, replayed
from simulator.scenario import simulate
from simulator.toml import ScenarioError, parse_scenario, read_scenario
from tests.simulator.shipped import SHIPPED
from tracer.cli import main
from tracer.recording import Recording

TWO = next(path for path in SHIPPED if path.stem == "two-workers")
EVERYTHING = next(path for path in SHIPPED if path.stem == "everything")
DEMO = Path(captures.__file__).parent / "demo"


def latencies(recording):
    return (recording.requests.end - recording.requests.start).astype(float)


def round_trip(scenario, engine="plain"):
    """Simulate the first stack, replay its recording on it; give both latencies."""
    (first,) = simulate(scenario, record=True, engine=engine)
    again, unseen = replayed(scenario, first.recording)
    assert unseen == 0
    (second,) = simulate(again, record=True, engine=engine)
    assert second.recording.check() == []
    assert np.array_equal(first.recording.requests.start, second.recording.requests.start)
    return latencies(first.recording), latencies(second.recording)


@given(st.integers(0, draw.MASK))
def test_unmix_undoes_mix(x):
    assert draw.unmix(draw.mix(x)) == x
    assert draw.mix(draw.unmix(x)) == x


def test_the_compiled_twin_unmixes_alike():
    for x in (0, 1, draw.MASK, 0x123456789ABCDEF, 1 << 62):
        with np.errstate(over="ignore"):
            assert int(draw.unsigned_unmix(x)) == draw.unmix(x)


def test_a_recording_on_its_own_scenario_is_the_same_to_the_ns():
    before, after = round_trip(read_scenario(TWO))
    assert np.array_equal(before, after)


def test_both_engines_replay_alike(compiled_engine):
    plain, compiled = (round_trip(read_scenario(TWO), engine)[1] for engine in ("plain", compiled_engine))
    assert np.array_equal(plain, compiled)


CONTENDED = """
seed = 3
[workload]
rate = 90
requests = 300
[[hop]]
server = "{server}"
workers = 3
{more}
[machine]
cores = 2
[[service]]
name = "db"
connections = 3
[[endpoint]]
handler = "{handler}"
framework = "flask"
steps = [{{cpu = "exp(9ms)"}}, {{call = "db", time = "exp(8ms)"}}, {{cpu = "2ms"}}, {{wait = "exp(20ms)"}}]
"""


@pytest.mark.parametrize(
    ("server", "handler", "more"),
    [
        ("gunicorn", "def", ""),
        ("gunicorn", "def", 'worker_class = "gthread"\nthreads = 4'),
        ("gunicorn", "def", 'worker_class = "gevent"'),
        ("uvicorn", "async def", ""),
        ("uvicorn", "def", ""),
    ],
)
def test_shared_cores_and_lines_are_taken_out(server, handler, more):
    """More compute than there are cores, and wait for a GIL and a database: each latency within 1 %."""
    text = CONTENDED.format(server=server, handler=handler, more=more)
    if (server, handler) == ("uvicorn", "def"):
        text = text.replace("flask", "none")  # its share would run in the thread, not on the loop
    before, after = round_trip(parse_scenario(text))
    assert np.max(np.abs(after / before - 1)) < 0.01


def test_parallel_branches_come_near():
    """Two calls of one branch become two branches: the mean stays within 5 %."""
    text = CONTENDED.format(server="uvicorn", handler="async def", more="")
    text = text.replace(
        '{wait = "exp(20ms)"}', '{parallel = [[{call = "db", time = "5ms"}], [{call = "db", time = "9ms"}]]}'
    )
    before, after = round_trip(parse_scenario(text))
    assert abs(after.mean() / before.mean() - 1) < 0.05


@pytest.mark.parametrize("number", range(3))
def test_every_part_of_the_language_comes_near(number):
    """Time-outs, retries, kills: what was never seen whole is taken from others."""
    scenario = read_scenario(EVERYTHING)
    scenario = replace(scenario, stacks=(scenario.stacks[number],), changes=())
    before, after = round_trip(scenario)
    assert np.median(after) == pytest.approx(np.median(before), rel=0.1)


def test_who_was_killed_is_killed_again():
    """A worker time-out that many requests meet: each of them demands what was seen of it at least."""
    text = CONTENDED.format(server="gunicorn", handler="def", more='timeout = "45ms"\nboot = "20ms"')
    scenario = parse_scenario(text.replace("[machine]\ncores = 2\n", ""))
    (first,) = simulate(scenario, record=True)
    (second,) = simulate(replayed(scenario, first.recording)[0])
    assert first.figures["outcomes"]["error"] > 50
    for name in ("outcomes", "latency_s", "throughput"):
        assert first.figures[name] == second.figures[name]


@pytest.mark.parametrize("sample", ["nginx-uwsgi", "uvicorn-http1", "http2-h2c"])
def test_a_capture_is_replayed_and_what_it_hides_is_said(capsys, sample):
    assert main(["replay", f"sample:{sample}", "--on", str(TWO), "--format", "json"]) == 0
    captured = capsys.readouterr()
    told = json.loads(captured.out)
    assert told["outcomes"]["ok"] == told["requests"] > 10
    assert "% of the time in the server was not seen by the source; it is replayed as waiting" in captured.err


def test_demands_leave_the_line_out():
    (result,) = simulate(
        parse_scenario(CONTENDED.format(server="gunicorn", handler="def", more="")), record=True
    )
    requests = demands_of(result.recording).requests
    kinds = {tuple(step.kind for step in request.steps) for request in requests}
    assert kinds == {("cpu", "call", "cpu", "wait")}
    assert {step.service for request in requests for step in request.steps if step.kind == CALL} == {"db"}
    assert {request.steps[2].ns for request in requests if request.steps[2].kind == "cpu"} <= set(
        range(1_999_000, 2_001_001)
    )


def test_a_real_recording_is_served_by_another_stack(capsys):
    """The demo's: 40 requests that wait 100 ms; two workers make a line, four at 30 a second hardly any."""
    found = {}
    for workers in (2, 4):
        arguments = [str(DEMO / "waiting-gunicorn.trace"), "--on", str(TWO), "--format", "json"]
        assert main(["replay", *arguments, "--set", f"hop.gunicorn.workers={workers}"]) == 0
        found[workers] = json.loads(capsys.readouterr().out)
    real = latencies(Recording.open(DEMO / "waiting-gunicorn.trace")).mean() / 1e9
    assert found[2]["requests"] == 40
    assert found[2]["latency_s"]["mean"] == pytest.approx(real, rel=0.15)
    assert found[4]["latency_s"]["mean"] < 0.5 * real


def test_a_scenario_names_its_recording(capsys, tmp_path):
    text = (
        TWO.read_text()
        .replace('kind = "open"', 'kind = "replay"')
        .replace("rate = 40.0", "")
        .replace("requests = 200", "requests = 12")
    )
    text = text.replace("[workload]", f'[workload]\nrecording = "{DEMO / "waiting-uvicorn.trace"}"')
    (tmp_path / "again.toml").write_text(text)
    assert main(["simulate", str(tmp_path / "again.toml"), "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["requests"] == 12
    assert (
        main(
            ["sweep", str(tmp_path / "again.toml"), "--vary", "hop.gunicorn.workers=1,2", "--format", "jsonl"]
        )
        == 0
    )
    slow, quick = map(json.loads, capsys.readouterr().out.splitlines())
    assert slow["latency_s"]["p95"] > quick["latency_s"]["p95"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('kind = "replay"', "recording = nothing: must be a text"),
        ('kind = "replay"\nrecording = "x.trace"\nrate = 4', "there is no such key"),
        ('kind = "again"', "must be"),
    ],
)
def test_a_replay_that_is_wrong_is_told(text, sentence):
    with pytest.raises(ScenarioError, match=sentence):
        parse_scenario(f'[workload]\n{text}\n[[hop]]\nserver = "station"\n')


@pytest.mark.parametrize(("file", "sentence"), [("nowhere.trace", "no such file"), (".", "directory")])
def test_a_file_that_is_none_is_told(capsys, file, sentence):
    assert main(["replay", file, "--on", str(TWO)]) == 2
    told = capsys.readouterr().err
    assert sentence in told
    assert told.count("\n") == 1


def test_a_loaded_scenario_is_left_alone():
    scenario = read_scenario(TWO)
    assert loaded(scenario) is scenario
