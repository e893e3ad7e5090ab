"""`tracer summary`: what stands on stdout is what the analysis measured."""

from __future__ import annotations

import csv
import io
import json

import pytest

from tracer.analysis.summary import as_json, summarise
from tracer.recording import sealed

HOP = {"hop", "lanes", "utilisation", "queued_s", "queue_max", "phases_s"}


def measured(path):
    return json.loads(json.dumps(as_json(summarise(sealed.load(path)))))


def test_json_is_the_summary(traces, tracer):
    done = tracer("summary", traces["left"], "--format", "json")
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert told == measured(traces["left"])
    assert {"requests", "duration_s", "throughput", "latency_s", "outcomes", "hops"} <= set(told)
    assert all(set(hop) >= HOP for hop in told["hops"])


def test_several_files_are_several_stacks(traces, tracer):
    told = json.loads(tracer("summary", traces["left"], traces["right"], "--format", "json").stdout)
    assert [stack.pop("stack") for stack in told["stacks"]] == ["two workers", "right"]
    assert told["stacks"] == [measured(traces["left"]), measured(traces["right"])]
    lines = tracer("summary", traces["left"], traces["right"], "--format", "jsonl").stdout.splitlines()
    assert [json.loads(line)["stack"] for line in lines] == ["two workers", "right"]


def test_csv_is_flat_with_a_row_a_hop(traces, tracer):
    rows = list(csv.DictReader(io.StringIO(tracer("summary", traces["left"], "--format", "csv").stdout)))
    told = measured(traces["left"])
    assert [row["hops.hop"] for row in rows] == ["gunicorn", "app"]
    assert float(rows[0]["hops.phases_s.QUEUED"]) == told["hops"][0]["phases_s"]["QUEUED"]
    assert float(rows[0]["hops.queued_s.p99"]) == told["hops"][0]["queued_s"]["p99"]
    assert float(rows[1]["latency_s.p95"]) == told["latency_s"]["p95"]
    assert rows[1]["hops.utilisation"] == ""


@pytest.mark.parametrize("columns", ["80", "200", ""])
def test_text_tells_the_figures_and_the_bottleneck(traces, tracer, columns):
    done = tracer("summary", traces["left"], **({"COLUMNS": columns} if columns else {}))
    words = " ".join(done.stdout.split())
    assert words.startswith("two workers requests in answered/s")
    assert "4 212 ms 18.9 142 ms 142 ms 182 ms 182 ms 182 ms 182 ms" in words
    assert "gunicorn 2 94% 40.0 ms 80.0 ms 2" in words
    assert "gunicorn worker 1 process 200 ms 212 ms 94% 0" in words
    assert (
        "gunicorn is a bottleneck: its 2 lanes were held 94% of the time, 100% of that only waiting" in words
    )
    assert "\x1b" not in done.stdout


def test_a_hop_that_is_no_bottleneck_is_not_called_one(traces, tracer):
    assert "bottleneck" not in tracer("summary", traces["right"]).stdout


def test_a_recording_that_goes_on_is_read(traces, tracer, tmp_path):
    from tracer.recording import Request, Rows
    from tracer.recording.live import LiveWriter

    with LiveWriter(tmp_path / "now.trace", {"source": "hook"}) as writer:
        writer.append(Rows(requests=[Request(0, 10**18)]))
        writer.commit(Rows(), {})
        for name in ("now.trace", "now.trace.part"):
            told = json.loads(tracer("summary", tmp_path / name, "--format", "json").stdout)
            assert told["outcomes"]["open"] == 1
