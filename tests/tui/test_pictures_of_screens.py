"""The Timeline, Home, the terms and a lab as pictures: at two sizes, light and in Korean."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.player.chapters import chapter
from tests.player.reference import MS
from tracer.cli.lab_lesson import lesson
from tracer.cli.lent import samples
from tracer.labs.reading import shipped
from tui.player.grid import Grid
from tui.player.home import Home, Item, draw_home
from tui.player.lab import Progress, draw_lab
from tui.player.model import Model
from tui.player.terms import Reading, draw_terms
from tui.player.waterfall.fall import Fall
from tui.player.waterfall.look import Look
from tui.player.waterfall.scene import scene
from tui.shots import svg
from tui.themes import THEMES

PICTURES = Path(__file__).parent / "pictures"
LAB = lesson(next(lab for lab in shipped() if lab.name == "waiting-room"))


def timeline(size, language) -> Grid:
    look = Look(t=250 * MS, by="request" if size[0] > 80 else "lane", request=8, followed=8)
    return scene(Fall(Model.of(chapter("freeze"))), look, size, language)


def home(size, language) -> Grid:
    begin = [
        Item("do", "files", "open a file"),
        Item("recent", "open", "shop.trace", "/srv", ("/srv/shop.trace",)),
    ]
    items = [*begin, *(Item("samples", "open", name, more) for name, more in samples())]
    return draw_home(Home(chosen=1), items, size, language)


def glossary(size, language) -> Grid:
    return draw_terms(Reading(term="wsgi"), ("wsgi", "gunicorn"), size, language)


def lab(size, language) -> Grid:
    LAB.measure(LAB.steps[0].show[0])
    done = frozenset(LAB.steps[0].show)
    return draw_lab([LAB], LAB, Progress("waiting-room", 1, answers={1: 0}, done=done), size, language)


DRAWN: dict[str, Callable[[tuple[int, int], str], Grid]] = {
    one.__name__: one for one in (timeline, home, glossary, lab)
}
KINDS = {
    "80x24": ((80, 24), "en", "dark"),
    "100x30": ((100, 30), "en", "dark"),
    "80x24-light": ((80, 24), "en", "light"),
    "80x24-ko": ((80, 24), "ko", "dark"),
}


def picture(name: str, kind: str) -> str:
    size, language, theme = KINDS[kind]
    return svg(DRAWN[name](size, language), THEMES[theme])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", DRAWN)
def test_a_screen_is_as_it_was_looked_at(name, kind):
    assert picture(name, kind) == (PICTURES / f"{name}-{kind}.svg").read_text("utf-8")


if __name__ == "__main__":
    for name in DRAWN:
        for kind in KINDS:
            (PICTURES / f"{name}-{kind}.svg").write_text(picture(name, kind), "utf-8")
    sys.stdout.write(f"{len(DRAWN) * len(KINDS)} pictures\n")
