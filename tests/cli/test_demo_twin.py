"""The demo's simulated twin: behind the real chapters, with the same requests, and near to them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import captures
from tracer.cli import tui
from tracer.cli.demo_twin import with_twins

DEMO = sorted((Path(captures.__file__).parent / "demo").glob("*.trace"))


@pytest.fixture(scope="module")
def chapters():
    return with_twins(tui.read(DEMO))


def test_each_scene_has_its_twin_behind_the_real_ones(chapters):
    assert [chapter.title["en"] for chapter in chapters] == [
        "waiting", "computing", "waiting, simulated", "computing, simulated",
    ]  # fmt: skip
    assert [(chapter.number, chapter.of) for chapter in chapters] == [(i, 4) for i in range(1, 5)]


@pytest.mark.parametrize("scene", [0, 1])
def test_a_twin_is_sent_the_same_requests(chapters, scene):
    for real, twin in zip(chapters[scene].sides, chapters[scene + 2].sides, strict=True):
        assert twin.recording.check() == []
        gaps = [np.diff(side.recording.requests.start) for side in (real, twin)]
        assert gaps[0] == pytest.approx(gaps[1], abs=1000)  # ns


def test_the_line_of_the_blocking_side_is_as_long(chapters):
    real, twin = (chapter.sides[0].recording.requests for chapter in (chapters[0], chapters[2]))
    means = [float((requests.end - requests.start).mean()) for requests in (real, twin)]
    assert means[1] == pytest.approx(means[0], rel=0.15)
