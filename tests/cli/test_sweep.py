"""`tracer sweep`: the same results by any executor, in any order, interrupted or not; intervals and plots."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from simulator.replications import runs, together
from simulator.sweep import Pace, Sweep, Unit, run_all
from simulator.toml import parse_scenario
from simulator.vary import VaryError, configurations, parse_axis
from tests.simulator.shipped import SHIPPED
from tracer.cli.sweep_pool import Here, _processes
from tracer.cli.sweep_results import objects
from tracer.observe.processes import tree

TWO = next(path for path in SHIPPED if path.stem == "two-workers")
SWEEP = ["sweep", TWO, "--vary", "hop.gunicorn.workers=1..4", "--set", "workload.requests=60"]
AXES = [parse_axis("hop.gunicorn.workers=1..3"), parse_axis("workload.rate=20,40")]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("k=1..4", "1 2 3 4"),
        ("k=10..50..20", "10 30 50"),
        ("k=0.1..0.4..0.1", "0.1 0.2 0.3 0.4"),
        ("k=10ms..30ms..10ms", "10ms 20ms 30ms"),
        ('k="random", round_robin', '"random" round_robin'),
        ("k=lognormal(5ms,0.8),exp(1ms)", "lognormal(5ms,0.8) exp(1ms)"),
        ("k=7", "7"),
    ],
)
def test_values_are_written_as_ranges_and_lists(text, values):
    assert " ".join(parse_axis(text).values) == values


@pytest.mark.parametrize(
    "text", ["k", "k=", "=1..2", "k=4..1", "k=1..", "k=0.1..0.4", "k=1,,2", "k=1,1", "k=a..b"]
)
def test_what_cannot_be_varied_is_told(text):
    with pytest.raises(VaryError, match="--vary"):
        parse_axis(text)


def small(replications=3, engine="plain"):
    settings = ("workload.requests=60",)
    return Sweep(TWO.read_text(), str(TWO), settings, tuple(configurations(AXES)), replications, engine)


def results(sweep, executor, workers, units=None):
    """Run a sweep in small batches; leave the wall time, which differs, out."""
    done = {}
    for batch in run_all(sweep, units or sweep.units(), executor, workers, Pace(run_s=0.06)):
        done.update(batch)
    found = objects(sweep, done)
    for one in found:
        del one["wall_s"]
    return found


@pytest.fixture(scope="module")
def expected():
    return results(small(), Here(), 1)


def test_results_are_those_of_single_runs(expected):
    """The third configuration's second replication, run by `simulate` itself, is what the sweep averaged."""
    scenario = parse_scenario(
        TWO.read_text(), ["workload.requests=60", "hop.gunicorn.workers=2", "workload.rate=20"]
    )
    (one,) = [together([found[0] for found in runs(scenario, range(3), "plain")], {})]
    assert expected[2]["set"] == {"hop.gunicorn.workers": 2, "workload.rate": 20}
    for name in ("latency_s", "throughput", "outcomes", "interval"):
        assert expected[2][name] == one[name]


def test_units_in_any_order_give_the_same(expected):
    assert results(small(), Here(), 1, list(reversed(small().units()))) == expected


def test_threads_give_the_same(expected):
    with ThreadPoolExecutor(3) as pool:
        assert results(small(), pool, 3) == expected


def test_processes_give_the_same(expected):
    with _processes(2) as pool:
        assert results(small(), pool, 2) == expected


def test_a_dask_cluster_gives_the_same(expected):
    distributed = (
        pytest.importorskip("distributed") if not os.environ.get("CI") else __import__("distributed")
    )
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1"
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        assert results(small(), client.get_executor(pure=False), 2) == expected


def test_the_command_uses_the_cluster(tracer):
    distributed = (
        pytest.importorskip("distributed") if not os.environ.get("CI") else __import__("distributed")
    )
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1"
    ) as cluster:
        done = tracer(*SWEEP, "--cluster", cluster.scheduler_address, "--format", "jsonl")
    assert done.returncode == 0, done.stderr
    here = tracer(*SWEEP, "--format", "jsonl")
    assert without_wall(done.stdout) == without_wall(here.stdout)


def without_wall(text):
    return [{k: v for k, v in json.loads(line).items() if k != "wall_s"} for line in text.splitlines()]


def test_an_object_a_configuration(tracer):
    done = tracer(*SWEEP, "--format", "jsonl", "--replications", "4")
    assert (done.returncode, done.stderr) == (0, "")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["set"] for one in found] == [{"hop.gunicorn.workers": n} for n in range(1, 5)]
    for one in found:
        assert one["requests"] == sum(one["outcomes"].values()) == 4 * 60
        for name in ("mean", "p50", "p90", "p95", "p99"):
            low, high = one["interval"][name]
            assert low < one["latency_s"][name] < high
    assert found[0]["latency_s"]["p95"] > 2 * found[3]["latency_s"]["p95"]


def test_one_replication_is_a_simulation_and_has_no_interval(tracer):
    done = tracer(*SWEEP, "--format", "jsonl", "--replications", "1")
    first = json.loads(done.stdout.splitlines()[1])
    alone = tracer("simulate", TWO, "--set", "workload.requests=60", "--format", "json")
    told = json.loads(alone.stdout)
    assert {key: first[key] for key in told if key != "wall_s"} == {
        k: v for k, v in told.items() if k != "wall_s"
    }
    assert set(first["interval"].values()) == {None}


def test_csv_is_flat_with_a_row_a_configuration(tracer):
    done = tracer(*SWEEP, "--format", "csv", "--replications", "2")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [row["set.hop.gunicorn.workers"] for row in rows] == ["1", "2", "3", "4"]
    assert float(rows[0]["interval.p99.lo"]) < float(rows[0]["latency_s.p99"])
    assert 0 < float(rows[0]["gunicorn.utilisation"]) <= 1


def test_text_has_a_table_and_a_plot(tracer):
    done = tracer(*SWEEP, "--replications", "2")
    assert done.returncode == 0
    assert "gunicorn.workers" in done.stdout
    assert "latency," in done.stdout  # the plot's axis
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize("suffix", ["svg", "png"])
def test_a_plot_is_a_picture(tracer, tmp_path, suffix):
    path = tmp_path / f"plot.{suffix}"
    done = tracer(*SWEEP, "--replications", "2", "--plot", path)
    assert done.returncode == 0, done.stderr
    head = path.read_bytes()[:200]
    assert head.startswith(b"\x89PNG") if suffix == "png" else b"<?xml" in head


LONG = ["sweep", str(TWO), "--vary", "hop.gunicorn.workers=1..8", "--set", "workload.requests=1500"]
LONG += ["--replications", "10", "--engine", "plain", "--jobs", "2"]


def interrupted(tmp_path, output):
    """Start a sweep, press Ctrl-C once some runs are kept; give what it said and left running."""
    command = [sys.executable, "-m", "tracer.cli", *LONG, "-o", str(output)]
    child = subprocess.Popen(
        command,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    state = output.with_name(output.name + ".state")
    try:
        until = time.monotonic() + 60
        while not (state.exists() and state.read_text().count("\n") > 4) and time.monotonic() < until:
            time.sleep(0.05)
        family = tree(child.pid)
        os.killpg(child.pid, signal.SIGINT)
        out, err = child.communicate(timeout=30)
    finally:
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
    return child.returncode, out, err, family


def test_ctrl_c_keeps_what_is_done_and_resume_goes_on(tmp_path, tracer):
    output, whole = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    code, out, err, family = interrupted(tmp_path, output)
    assert (code, out) == (130, "")
    assert "--resume goes on" in err
    assert "Traceback" not in err
    assert len(family) >= 3
    until = time.monotonic() + 10  # the tracker of multiprocessing sees by its pipe that it is alone
    while (left := [pid for pid in family if is_running(pid)]) and time.monotonic() < until:
        time.sleep(0.05)
    assert left == []
    state = tmp_path / "a.jsonl.state"
    kept = state.read_text()
    assert 4 < kept.count("\n") < 80
    assert not output.exists()

    state.write_text(kept + '{"unit":[7,9],"sta')  # as a crash would leave it
    again = tracer(*LONG, "-o", output)
    assert again.returncode == 2
    assert "--resume" in again.stderr
    other = tracer(*[word.replace("=1500", "=1499") for word in LONG], "-o", output, "--resume")
    assert "of another sweep" in other.stderr
    assert tracer(*LONG, "-o", output, "--resume").returncode == 0
    assert tracer(*LONG, "-o", whole).returncode == 0
    assert without_wall(output.read_text()) == without_wall(whole.read_text())
    assert sorted(path.name for path in tmp_path.iterdir() if path.suffix != "") == ["a.jsonl", "b.jsonl"]


def is_running(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (["--vary", "hop.gunicorn.workers=0..3"], "is there twice"),
        (["--vary", "hop.gunicorn.threads=0..2"], "threads = 0: must be at least 1"),
        (["--vary", "hop.gunicorn.worker_class=sync,thread"], "must be \"sync\" or \"gthread\""),
        (["--vary", "hop.apache.workers=1..2"], "there is no such hop"),
        (["--vary", "seed"], "write KEY=1..16"),
        (["--replications", "0"], "whole number from 1"),
        (["-o", "out.txt"], "must end in .jsonl"),
        (["-o", "nowhere/out.csv"], "there is no directory"),
        (["--plot", "plot.gif"], "must end in .svg or .png"),
        (["--resume"], "give the -o"),
        (["--cluster", "tcp://127.0.0.1:1"], "no Dask scheduler answers"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_in_one_sentence(tracer, more, sentence):
    done = tracer(*SWEEP, *more)
    assert (done.returncode, done.stdout) == (2, "")
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1


def test_units_are_configurations_times_replications():
    assert small(2).units()[:3] == [Unit(0, 0), Unit(0, 1), Unit(1, 0)]
    assert len(small(2).units()) == 12
