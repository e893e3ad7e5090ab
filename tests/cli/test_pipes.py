"""Readers that go away, Ctrl-C, and locales: quiet ends, no traceback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

COMMAND = [sys.executable, "-m", "tracer.cli"]


@pytest.mark.parametrize("form", ["text", "json", "jsonl", "csv"])
def test_a_reader_that_goes_away_is_no_error(traces, form):
    command = [*COMMAND, "requests", str(traces["many"]), "--format", form]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdout.readline()
        child.stdout.close()
        assert child.stderr.read() == b""
        assert child.wait(timeout=60) == 141


def test_ctrl_c_ends_it_quietly(traces):
    command = [*COMMAND, "requests", str(traces["many"]), "--format", "jsonl"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        # It is at work, and stays so: more is to be written than a pipe holds, and nobody reads on.
        assert child.stdout.read(1)
        child.send_signal(signal.SIGINT)
        assert child.stderr.read() == b""
        assert child.wait(timeout=60) == 130


def test_a_full_disk_is_told(traces):
    for unbuffered in ("", "1"):
        environment = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
        with open("/dev/full", "w") as full:
            command = [*COMMAND, "summary", str(traces["left"]), "--format", "json"]
            done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, env=environment, timeout=60)
        assert done.returncode == 2
        assert done.stderr == b"tracer: the output cannot be written: No space left on device\n"


def test_a_locale_without_our_characters_shows_their_codes(tracer, tmp_path):
    from tracer.recording import Recording, Rows, sealed

    sealed.save(Recording.of(Rows(), {"title": "기다리기"}), tmp_path / "korean.trace")
    done = tracer("summary", tmp_path / "korean.trace", PYTHONIOENCODING="ascii")
    assert done.returncode == 0
    assert r"\uae30" in done.stdout
