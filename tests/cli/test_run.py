"""`tracer run` as a user starts it: what it says, writes, and gives back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tracer.recording.live import open_recording

MAIN = [sys.executable, "-c", "import sys; from tracer.cli.main import main; sys.exit(main())"]
SERVER = """
def app(environ, start_response):
    start_response("200 OK", [("Content-Length", "5")])
    return [b"hello"]
"""
GUNICORN = [sys.executable, "-m", "gunicorn", "--no-control-socket", "-b", "127.0.0.1:0", "small_app:app"]


def tracer(folder: Path, *arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [*MAIN, *arguments], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "small_app.py").write_text(SERVER)
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["run"], "there is no command to run"),
        (["run", "-o", "x.trace", "--"], "there is no command to run"),
        (["run", "--", "no-such-command"], "there is no command 'no-such-command'"),
        (["run", "-o", "nowhere/x.trace", "--", "true"], "nowhere/x.trace.part: cannot make it"),
        (["run", "-o", "there.trace", "--", "true"], "there.trace: is there already"),
        (["run", "-o", "x.pcap", "--", "true"], "x.pcap: is the name of a capture"),
        (["run", "--for", "2s", "--", "true"], "there is no load to send"),
        (["run", "--load", "-1", "--", "true"], "must be a number above 0"),
        (["run", "--load", "1e9", "--", "true"], "1,000,000 are the most: send slower or shorter"),
        (["run", "--load", "50", "--for", "9999999m", "--", "true"], "are the most"),
        (["run", "--load", "5", "--url", "ftp://x/", "--", "true"], "is no URL to send a load to"),
        (["run", "--load", "5", "--for", "soon", "--", "true"], "soon"),
        (["run", "--print-env", "nowhere"], "nowhere is no directory"),
        (["collect", "nowhere", "-o", "x.trace"], "nowhere"),
        (["collect", "."], "give the name of the recording to write"),
        (["collect", ".", "-o", "x.trace"], "has no rings in it"),
    ],
)
def test_wrong_use_is_told_in_one_sentence(folder, arguments, says):
    (folder / "there.trace").write_text("mine")
    result = tracer(folder, *arguments)
    assert result.returncode == 2, result.stderr
    assert says in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert result.stdout == ""
    assert [path.name for path in folder.glob("*.part")] == []
    assert (folder / "there.trace").read_text() == "mine"


@pytest.mark.parametrize(("program", "code"), [("raise SystemExit(5)", 5), ("import os; os.abort()", 134)])
def test_the_exit_code_is_the_command_s(folder, program, code):
    result = tracer(folder, "run", "-o", "x.trace", "--", sys.executable, "-c", program)
    assert result.returncode == code
    assert "0 requests in x.trace" in result.stderr
    assert [str(violation) for violation in open_recording(folder / "x.trace").check()] == []


def test_a_load_that_was_never_sent_is_told(folder):
    run = ["run", "-o", "x.trace", "--load", "5", "--", sys.executable, "-c", "raise SystemExit(3)"]
    result = tracer(folder, *run)
    assert result.returncode == 3
    assert "ended before it listened, so no load was sent" in result.stderr


def test_a_recording_that_cannot_be_written_keeps_what_it_has(folder):
    """A limit on the size of our own files stands in for a full disk; the server has none."""
    server = ["sh", "-c", 'ulimit -S -f unlimited; exec "$@"', "sh", *GUNICORN]
    limited = [*MAIN, "run", "-o", "x.trace", "--load", "100", "--for", "3s", "--", *server]
    result = subprocess.run(
        ["sh", "-c", 'ulimit -S -f 20; exec "$@"', "sh", *limited],
        cwd=folder, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr  # the server's own
    assert "the command goes on and is not recorded any more" in result.stderr
    assert result.stderr.rstrip().endswith("what was recorded until then: tracer collect x.trace.part")
    assert open_recording(folder / "x.trace.part").check() == []
    assert tracer(folder, "collect", "x.trace.part").returncode == 0


def test_where_nothing_can_be_written_nothing_is_left(folder):
    """A limit on the size of files stands in for a full disk."""
    result = subprocess.run(
        ["sh", "-c", 'ulimit -f 0; exec "$@"', "sh", *MAIN, "run", "-o", "x.trace", "--", "true"],
        cwd=folder, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (result.returncode, len(result.stderr.splitlines())) == (2, 1), result.stderr
    assert [path.name for path in folder.glob("x.trace*")] == []


def test_a_command_that_starts_no_server_is_told(folder):
    result = tracer(folder, "run", "-o", "x.trace", "--", "true")
    assert result.returncode == 0
    assert "no server that is known was recorded" in result.stderr


def test_what_the_command_writes_goes_through(folder):
    program = "import sys; print(sys.stdin.read().upper()); print('aside', file=sys.stderr)"
    run = [*MAIN, "run", "-o", "x.trace", "--", sys.executable, "-c", program]
    result = subprocess.run(
        run, cwd=folder, input="words", capture_output=True, text=True, timeout=60, check=False
    )
    assert result.stdout == "WORDS\n"
    assert "aside" in result.stderr


def test_without_a_name_it_makes_one(folder):
    assert tracer(folder, "run", "--", "true").returncode == 0
    (path,) = folder.glob("hopscope-*.trace")
    assert open_recording(path).meta["command"] == ["true"]


def test_force_overwrites(folder):
    (folder / "x.trace").write_text("old")
    assert tracer(folder, "run", "-o", "x.trace", "--force", "--", "true").returncode == 0
    assert len(open_recording(folder / "x.trace").requests.start) == 0


def test_a_load_by_whole_url_to_a_server_that_never_comes(folder):
    program = "import time; time.sleep(60)"
    command = ["--", sys.executable, "-c", f"import tracer.assemble.sender; {program}"]
    shorter = "import tracer.assemble.sender as s; s.PATIENCE = 1.0"
    main = [
        sys.executable,
        "-c",
        f"{shorter}; import sys; from tracer.cli.main import main; sys.exit(main())",
    ]
    run = [*main, "run", "-o", "x.trace", "--load", "5", *command]
    result = subprocess.run(run, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 2
    assert "listens on no TCP port after 1 s" in result.stderr
    assert (folder / "x.trace").exists()


def test_load_then_requests(folder):
    load = ["--load", "50", "--for", "1s", "--arrivals", "constant", "--url", "/a?b=1"]
    result = tracer(folder, "run", "-o", "x.trace", *load, "--", *GUNICORN)
    assert result.returncode == 0, result.stderr
    assert "recording gunicorn sync" in result.stderr
    assert "50 requests in x.trace" in result.stderr
    assert ", 0 records lost" in result.stderr
    recording = open_recording(folder / "x.trace")
    assert [str(violation) for violation in recording.check()] == []
    assert recording.meta["source"] == "hook"
    assert {server["name"] for server in recording.meta["servers"]} == {"gunicorn sync"}
    assert [recording.text(name) for name in recording.hops.name] == ["client", "gunicorn", "app"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_server_and_seals(folder, number):
    run = [*MAIN, "run", "-o", "x.trace", "--", *GUNICORN]
    with (folder / "said").open("wb") as said:
        process = subprocess.Popen(run, cwd=folder, stderr=said)
    try:
        until = time.monotonic() + 30
        while "live points" not in (folder / "said").read_text() and time.monotonic() < until:
            time.sleep(0.05)
        process.send_signal(number)
        assert process.wait(30) == 0, (folder / "said").read_text()
    finally:
        process.kill()
        process.wait()
    assert "0 requests in x.trace" in (folder / "said").read_text()
    assert [str(violation) for violation in open_recording(folder / "x.trace").check()] == []


def test_rings_of_servers_that_others_started(folder):
    (folder / "rings").mkdir()
    said = tracer(folder, "run", "--print-env", "rings").stdout
    env = dict(line.split("=", 1) for line in said.splitlines())
    assert set(env) == {"PYTHONPATH", "HOPSCOPE_RINGS"}
    server = subprocess.Popen(GUNICORN, cwd=folder, env=os.environ | env, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 30
        while not list((folder / "rings").glob("*.ring")) and time.monotonic() < until:
            time.sleep(0.05)
        time.sleep(0.3)
    finally:
        server.terminate()
        server.wait(20)
    result = tracer(folder, "collect", "rings", "-o", "x.trace")
    assert result.returncode == 0, result.stderr
    recording = open_recording(folder / "x.trace")
    assert [str(violation) for violation in recording.check()] == []
    assert "worker 1" in [recording.text(label) for label in recording.lanes.label]


def test_what_is_no_ordinary_file_is_never_overwritten(folder):
    os.mkfifo(folder / "pipe.trace")
    result = tracer(folder, "run", "--force", "-o", "pipe.trace", "--", "true")
    assert (result.returncode, len(result.stderr.splitlines())) == (2, 1)
    assert "pipe.trace: is no ordinary file" in result.stderr
    assert (folder / "pipe.trace").is_fifo()
