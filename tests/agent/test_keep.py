"""A directory of rings that processes come and go in stays bounded, and nothing of who lives is removed."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest
from conftest import INJECT

from tracer.agent.keep import DEAD
from tracer.assemble.recover import collected
from tracer.recording.live import open_recording

WRITES = """
import sys
from _hopscope_agent.layout import PROCESS
from _hopscope_agent.ring import ring
ring.server, ring.version = "gunicorn sync", "1"
ring.lane("worker", PROCESS, "worker 1")
print("written", flush=True)
sys.stdin.read()
"""


def process(rings, *, keep: str = "0.2") -> subprocess.Popen:
    """Start a process that has written to its ring and lives until its input ends."""
    env = {**os.environ, "PYTHONPATH": str(INJECT), "HOPSCOPE_RINGS": str(rings), "HOPSCOPE_KEEP": keep}
    started = subprocess.Popen(
        [sys.executable, "-c", WRITES], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert started.stdout.readline() == b"written\n"
    return started


def ended(started: subprocess.Popen, *, kill: bool = False) -> None:
    if kill:
        started.kill()
    started.stdin.close()
    started.wait(20)
    started.stdout.close()


def names(rings) -> set[str]:
    return {path.name for path in rings.glob("*.ring")}


@pytest.mark.parametrize("kill", [False, True], ids=["ended", "killed"])
def test_the_rings_of_the_dead_go_after_a_while_and_those_of_the_living_stay(tmp_path, kill):
    living = process(tmp_path)
    (theirs,) = names(tmp_path)
    try:
        for _ in range(5):
            ended(process(tmp_path), kill=kill)
            time.sleep(0.25)
        left = names(tmp_path)
        assert theirs in left
        assert len(left) <= 3  # the living one's, and of two that are gone: one is not yet seen to be
        recording = open_recording(collected(tmp_path, tmp_path / "out.trace", {"title": "t", "command": []}))
        assert len(set(recording.lanes.pid.tolist())) == len(left)
    finally:
        ended(living)


def test_what_is_not_old_is_kept_until_it_is_too_much(tmp_path):
    for number in range(DEAD + 3):
        path = tmp_path / f"{number}-1.ring"
        path.write_bytes(b"")
        path.chmod(0o400)
    ended(process(tmp_path, keep="600"))
    assert len(names(tmp_path)) == DEAD + 1
    ended(process(tmp_path, keep="600"))
    assert len(names(tmp_path)) == DEAD + 1


def test_without_it_nothing_is_removed(tmp_path):
    for _ in range(3):
        ended(process(tmp_path, keep=""))
    assert len(names(tmp_path)) == 3
    assert {oct(path.stat().st_mode & 0o777) for path in tmp_path.glob("*.ring")} == {"0o600"}


def test_the_command_prints_it(tmp_path):
    from field import tracer

    (tmp_path / "rings").mkdir()
    said = tracer("run", "--keep", "10m", "--print-env", str(tmp_path / "rings"), folder=tmp_path)
    assert "HOPSCOPE_KEEP=600\n" in said
