"""What ships in captures/ holds what its README says, and plays without a server."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import captures
from tracer.recording import Recording

DEMO = Path(captures.__file__).parent / "demo"
EXPECTED = json.loads((DEMO / "expected.json").read_text())
FILES = sorted(DEMO.glob("*.trace"))


def test_both_scenes_are_there_on_both_stacks():
    names = {path.stem for path in FILES}
    assert names == {f"{scene}-{stack}" for scene in EXPECTED for stack in ("gunicorn", "uvicorn")}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_holds_what_was_sent(path):
    recording, expected = Recording.open(path), EXPECTED[path.stem.split("-")[0]]
    requests = recording.requests
    assert recording.check() == []
    assert len(requests.start) == expected["requests"]
    assert {recording.text(number) for number in requests.target} == {expected["target"]}
    assert set(requests.status.tolist()) == {expected["status"]}
    assert (requests.end - requests.start).min() >= expected["at_least_ms"] * 1_000_000
    assert np.diff(requests.start).tolist() == pytest.approx(
        [1e9 / expected["rate"]] * (len(requests.start) - 1)
    )


def test_no_file_names_the_machine_that_made_it():
    for path in FILES:
        assert not any(word.startswith("/") for word in Recording.open(path).meta["command"])


def test_the_recorded_demo_prints_without_a_server(tmp_path):
    run = subprocess.run(
        [sys.executable, "-m", "tracer.cli", "demo", "--recorded", "--text"],
        cwd=tmp_path, capture_output=True, text=True, env={"PATH": "/nonexistent"},
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert "1/2 waiting" in run.stdout
    assert list(tmp_path.iterdir()) == []
