"""The statistics screen: its keys under the pilot, its pictures, and that measuring can be stopped."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from test_app_stage import Clock, until
from waits import asynchronous, blocking

from tests.player.test_words import ENGLISH
from tui.app import HopscopeApp
from tui.options import Options
from tui.player.canvas import columns
from tui.player.chapter import Chapter, Side
from tui.player.statistics import PLOTS, WORDS
from tui.screens import statistics as screens
from tui.shots import svg
from tui.stagecraft import stages_of
from tui.themes import THEMES

PICTURES = Path(__file__).parent / "pictures"
BOTH = Chapter(
    {"en": "waits", "ko": "기다리기"},
    (
        Side(blocking(), "BLOCKING", "gunicorn sync, 2 workers"),
        Side(asynchronous(), "ASYNC", "uvicorn, 1 loop"),
    ),
)
ALONE = Chapter({"en": "alone"}, (Side(blocking(), "BLOCKING", "gunicorn sync, 2 workers"),))


def play(script, *, size=(80, 24), chapters=(BOTH, ALONE), **options):
    async def session():
        app = HopscopeApp(stages_of(chapters), Options(paused=True, **options), Clock(), first="statistics")
        async with app.run_test(size=size) as pilot:
            await until(lambda: app.screen.measured.share == 1)
            await script(app, pilot)

    asyncio.run(session())


def pressed(*keys, **more):
    """Give state, figures and picture after keys."""
    seen = []

    async def script(app, pilot):
        for key in keys:
            await pilot.press(key)
            await until(lambda: app.screen.measured.share == 1)
        await pilot.pause(0.1)
        seen.extend((app.screen.state, app.screen.measured, app.screen.canvas.grid))

    play(script, **more)
    return seen


@pytest.mark.parametrize(
    ("keys", "field", "expected"),
    [
        (["h"], "hop", ("gunicorn", "uvicorn")),
        (["h", "H"], "hop", None),
        (["H"], "hop", ("gunicorn", "uvicorn")),
        (["p"], "path", "/item"),
        (["p", "P"], "path", None),
        (["tab", "tab"], "plot", 2),
        (["enter"], "alone", True),
        (["enter", "escape"], "alone", False),
    ],
)
def test_each_key(keys, field, expected):
    state, _, _ = pressed(*keys)
    assert getattr(state, field) == expected


def test_figures_are_of_both_sides_and_letters_tell_them_apart():
    _, measured, grid = pressed()
    assert [len(side.spread) for side in measured.sides] == [16, 16]
    rows = grid.text().split("\n")
    assert rows[3].startswith(" L gunicorn") and rows[4].startswith(" R uvicorn")
    assert rows[3].split()[-7:-2] != rows[4].split()[-7:-2]
    plots = "\n".join(rows[6:23])
    assert plots.count("L") > 3 and plots.count("R") > 3


def test_n_goes_to_the_next_chapter():
    _, measured, grid = pressed("n")
    assert len(measured.sides) == 1
    assert "alone" in grid.text().split("\n")[0]


def test_escape_stops_measuring(monkeypatch):
    real = screens.statistics

    def slow(recording, choice, tell):
        tell(0.5)
        stop.wait(10)
        return real(recording, choice, tell)

    from threading import Event

    stop = Event()

    async def script(app, pilot):
        monkeypatch.setattr(screens, "statistics", slow)
        await pilot.press("h")
        await until(lambda: 0 < app.screen.measured.share < 1)
        assert "25 %" in app.screen.canvas.grid.text().split("\n")[1]
        await pilot.press("escape")
        stop.set()
        await until(lambda: app.screen.measured.stopped)
        assert not app.screen.measured.sides
        monkeypatch.setattr(screens, "statistics", real)
        await pilot.press("H")
        await until(lambda: app.screen.measured.sides)

    play(script)


def test_a_click_chooses_a_plot_and_another_enlarges_it():
    async def script(app, pilot):
        await pilot.click(offset=(60, 8))
        assert (PLOTS[app.screen.state.plot], app.screen.state.alone) == ("curve", False)
        await pilot.click(offset=(60, 8))
        assert app.screen.state.alone

    play(script)


def test_the_stage_opens_it_and_it_goes_back():
    async def script(app, pilot):
        await pilot.press("f2")
        await pilot.pause()
        assert app.screen is app.stage_screen
        await pilot.press("f6")
        await pilot.pause()
        assert app.screen.NAME == "statistics"

    play(script)


@pytest.mark.parametrize("size", [(80, 24), (100, 30), (200, 60), (60, 16)])
@pytest.mark.parametrize("glyphs", ["narrow", "ascii"])
def test_every_row_is_as_wide_as_the_screen(size, glyphs):
    _, _, grid = pressed(size=size, glyphs=glyphs, language="ko")
    assert [columns(row) for row in grid.text().split("\n")] == [size[0]] * size[1]
    assert glyphs == "narrow" or not any("\u2800" <= char <= "\u28ff" for char in grid.text())


def test_it_speaks_korean():
    assert all(set(words) == {"en", "ko"} for words in WORDS.values())
    _, _, grid = pressed(language="ko")
    assert not ENGLISH.findall(grid.text())


@pytest.mark.parametrize(
    ("name", "size", "language", "theme"),
    [
        ("80x24", (80, 24), "en", "dark"),
        ("100x30", (100, 30), "en", "dark"),
        ("80x24-light", (80, 24), "en", "light"),
        ("80x24-ko", (80, 24), "ko", "dark"),
    ],
)
def test_the_pictures(name, size, language, theme):
    _, _, grid = pressed(size=size, language=language)
    path = PICTURES / f"statistics-{name}.svg"
    assert path.read_text("utf-8") == svg(grid, THEMES[theme])
