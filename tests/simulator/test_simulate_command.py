"""`tracer simulate`: the JSON of commands.md, the same bytes each time, errors in one sentence."""

from __future__ import annotations

import json

import pytest

from tests.simulator.shipped import SHIPPED
from tracer.cli import main
from tracer.recording import Recording

TWO = next(path for path in SHIPPED if path.stem == "two-workers")
SIDE_BY_SIDE = next(path for path in SHIPPED if path.stem == "blocking-or-async")


def run(capsys, *arguments):
    code = main(["simulate", *map(str, arguments)])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_the_fields_are_those_of_the_contract(capsys):
    code, out, err = run(capsys, TWO, "--format", "json")
    told = json.loads(out)
    assert (code, err) == (0, "")
    assert list(told) == [
        "requests", "duration_s", "throughput", "latency_s", "outcomes", "hops",
        "engine", "events", "wall_s", "seed",
    ]  # fmt: skip
    assert list(told["latency_s"]) == ["mean", "p50", "p90", "p95", "p99", "max"]
    assert set(told["outcomes"]) == {"ok", "refused", "timeout", "error", "abandoned", "open"}
    assert [hop["hop"] for hop in told["hops"]] == ["nginx", "gunicorn", "app"]
    assert told["hops"][2]["utilisation"] is None
    assert (told["requests"], told["seed"]) == (200, 7)


def test_the_same_seed_gives_the_same_bytes(capsys, tmp_path):
    outs = []
    for name in ("a.trace", "b.trace"):
        _, out, _ = run(capsys, TWO, "--format", "json", "-o", tmp_path / name)
        told = json.loads(out)
        outs.append({key: told[key] for key in told.keys() - {"engine", "wall_s"}})
    assert outs[0] == outs[1]
    assert (tmp_path / "a.trace").read_bytes() == (tmp_path / "b.trace").read_bytes()
    assert Recording.open(tmp_path / "a.trace").check() == []


def test_another_seed_gives_other_requests(capsys):
    outs = [run(capsys, TWO, "--set", f"seed={seed}", "--format", "json")[1] for seed in (1, 2)]
    assert json.loads(outs[0])["latency_s"] != json.loads(outs[1])["latency_s"]


def test_stacks_stand_side_by_side(capsys, tmp_path):
    code, out, _ = run(capsys, SIDE_BY_SIDE, "--format", "json", "-o", tmp_path / "out.trace")
    stacks = json.loads(out)["stacks"]
    assert code == 0
    assert [stack["stack"] for stack in stacks] == ["gunicorn sync", "uvicorn"]
    assert stacks[0]["latency_s"]["p50"] > 10 * stacks[1]["latency_s"]["p50"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "out-gunicorn-sync.trace",
        "out-uvicorn.trace",
    ]


@pytest.mark.parametrize("form", ["text", "jsonl", "csv"])
def test_every_format_prints(capsys, form):
    code, out, _ = run(capsys, SIDE_BY_SIDE, "--format", form)
    assert code == 0
    assert "uvicorn" in out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nowhere.toml"], "nowhere.toml: No such file"),
        ([TWO, "--set", "hop.gunicorn.threads=0"], "hop 2 (gunicorn): threads = 0: must be at least 1"),
        ([TWO, "--format", "yaml"], "no format"),
        ([TWO, "-o", "/nowhere/out.trace"], "/nowhere"),
    ],
)
def test_what_is_wrong_is_told_in_one_sentence(capsys, arguments, sentence):
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (2, "")
    assert sentence in err
    assert err.count("\n") == 1


def test_no_requests_are_a_clear_result(capsys):
    code, out, _ = run(capsys, TWO, "--set", "workload.requests=0", "--format", "json")
    told = json.loads(out)
    assert code == 0
    assert (told["requests"], told["throughput"], told["latency_s"]["mean"]) == (0, None, None)
