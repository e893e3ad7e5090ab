"""The main job as a person runs it: real servers, real recordings, the printed figures those of the files."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "tui"))

from terminal import ended_by

from tracer.observe.processes import tree
from tracer.recording import Recording

TRACER = [sys.executable, "-m", "tracer.cli"]
FILES = [f"{scene}-{stack}.trace" for scene in ("waiting", "computing") for stack in ("gunicorn", "uvicorn")]


@pytest.fixture(scope="module")
def demo(tmp_path_factory) -> tuple[Path, str]:
    """Run the demo once; give the folder of its recordings and what it printed."""
    folder = tmp_path_factory.mktemp("demo")
    run = subprocess.run(
        [*TRACER, "demo", "--text", "--lang", "en"], cwd=folder, capture_output=True, text=True, timeout=100
    )
    assert run.returncode == 0, run.stderr
    assert "Traceback" not in run.stderr
    return folder / "hopscope-demo", run.stdout


def summary(path: Path) -> dict:
    run = subprocess.run([*TRACER, "summary", str(path), "--format", "json"], capture_output=True, text=True)
    return json.loads(run.stdout)


def test_it_leaves_recordings_that_hold(demo):
    folder, _ = demo
    assert sorted(path.name for path in folder.iterdir()) == sorted(FILES)
    for name in FILES:
        assert Recording.open(folder / name).check() == [], name


def test_what_it_prints_is_what_the_recordings_say(demo):
    folder, printed = demo
    words = re.sub(r"\s+", " ", printed)
    for scene in ("waiting", "computing"):
        left, right = (summary(folder / f"{scene}-{stack}.trace") for stack in ("gunicorn", "uvicorn"))
        assert f"requests {left['requests']} {right['requests']} " in words
        p50 = [side["latency_s"]["p50"] for side in (left, right)]
        told = re.search(r"median ([\d.]+) (ms|s) against ([\d.]+) (ms|s)", words[words.index(scene) :])
        assert told
        seconds = [float(told[i]) * (0.001 if told[i + 1] == "ms" else 1) for i in (1, 3)]
        assert seconds == pytest.approx(p50, rel=0.01)


def test_waiting_queues_on_the_blocking_side_alone(demo):
    folder, _ = demo
    left, right = (summary(folder / f"waiting-{stack}.trace") for stack in ("gunicorn", "uvicorn"))
    assert (left["hops"][0]["hop"], right["hops"][0]["hop"]) == ("gunicorn", "uvicorn")
    assert left["hops"][0]["lanes"] == 2
    assert right["hops"][0]["lanes"] == 1
    assert left["hops"][0]["queued_s"]["mean"] > 10 * right["hops"][0]["queued_s"]["mean"]
    assert left["hops"][0]["utilisation"] > 0.8 > right["hops"][0]["utilisation"]


def test_both_sides_were_sent_the_same_schedule(demo):
    folder, _ = demo
    for scene in ("waiting", "computing"):
        starts = [
            Recording.open(folder / f"{scene}-{s}.trace").requests.start for s in ("gunicorn", "uvicorn")
        ]
        left, right = (start - start[0] for start in starts)
        assert left.tolist() == right.tolist()


def test_each_file_knows_its_place_in_the_story(demo):
    folder, _ = demo
    places = [Recording.open(folder / name).meta["chapter"] for name in FILES]
    assert [(place["number"], place["side"]) for place in places] == [
        (1, "left"), (1, "right"), (2, "left"), (2, "right"),
    ]  # fmt: skip
    assert all(place["steps"] for place in places)


def test_a_server_that_cannot_be_recorded_is_told_in_one_sentence(tmp_path):
    """Files of ours may be written, rings not: what a disk without room for them does."""
    limited = ["sh", "-c", 'ulimit -f 200; exec "$@"', "sh", *TRACER, "demo", "--text"]
    run = subprocess.run(limited, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert run.returncode == 2, run.stderr
    assert run.stderr.splitlines()[-1].startswith("tracer: gunicorn sync, 2 workers could not be recorded")
    assert "a fault in hopscope" not in run.stderr


def alive(pid: int) -> bool:
    """Whether a process runs: one that only waits to be reaped, by whoever its parent is now, does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)])
def test_a_signal_leaves_no_process_behind(number, code, tmp_path):
    demo = subprocess.Popen(
        [*TRACER, "demo", "--text"], cwd=tmp_path, stderr=subprocess.DEVNULL, start_new_session=True
    )
    family: list[int] = []
    try:
        until = time.monotonic() + 30
        while len(family := tree(demo.pid)) < 3 and time.monotonic() < until:
            time.sleep(0.1)
        assert len(family) >= 3, "no server was started"
        _send(demo.pid, number)
        assert demo.wait(30) == code
        until = time.monotonic() + 10
        while (left := [pid for pid in family if alive(pid)]) and time.monotonic() < until:
            time.sleep(0.05)
        assert left == []
    finally:
        for pid in family:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        demo.wait()


def _send(pid: int, number: int) -> None:
    """Ctrl-C reaches the whole group; a kill the one process."""
    (os.killpg if number == signal.SIGINT else os.kill)(pid, number)


def test_without_the_servers_it_says_how_to_get_them(tmp_path):
    code = "import importlib.util as u, sys; f = u.find_spec; " + (
        "u.find_spec = lambda name, *a: None if name == 'gunicorn' else f(name, *a); "
        "from tracer.cli.main import main; sys.exit(main(['demo', '--text']))"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 2
    assert "gunicorn cannot be found" in run.stderr
    assert len(run.stderr.splitlines()) == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_before_a_server_runs_gives_the_cursor_back(tmp_path, number):
    code, written = ended_by(number, [*TRACER, "demo", "-o", str(tmp_path / "demo")], "\x1b[?25l")
    assert code in (130, 128 + number)  # the first once a server was started
    assert written.rindex("\x1b[?25h") > written.rindex("\x1b[?25l")


def test_ctrl_c_shows_no_traceback_of_a_server(tmp_path):
    demo = subprocess.Popen(
        [*TRACER, "demo", "--text"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    part = tmp_path / "hopscope-demo" / "waiting-gunicorn.trace.part"
    try:
        until = time.monotonic() + 30
        while not busy(part) and time.monotonic() < until:
            time.sleep(0.05)
        assert busy(part)
        os.killpg(demo.pid, signal.SIGINT)
        said = demo.communicate(timeout=30)[0]
    finally:
        demo.kill()
    assert demo.returncode == 130
    assert b"Traceback" not in said


def busy(part: Path) -> bool:
    """Whether requests have been answered, so that the workers are in the midst of the next."""
    starts = part / "requests.start"
    return starts.exists() and starts.stat().st_size > 3 * 8
