"""Who blocks the loop and who holds the GIL is named with its line, on real servers; and by hand."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest
from live_servers import said, tracer
from ring_script import assembled, story
from test_hooked_cases import loop, one_step, pool

from tracer.agent import layout
from tracer.analysis.blame import blame
from tracer.recording import MarkKind
from tracer.recording.live import open_recording

APPS = Path(__file__).parent.parent / "agent" / "apps"
UVICORN = ["uvicorn", "--port", "0", "--lifespan", "off", "standing:asgi"]
SERVERS = {
    "asyncio": [*UVICORN, "--loop", "asyncio"],
    "uvloop": [*UVICORN, "--loop", "uvloop"],
    "gthread": ["gunicorn", "-b", "127.0.0.1:0", "--threads", "4", "--no-control-socket", "standing:wsgi"],
}
LINES = {"sleep": ["time.sleep("], "unseen": ["unseen("], "python": ["while", "pass"], "regex": ["match("]}
CASES = [
    *(("asyncio", "python"), ("asyncio", "regex"), ("asyncio", "sleep")),
    *(("uvloop", "unseen"), ("uvloop", "regex"), ("gthread", "regex")),
]


@pytest.mark.parametrize(("name", "stall"), CASES)
def test_who_stands_still_is_to_blame_with_its_line(tmp_path, name, stall):
    for turn in range(3):  # a hold of the GIL is mostly seen, not always
        folder = tmp_path / str(turn)
        folder.mkdir()
        told = blamed(folder, name, stall)
        if stall != "regex" or (told.culprits[0].what or "").startswith("standing.py"):
            break
    culprit = told.culprits[0]
    assert re.fullmatch(r"(time\.sleep )?standing\.py:\d+", culprit.what or ""), told.culprits
    source = (APPS / "standing.py").read_text().splitlines()
    line = source[int(culprit.what.rpartition(":")[2]) - 1]
    assert any(part in line for part in LINES[stall]), line
    assert culprit.kind == ("RUNNING" if stall in ("python", "regex") else "BLOCKED")
    assert culprit.lane.startswith("thread" if name == "gthread" else "loop")
    assert culprit.delayed_requests >= 3
    assert culprit.delay_s > 0.3


def blamed(folder, name, stall):
    load = ["--load", "20", "--for", "1.2s", "--arrivals", "constant", "--close"]
    environment = {**os.environ, "STALL": stall, "PYTHONPATH": str(APPS)}
    command = [sys.executable, "-m", *SERVERS[name]]
    process = tracer("run", "-o", "out.trace", *load, "--", *command, folder=folder, env=environment)
    try:
        process.wait(60)
    finally:
        process.kill()
        process.wait()
    recording = open_recording(folder / "out.trace")
    assert [str(violation) for violation in recording.check()] == [], said(folder)
    assert recording.meta["faults"] == []
    if stall not in ("sleep", "regex"):  # that has its name from the wait
        assert (recording.marks.value[recording.marks.kind == MarkKind.STALL] > 300e6).any()
    return blame(recording)


# By hand.


def stalled(ring, lane, start, end, what, flags=0):
    ring.put(layout.STALL, flags=flags, lane=lane, what=ring.text(what), start=start * 1000, end=end * 1000)


def test_a_step_gets_the_line_at_which_most_of_it_was_seen():
    ring = loop()
    one_step(ring, 1, 100, 900)
    stalled(ring, 2, 200, 300, "views.py:1")
    stalled(ring, 2, 300, 800, "views.py:2")
    assert story(assembled(ring), "app") == "RUNNING 105-900 on loop 'views.py:2'"


def test_a_stall_of_another_time_names_nothing():
    ring = loop()
    stalled(ring, 2, 20, 100, "views.py:1")
    one_step(ring, 1, 100, 900)
    assert story(assembled(ring), "app") == "RUNNING 105-900 on loop"


def test_a_wait_that_has_a_name_keeps_it():
    ring = loop()
    ring.open(1, 2, 100, 101, 103, 105, flags=layout.ASGI, queue_lane=2)
    ring.phase(1, 2, "B 110 890 time.sleep views.py:42")
    stalled(ring, 2, 200, 300, "views.py:42")
    ring.close(1, 900, 900, 900, lane=2, flags=layout.ONE_STEP)
    assert story(assembled(ring), "app") == (
        "RUNNING 105-110 on loop, BLOCKED 110-890 on loop 'time.sleep views.py:42', RUNNING 890-900 on loop"
    )


@pytest.mark.parametrize(("flags", "kind"), [(layout.STALL_IDLE, "BLOCKED"), (0, "RUNNING")])
def test_a_step_that_cpu_time_does_not_explain_is_told_by_whether_it_wanted_a_core(flags, kind):
    ring = loop()
    ring.open(1, 2, 100, 101, 103, 105, flags=layout.ASGI, queue_lane=2)
    ring.phase(1, 2, "R 105 900", cpu=90)
    stalled(ring, 2, 200, 300, "views.py:1", flags=flags)
    ring.close(1, 900, 900, 900, lane=2)
    assert story(assembled(ring), "app") == f"{kind} 105-900 on loop 'views.py:1' (inferred)"


def two_threads():
    """Two requests: one computes on thread 1 from 20 to 700, the other is on thread 2 from 30 on."""
    ring = pool()
    ring.lane(layout.THREAD, "thread 2", parent=2)
    ring.open(1, 3, 10, 15, 18, 20, queue_lane=2)
    ring.open(2, 4, 10, 25, 28, 30, queue_lane=2)
    stalled(ring, 3, 120, 700, "views.py:1", flags=layout.STALL_GIL)
    ring.close(1, 705, 705, 705, lane=3, cpu=680, process=680)
    return ring


def test_who_computes_beside_a_holder_of_the_gil_waits_for_it():
    ring = two_threads()
    ring.close(2, 800, 800, 800, lane=4, cpu=180, process=860)
    assert story(assembled(ring), "app", "/item/2") == (
        "RUNNING 30-120 on thread 2 (inferred), QUEUED 120-700 for thread 1 on thread 2 (inferred), "
        "RUNNING 700-800 on thread 2 (inferred)"
    )


def test_a_sleep_that_ends_when_the_gil_is_let_go_had_ended_before():
    ring = two_threads()
    ring.phase(2, 4, "B 40 702 time.sleep views.py:9")
    ring.close(2, 720, 720, 720, lane=4, cpu=10, process=700)
    told = "BLOCKED 40-120 on thread 2 'time.sleep views.py:9', QUEUED 120-702 for thread 1 on thread 2"
    assert told in story(assembled(ring), "app", "/item/2")
