"""Pictures: the same grid is the same bytes, and every cell is where it belongs."""

from __future__ import annotations

import re
import struct
import xml.etree.ElementTree as ElementTree

import pytest
from small_scene import frame, show

from tui import shots
from tui.player.grid import FILLED, Grid, Ink, Span
from tui.themes import DARK, THEMES

NAMESPACE = "{http://www.w3.org/2000/svg}"


def one(text, style=0):
    return Grid(10, 1, ((Span(text.ljust(10), style),),))


def test_a_picture_is_well_formed_and_deterministic():
    grid = frame(show(followed=6).view, 5, (80, 24), "en")
    for theme in THEMES.values():
        assert shots.svg(grid, theme) == shots.svg(grid, theme)
        ElementTree.fromstring(shots.svg(grid, theme))
    assert shots.svg(grid, DARK) != shots.svg(grid, THEMES["light"])


def test_every_letter_has_the_x_of_its_cell():
    root = ElementTree.fromstring(shots.svg(one("a<한b"), DARK))
    (text,) = root.iter(f"{NAMESPACE}text")
    assert text.text == "a<한b"
    assert [int(x) // shots.CELL for x in text.get("x").split()] == [0, 1, 2, 4]


def test_braille_and_blocks_are_shapes_in_their_cell():
    root = ElementTree.fromstring(shots.svg(one(" ⣿▐"), DARK))
    dots, block = root.iter(f"{NAMESPACE}path")
    assert dots.get("transform") == f"translate({shots.CELL} 0)"
    assert len(re.findall("M", dots.get("d"))) == 8
    assert block.get("transform") == f"translate({2 * shots.CELL} 0)"
    assert not list(root.iter(f"{NAMESPACE}text"))


def test_a_filled_cell_has_its_ground():
    root = ElementTree.fromstring(shots.svg(one("#1", Ink.RUN | FILLED), DARK))
    grounds = [(r.get("fill"), r.get("width")) for r in root.iter(f"{NAMESPACE}rect")]
    assert ("#00D7AF", str(10 * shots.CELL)) in grounds


def test_a_png_has_the_size_of_its_grid():
    pytest.importorskip("resvg_py")
    drawn = shots.png(shots.svg(one("abc"), DARK), zoom=1)
    width, height = struct.unpack(">II", drawn[16:24])
    assert (width, height) == (10 * shots.CELL + 2 * shots.EDGE, shots.LINE + 2 * shots.EDGE)


def test_a_shot_shows_the_scene_and_is_the_same_each_time(tmp_path):
    from tests.player.chapters import chapter

    paths = [tmp_path / "one.svg", tmp_path / "two.svg"]
    for path in paths:
        shots.shoot(chapter("waits"), 98_000_000, (80, 24), "light", "en", path)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    texts = [text.text for text in ElementTree.parse(paths[0]).getroot().iter(f"{NAMESPACE}text")]
    assert "".join(["2", "wait:", "#1", "#2", "hold", "both", "workers"]) in "".join(texts)
    with pytest.raises(shots.PictureError, match=r"one\.jpg"):
        shots.shoot(chapter("waits"), 0, (80, 24), "light", "en", tmp_path / "one.jpg")
