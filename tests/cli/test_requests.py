"""`tracer requests`: the records of the contract, in all four formats."""

from __future__ import annotations

import csv
import io
import json

import pytest
from handmade import BASE, MS, Stack, at, blocking, packets, workers

from tracer.analysis.listing import FLAT_FIELDS, flat, records
from tracer.recording import LaneKind, Outcome, PhaseKind, Recording, Request, Rows, Visit

REQUEST = {
    *("id", "method", "target", "status", "outcome", "start_ns", "end_ns"),
    *("request_body_bytes", "response_body_bytes", "hops"),
}
VISIT = {
    *("hop", "visit", "parent", "attempt", "outcome", "protocol", "src", "dst", "lane", "start_ns"),
    *("first_byte_ns", "end_ns", "released_ns", "status", "queued_ns", "match", "confidence"),
}


def test_a_record_has_the_fields_of_the_contract_and_what_was_made_by_hand(traces, tracer):
    done = tracer("requests", traces["left"], "--format", "jsonl")
    assert (done.returncode, done.stderr) == (0, "")
    third = [json.loads(line) for line in done.stdout.splitlines()][2]
    assert set(third) == REQUEST
    server, app = third.pop("hops")
    assert third == {
        "id": 2,
        "method": "GET",
        "target": "/item/2?x=1",
        "status": 200,
        "outcome": "ok",
        "start_ns": BASE + 20 * MS,
        "end_ns": BASE + 202 * MS,
        "request_body_bytes": 0,
        "response_body_bytes": 512,
    }
    assert set(server) == set(app) == VISIT
    number = server.pop("visit")
    assert server == {
        "hop": "gunicorn",
        "parent": None,  # the client is left out
        "attempt": 1,
        "outcome": "ok",
        "protocol": "http/1.1",
        "src": None,
        "dst": None,
        "lane": "worker 1",  # which the app, that it calls, holds
        "start_ns": BASE + 21 * MS,
        "first_byte_ns": BASE + 201 * MS,
        "end_ns": BASE + 201 * MS,
        "released_ns": BASE + 201 * MS,
        "status": 200,
        "queued_ns": 80 * MS,
        "match": "traceparent",
        "confidence": 1.0,
    }
    assert (app["parent"], app["lane"], app["queued_ns"], app["match"]) == (number, "worker 1", 0, "nesting")


def test_the_formats_say_the_same(traces, tracer):
    lines = [
        json.loads(line)
        for line in tracer("requests", traces["left"], "--format", "jsonl").stdout.splitlines()
    ]
    assert json.loads(tracer("requests", traces["left"], "--format", "json").stdout) == lines
    told = csv.DictReader(io.StringIO(tracer("requests", traces["left"], "--format", "csv").stdout))
    expected = [
        {field: "" if row.get(field) is None else str(row[field]) for field in FLAT_FIELDS}
        for line in lines
        for row in flat(line)
    ]
    assert list(told) == expected
    assert len(expected) == 8


def test_text_names_every_request_and_its_way(traces, tracer):
    done = tracer("requests", traces["left"])
    assert done.stdout.count("GET /item/") == 4
    assert "gunicorn worker 1: 180 ms, 80.0 ms queued > app worker 1: 100 ms" in done.stdout
    assert "\x1b" not in done.stdout


def test_what_a_capture_cannot_see_is_null():
    (record,) = records(packets())
    (visit,) = record["hops"]
    assert (visit["src"], visit["dst"]) == ("127.0.0.1:40112", "127.0.0.1:8080")
    assert {visit[name] for name in ("lane", "queued_ns", "match", "confidence", "parent", "protocol")} == {
        None
    }


def test_what_is_open_or_unknown_is_null_and_nobody_is_lost():
    rows = Rows(requests=[Request(0, at(0)), Request(1, at(1), end=at(2), outcome=Outcome.REFUSED)])
    told = list(records(Recording.of(rows)))
    assert [record["outcome"] for record in told] == ["open", "refused"]
    assert [record["end_ns"] for record in told] == [None, at(2)]
    assert {told[0][name] for name in ("method", "target", "status", "request_body_bytes")} == {None}
    assert [len(list(flat(record))) for record in told] == [1, 1]


def test_a_visit_still_in_line_has_waited_for_nobody_knows_how_long():
    stack = Stack()
    lane = stack.lane("worker 1")
    stack.request(0, 0, [blocking(lane, 5)], lane)
    stack.rows.requests.append(Request(1, at(2)))
    stack.rows.visits.append(Visit(99, 1, 1, at(2)))
    stack.phases(99, 2, (PhaseKind.QUEUED, None, {"waits_for": lane}))
    told = list(records(stack.recording()))
    assert told[0]["hops"][0]["queued_ns"] == 0
    assert told[1]["hops"][0]["queued_ns"] is None


def test_the_lane_is_the_first_held_that_is_no_connection():
    stack = Stack()
    worker = stack.lane("worker 1")
    line = stack.lane("", LaneKind.CONNECTION, src="a:1", dst="b:2")
    work = [(PhaseKind.TRANSFER, 1, {"lane": line, "holds": 1}), blocking(worker, 5)]
    stack.request(0, 0, work, worker, connection=line)
    server, app = next(records(stack.recording()))["hops"]
    assert (server["src"], server["dst"], server["lane"], app["lane"]) == (
        "a:1",
        "b:2",
        "worker 1",
        "worker 1",
    )


@pytest.mark.parametrize("piece", [1, 3, 10_000])
def test_pieces_of_any_size_give_the_same(piece):
    recording = workers([(number, 5) for number in range(10)])
    told = list(records(recording, piece))
    assert [record["id"] for record in told] == list(range(10))
    assert told == list(records(recording))
    assert all([visit["hop"] for visit in record["hops"]] == ["gunicorn", "app"] for record in told)
    assert all(visit["hop"] != "client" for record in told for visit in record["hops"])


def test_of_several_files_each_record_names_its_stack(traces, tracer):
    done = tracer("requests", traces["left"], traces["right"], "--format", "jsonl")
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [record["stack"] for record in told] == ["two workers"] * 4 + ["right"] * 4
    rows = list(
        csv.DictReader(
            io.StringIO(tracer("requests", traces["left"], traces["right"], "--format", "csv").stdout)
        )
    )
    assert [row["stack"] for row in rows] == ["two workers"] * 8 + ["right"] * 8


def test_an_empty_recording_is_an_empty_list(tmp_path, tracer):
    from tracer.recording import sealed

    sealed.save(Recording.of(Rows()), tmp_path / "empty.trace")
    assert tracer("requests", tmp_path / "empty.trace", "--format", "json").stdout == "[]\n"
    assert tracer("requests", tmp_path / "empty.trace", "--format", "jsonl").stdout == ""
    assert (
        tracer("requests", tmp_path / "empty.trace", "--format", "csv").stdout == ",".join(FLAT_FIELDS) + "\n"
    )
    for command in ("requests", "summary"):
        assert tracer(command, tmp_path / "empty.trace").returncode == 0


def test_what_a_client_sent_cannot_steer_the_terminal(tmp_path, tracer):
    from tracer.recording import sealed

    rows = Rows(
        requests=[Request(0, at(0), "GET", "/\x1b]0;owned\x07[red]x[/red]\n", 200, at(1), outcome=Outcome.OK)]
    )
    sealed.save(Recording.of(rows, {"title": "a\x1b[31mb"}), tmp_path / "bad.trace")
    for command in ("requests", "summary"):
        told = tracer(command, tmp_path / "bad.trace").stdout
        assert "\x1b" not in told
        assert "\x07" not in told
    told = tracer("requests", tmp_path / "bad.trace").stdout
    assert r"/\x1b]0;owned\x07[red]x[/red]\n" in told


def test_where_keeps_some(traces, tracer):
    done = tracer("requests", traces["left"], "--where", "queued > 50ms and id < 3", "--format", "jsonl")
    every = tracer("requests", traces["left"], "--format", "jsonl").stdout.splitlines()
    queued = [sum(hop["queued_ns"] for hop in json.loads(line)["hops"]) for line in every]
    wanted = [line for line, ns in zip(every[:3], queued, strict=False) if ns > 50_000_000]
    assert 0 < len(wanted) < 3
    assert done.stdout.splitlines() == wanted


def test_where_counts_the_requests_of_a_capture_from_its_start(traces, tracer):
    every = tracer("requests", "sample:nginx-gunicorn", "--format", "csv").stdout.splitlines()
    done = tracer("requests", "sample:nginx-gunicorn", "--format", "csv", "--where", "id >= 1")
    wanted = [line for line in every if not line.startswith("0,")]
    assert 2 < len(wanted) < len(every)
    assert done.stdout.splitlines() == wanted


def test_where_points_at_what_is_wrong(traces, tracer):
    done = tracer("requests", traces["left"], "--where", "queued > 20")
    assert done.returncode == 2
    assert done.stdout == ""
    line, carets, told = done.stderr.splitlines()
    assert line.removeprefix("tracer: ")[carets.removeprefix("tracer: ").index("^") :] == "20"
    assert "20 is not a duration" in told


def test_where_of_figures(traces, tracer):
    told = json.loads(tracer("summary", traces["left"], "--where", "id < 2", "--format", "json").stdout)
    assert told["requests"] == 2
    told = json.loads(tracer("blame", traces["left"], "--where", "id = 3", "--format", "json").stdout)
    assert told["requests"] == 1
