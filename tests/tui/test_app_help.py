"""The help overlay names every key, in both languages, at every size."""

from __future__ import annotations

import unicodedata

import pytest
from rich.cells import cell_len
from small_scene import frame, show

from tui.help import help_over
from tui.keymap import keys_of
from tui.registry import BY_NAME


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("size", [(80, 24), (100, 30), (200, 60), (60, 16)])
@pytest.mark.parametrize("screen", BY_NAME)
def test_help_fits_and_names_every_key(size, language, screen):
    grid = help_over(frame(show().view, 0, size, language), language, screen=screen)
    assert [sum(cell_len(span.text) for span in line) for line in grid.lines] == [size[0]] * size[1]
    if size >= (80, 24):
        rows = keys_of(screen)
        assert all(row.words[language] in grid.text() and f" {row.shown} " in grid.text() for row in rows)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_help_has_no_characters_of_unsure_width(language):
    text = help_over(frame(show().view, 0, (80, 24), language), language).text()
    assert {character for character in text if unicodedata.east_asian_width(character) == "A"} == set()


def test_help_uses_the_glyphs_of_the_screen():
    text = help_over(frame(show().view, 0, (80, 24), "en"), "en", "ascii").text()
    assert text.isascii()
    assert " = waits, holds its lane" in text
