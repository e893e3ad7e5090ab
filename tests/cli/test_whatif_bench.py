"""The workbench that the app is lent: knobs, answers against `tracer simulate`, recordings, export."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

import captures
import simulator
from simulator.replay import loaded
from simulator.scenario import simulate
from simulator.toml import parse_scenario, read_scenario
from tracer.cli.inputs import opened
from tracer.cli.scenario_chapters import read_scenarios
from tracer.cli.whatif import Bench, parsed, rerun_of
from tracer.recording import Outcome, Recording, Rows
from tracer.recording.rows import Hop, Request
from tui.whatif import WhatIfError

SCENARIOS = sorted((Path(simulator.__file__).parent / "scenarios").glob("*.toml"))
TWO = next(path for path in SCENARIOS if path.stem == "two-workers")
WORKERS = ("hop", 1, "workers")
DEMO = Path(captures.__file__).parent / "demo"


def answer(bench, settings=(), stop=lambda: False):
    found = []
    bench.answer(dict(settings), stop, found.append)
    return found


def plain(figures):
    return {key: value for key, value in figures.items() if key not in ("engine", "wall_s")}


@pytest.mark.parametrize("setting", [None, "hop.gunicorn.workers=5"])
def test_it_answers_what_simulate_says(setting):
    bench = Bench(parsed(TWO), 0, str(TWO))
    settings = {} if setting is None else {WORKERS: "5"}
    (told,) = simulate(read_scenario(TWO, [setting] if setting else []))
    last = answer(bench, settings)[-1]
    assert last.whole and plain(last.figures) == plain(told.figures)


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_every_knob_of_every_scenario_can_be_turned_to_its_ends(path, monkeypatch):
    monkeypatch.setattr("tracer.cli.whatif.FEW", 20)
    monkeypatch.setattr("tracer.cli.whatif.engine", lambda: "plain")
    stacks = len(loaded(read_scenario(path), opened).stacks)
    for stack in range(stacks):
        bench = Bench(parsed(path), stack, str(path))
        assert bench.knobs
        for knob in bench.knobs[:: 1 + len(bench.knobs) // 8]:
            for turned in (knob.stepped(1), knob.stepped(-1), knob.slid(0), knob.slid(1)):
                found = answer(bench, {turned.path: turned.text})
                assert found and not found[-1].error, (turned, found[-1].error)


def test_a_value_that_is_not_allowed_is_told():
    bench = Bench(parsed(TWO), 0, str(TWO))
    (told,) = answer(bench, {WORKERS: "1000000"})
    assert told.error == "hop 2 (gunicorn): workers = 1000000: must be at most 100000"


def test_a_newer_wish_ends_it():
    assert answer(Bench(parsed(TWO), 0, str(TWO)), stop=lambda: True) == []


def test_the_first_requests_are_told_soon(monkeypatch):
    monkeypatch.setattr("tracer.cli.whatif.SOON", 0)
    first, last = answer(Bench(parsed(TWO), 0, str(TWO)))
    assert not first.whole and last.whole and first.requests < last.requests


def test_before_and_after_are_the_same_requests():
    bench = Bench(parsed(TWO), 0, str(TWO))
    before, after = bench.recordings({}, {WORKERS: "5"})
    assert (before.requests.start == after.requests.start).all()
    assert (before.requests.end != after.requests.end).any()
    assert before.check() == after.check() == []


def test_the_export_is_a_scenario_with_its_comments(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    source = tmp_path / "mine.toml"
    source.write_text(f"# why two\n{TWO.read_text()}")
    bench = Bench(parsed(source), 0, str(source))
    settings = {WORKERS: "5", ("endpoint", 0, "steps", 1, "wait"): "exp(10ms)"}
    assert str(bench.export(settings)) == "mine-whatif.toml"
    assert str(bench.export({})) == "mine-whatif-2.toml"
    text = (tmp_path / "mine-whatif.toml").read_text()
    assert text.startswith("# why two")
    assert tomllib.loads(text)["hop"][1]["workers"] == 5
    (told,) = simulate(parse_scenario(text))
    assert plain(answer(bench, settings)[-1].figures) == plain(told.figures)
    monkeypatch.chdir("/proc")
    with pytest.raises(WhatIfError, match="cannot be written"):
        bench.export({})


@pytest.mark.parametrize(
    ("name", "knobs", "p50"),
    [
        ("waiting-gunicorn", {"worker_class": "sync", "workers": "2"}, 0.444),
        ("waiting-uvicorn", {"workers": "1"}, 0.101),
    ],
)
def test_a_recording_has_a_model_of_its_own_servers(name, knobs, p50):
    """The model of the servers that were recorded gives about the latency that was recorded."""
    bench = rerun_of(Recording.open(DEMO / f"{name}.trace"), f"{name}.trace")
    found = {knob.name: knob.text for knob in bench.knobs}
    assert knobs.items() <= found.items()
    assert answer(bench)[-1].figures["latency_s"]["p50"] == pytest.approx(p50, rel=0.15)


def test_a_recording_of_unknown_servers_is_told():
    recording = Recording.of(Rows([Hop(1, "java")], [], [Request(1, 0, end=5, outcome=Outcome.OK)]))
    with pytest.raises(WhatIfError, match="has a model"):
        rerun_of(recording, "x")


def test_scenarios_are_chapters_and_keep_their_benches():
    blocking = next(path for path in SCENARIOS if path.stem == "blocking-or-async")
    chapters, rerun = read_scenarios([str(TWO), str(blocking)])
    assert [len(chapter.sides) for chapter in chapters] == [1, 2]
    assert [(chapter.number, chapter.of) for chapter in chapters] == [(1, 2), (2, 2)]
    assert [rerun(side.recording).title for chapter in chapters for side in chapter.sides] == [
        "two sync workers behind nginx",
        "gunicorn sync",
        "uvicorn",
    ]
