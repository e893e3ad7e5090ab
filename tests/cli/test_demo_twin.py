"""The demo's simulated twin: behind the real chapters, with the same requests, and near to them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import captures
from tracer.cli import main, tui
from tracer.cli.demo_twin import with_twins
from tui.options import Options
from tui.reduce import act
from tui.show import alongside, look, seek
from tui.stagecraft import stage_of

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


def test_a_key_turns_to_the_twin_and_back_at_the_same_instant(chapters):
    """What the Stage does with it: the clock stays, who was followed stays."""
    decks = [stage_of(chapter).model for chapter in chapters]
    show = look(seek(stage_of(chapters[0]).show_at(0, Options()), decks[0], 700 * 10**6), followed=12)
    turned = act(show, decks[0], "twin")
    assert turned.chapter == 2
    there = alongside(turned, decks[2])
    assert (there.t, there.view.followed) == (show.t, 12)
    assert act(there, decks[2], "twin").chapter == 0
    assert act(replace(show, chapter=1), decks[1], "twin").chapter == 3


def test_a_chapter_without_a_twin_stays(chapters):
    alone = stage_of(replace(chapters[0], twin=None))
    show = alone.show_at(0, Options())
    assert act(show, alone.model, "twin") == show


def test_the_text_has_real_and_simulated_side_by_side(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    assert main(["demo", "--recorded", "--text"]) == 0
    lines = capsys.readouterr().out.splitlines()
    heads = [line for line in lines if "gunicorn sync, 2 workers  simulated" in line]
    assert len(heads) == 2
    assert all(line.split().count("simulated") == 2 for line in heads)
    assert max(map(len, lines[: lines.index(heads[0]) + 12])) <= 100
