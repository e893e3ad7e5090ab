"""`tracer blame`: what stands on stdout is what the analysis found."""

from __future__ import annotations

import csv
import io
import json

import pytest

from tracer.analysis.blame import as_json, blame
from tracer.recording import sealed

FIELDS = {"what", "kind", "lane", "times", "held_s", "delayed_requests", "delay_s"}


def found(path):
    return json.loads(json.dumps(as_json(blame(sealed.load(path)))))


def test_json_is_the_blame(traces, tracer):
    done = tracer("blame", traces["left"], "--format", "json")
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert told == found(traces["left"])
    assert next(iter(told)) == "culprits" and told["requests"] == 4
    assert all(set(culprit) >= FIELDS for culprit in told["culprits"])
    assert told["culprits"][0]["delay_s"] == max(culprit["delay_s"] for culprit in told["culprits"])


def test_jsonl_and_csv_give_a_culprit_a_line(traces, tracer):
    told = found(traces["left"])["culprits"]
    lines = tracer("blame", traces["left"], "--format", "jsonl").stdout.splitlines()
    assert [json.loads(line) for line in lines] == told
    rows = list(csv.DictReader(io.StringIO(tracer("blame", traces["left"], "--format", "csv").stdout)))
    assert [(row["what"], float(row["delay_s"])) for row in rows] == [(c["what"], c["delay_s"]) for c in told]


def test_several_files_are_several_stacks(traces, tracer):
    told = json.loads(tracer("blame", traces["left"], traces["right"], "--format", "json").stdout)
    assert [stack.pop("stack") for stack in told["stacks"]] == ["two workers", "right"]
    assert told["stacks"] == [found(traces["left"]), found(traces["right"])]


@pytest.mark.parametrize("columns", ["80", "200", ""])
def test_text_has_a_table_and_a_sentence_for_each_culprit(traces, tracer, columns):
    done = tracer("blame", traces["left"], **({"COLUMNS": columns} if columns else {}))
    words = " ".join(done.stdout.split())
    assert words.startswith("two workers culprit kind lane times held delayed delay share")
    assert "BLOCKED worker 1 2 200 ms 2 80.0 ms 50%" in words
    assert "2 requests waited 160 ms in all for a worker of gunicorn: its accept queue" in words
    assert "because request 1 was BLOCKED on worker 2 at time.sleep app.py:17." in words
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize("name", ["right", "packets"])
def test_where_nobody_stood_in_line_nobody_is_blamed(traces, tracer, name):
    assert tracer("blame", traces[name]).stdout.splitlines()[1:] == ["Nobody stood in line."]


def test_what_cannot_be_read_is_one_sentence(tracer, tmp_path):
    done = tracer("blame", tmp_path / "none.trace")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
