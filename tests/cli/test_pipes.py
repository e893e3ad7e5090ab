"""Readers that go away, Ctrl-C, and locales: quiet ends, no traceback."""

from __future__ import annotations

import fcntl
import os
import signal
import struct
import subprocess
import sys
import termios
import time

import pytest

COMMAND = [sys.executable, "-m", "tracer.cli"]


@pytest.fixture(params=["", "1"], ids=["buffered", "unbuffered"])
def environment(request):
    return {**os.environ, "PYTHONUNBUFFERED": request.param}


@pytest.mark.parametrize("form", ["text", "json", "jsonl", "csv"])
def test_a_reader_that_goes_away_is_no_error(traces, form, environment):
    command = [*COMMAND, "requests", str(traces["many"]), "--format", form]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as child:
        assert child.stdout.readline()
        child.stdout.close()
        assert child.stderr.read() == b""
        assert child.wait(timeout=60) == 141


def fill(pipe):
    """Wait until a pipe, which nobody reads, has no room for another line."""
    size = fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, 4096)
    until = time.monotonic() + 60
    while struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)))[0] < size - 1024:
        assert time.monotonic() < until
        time.sleep(0.01)


def test_ctrl_c_ends_it_quietly_though_its_reader_does_not_read(traces, environment):
    command = [*COMMAND, "requests", str(traces["many"]), "--format", "jsonl"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as child:
        try:
            fill(child.stdout)
            child.send_signal(signal.SIGINT)
            assert child.wait(timeout=20) == 130
            assert child.stderr.read() == b""
        finally:
            child.kill()


def test_a_full_disk_is_told(traces, environment):
    command = [*COMMAND, "summary", str(traces["left"]), "--format", "json"]
    with open("/dev/full", "w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, env=environment, timeout=60)
    assert done.returncode == 2
    assert done.stderr == b"tracer: the output cannot be written: No space left on device\n"


def test_a_locale_without_our_characters_shows_their_codes(tracer, tmp_path):
    from tracer.recording import Recording, Rows, sealed

    sealed.save(Recording.of(Rows(), {"title": "기다리기"}), tmp_path / "korean.trace")
    done = tracer("summary", tmp_path / "korean.trace", PYTHONIOENCODING="ascii")
    assert done.returncode == 0
    assert r"\uae30" in done.stdout


@pytest.mark.parametrize(
    "closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-", "2>/dev/full", "2>&1 >/dev/null | true"]
)
def test_a_stream_that_is_closed_loses_no_recording(tmp_path, closed):
    tracer = f"{sys.executable} -m tracer.cli"
    script = f"set -o pipefail; {tracer} run -o x.trace -- true {closed}"
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, timeout=60)
    assert done.returncode == 0
    assert [path.name for path in tmp_path.iterdir()] == ["x.trace"]
    said = 2 if closed in ("<&-", ">&-") else 0  # what was recorded, and that no server was
    assert done.stderr.count(b"\n") == said


@pytest.mark.parametrize("closed", [">&-", "2>/dev/full", "2>&-"])
def test_a_stream_that_is_closed_changes_no_exit_code(traces, closed):
    script = f"{sys.executable} -m tracer.cli summary {{}} {closed}"
    for name, code in ((traces["left"], 0), ("missing", 2)):
        done = subprocess.run(["bash", "-c", script.format(name)], capture_output=True, timeout=60)
        assert done.returncode == code
