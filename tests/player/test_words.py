"""The Stage speaks both languages, in each of its words."""

from __future__ import annotations

import re
from string import Formatter

import pytest

from tests.player.chapters import SHOTS, model
from tui.keymap import FOOTER, footer, keys_of
from tui.player.canvas import columns
from tui.player.scene import scene
from tui.player.words import WORDS

ENGLISH = re.compile(
    r"\b(client|queue|outside|latency|load|done|open|held|waits?|hold|play|pause|cell|help|follow|event|mark|"
    r"time|speed|next|answers|others|took|free|head|sent|error|timeout|refused|abandoned)\b",
    re.IGNORECASE,
)
LABELS = ("client", "queue", "outside", "inside", "in pool", "out+pool", "latency", "load", "rest")


def fields(template):
    return {name for _, name, _, _ in Formatter().parse(template) if name}


@pytest.mark.parametrize("key", WORDS)
def test_both_languages_say_it_with_the_same_values(key):
    words = WORDS[key]
    assert set(words) == {"en", "ko"} and all(words.values())
    assert fields(words["en"]) - {"wait"} == fields(words["ko"]) - {"wait"}
    assert words["en"].isascii()


@pytest.mark.parametrize("key", LABELS)
def test_labels_fit_beside_a_strip(key):
    assert all(columns(text) <= 8 for text in WORDS[key].values())


@pytest.mark.parametrize("shot", SHOTS, ids=lambda shot: shot.name)
def test_korean_screens_have_no_english_words_left(shot):
    grid = scene(model(shot.chapter), shot.view, shot.t, shot.size, "ko")
    first = next(
        (n for n, line in enumerate(grid.text().split("\n")) if line.startswith(f"{shot.view.step + 1}/")), 0
    )
    told = range(first, first + 2)  # the narration, which the chapter has in English alone
    lines = [line for n, line in enumerate(grid.text().split("\n")) if n > 1 and n not in told]
    assert not ENGLISH.findall("\n".join(lines).replace("time.sleep", "")), "\n".join(lines)
    said = [hit.words for hit in grid.hits if hit.noun != "side"]
    assert not [words for words in said if ENGLISH.search(words.replace("time.sleep", ""))]


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("screen", FOOTER)
def test_the_foot_of_a_screen_fits_and_names_keys_that_work(screen, language):
    for spared in ({"next_hop", "finer"}, {"event_on", "finer", "slower"}, {"event_on", "finer", "step_on"}):
        assert 1 + sum(columns(key) + 2 for key in footer(screen, language, spared)) - 2 <= 80
    assert 1 + sum(columns(key) + 3 for key in footer(screen, language, {"next_hop"})) - 3 <= 100
    known = {key.action for key in keys_of(screen)}
    assert {action for actions, _ in FOOTER[screen] for action in actions} <= known
