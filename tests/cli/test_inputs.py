"""Whatever is named as FILE and cannot be read ends in one sentence and exit code 2."""

from __future__ import annotations

import os

import pytest

COMMANDS = ("requests", "summary")


def refused(done, *words):
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("tracer: ")
    for word in words:
        assert word in done.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_what_is_no_recording(command, tracer, traces, tmp_path):
    text, cut, empty = (tmp_path / name for name in ("notes.trace", "cut.trace", "empty.trace"))
    text.write_text("not a trace\n" * 100)
    cut.write_bytes(traces["left"].read_bytes()[:1000])
    empty.touch()
    refused(tracer(command, tmp_path / "none.trace"), "none.trace", "no such file", "tracer run -o")
    refused(tracer(command, tmp_path), "directory")
    refused(tracer(command, text), "notes.trace", "not a trace")
    refused(tracer(command, cut), "cut.trace", "cut off")
    refused(tracer(command, empty), "empty")
    refused(tracer(command, "/dev/null"), "/dev/null")


@pytest.mark.parametrize("end", [3, 10, 30, 60, 90, 97, 99])
def test_a_trace_cut_anywhere_is_told(end, tracer, traces, tmp_path):
    whole = traces["left"].read_bytes()
    (tmp_path / "cut.trace").write_bytes(whole[: len(whole) * end // 100])
    refused(tracer("summary", tmp_path / "cut.trace"), "cut.trace")


@pytest.mark.parametrize("command", COMMANDS)
def test_what_is_no_capture(command, tracer, tmp_path):
    text, empty = tmp_path / "notes.pcap", tmp_path / "empty.pcapng"
    text.write_text("not a capture, but long enough for a header\n")
    empty.touch()
    refused(tracer(command, text), "notes.pcap", "neither pcap nor pcapng")
    refused(tracer(command, empty), "empty.pcapng", "is empty")
    refused(tracer(command, tmp_path / "none.pcap.gz"), "none.pcap.gz", "No such file")
    refused(tracer(command, "-"), "-: is empty")
    refused(tracer(command, "sample:none"), "sample:none", "no such sample", "computing-gunicorn")


def test_one_bad_file_among_good_ones_stops_before_anything_is_printed(tracer, traces, tmp_path):
    for command in COMMANDS:
        refused(tracer(command, traces["left"], tmp_path / "none.trace", "--format", "csv"), "none.trace")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(tracer, traces, tmp_path):
    (tmp_path / "mine.trace").write_bytes(traces["left"].read_bytes())
    (tmp_path / "mine.trace").chmod(0)
    refused(tracer("summary", tmp_path / "mine.trace"), "mine.trace", "ermission denied")


def test_names_that_no_system_takes(tracer):
    refused(tracer("summary", "x" * 5000), "too long")
    refused(tracer("summary", ""), "is empty")
    refused(tracer("summary", "."), "directory")


@pytest.mark.parametrize("command", [*COMMANDS, "doctor"])
def test_a_format_that_there_is_not(command, tracer, traces):
    files = [traces["left"]] if command != "doctor" else []
    refused(tracer(command, *files, "--format", "xml"), "'xml'", "text, json, jsonl, csv")


@pytest.mark.parametrize("command", COMMANDS)
def test_no_file_at_all(command, tracer):
    refused(tracer(command), "FILE", f"tracer {command} --help")
