"""Recordings on disk, and the command as a user runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "analysis"))

from handmade import loop, packets, workers

from tracer.recording import sealed

FOUR = [(0, 100), (10, 100), (20, 100), (30, 100)]


@pytest.fixture(scope="session")
def traces(tmp_path_factory):
    """Name -> path: `left` (two workers), `right` (a loop), `packets`, and `many` of 3,000 requests."""
    folder = tmp_path_factory.mktemp("traces")
    made = {
        "left": workers(FOUR, title="two workers"),
        "right": loop(FOUR, title=None),
        "packets": packets(),
        "many": workers([(number, 1) for number in range(3000)], title="many"),
    }
    for name, recording in made.items():
        sealed.save(recording, folder / f"{name}.trace")
    return {name: folder / f"{name}.trace" for name in made}


@pytest.fixture
def tracer(tmp_path):
    """Run `tracer` with a state folder of its own; its standard input is empty."""
    environment = {
        name: value for name, value in os.environ.items() if name not in ("FORCE_COLOR", "COLUMNS")
    }
    environment["XDG_STATE_HOME"] = str(tmp_path / "state")

    def run(*arguments, **more):
        command = [sys.executable, "-m", "tracer.cli", *map(str, arguments)]
        environment.update(more)
        return subprocess.run(
            command, capture_output=True, text=True, timeout=60, env=environment, stdin=subprocess.DEVNULL
        )

    return run
