"""The shell around the screens: help, palette, other screens, wishes, what is found again."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from small_scene import END, show, stage
from test_app_stage import Clock, play
from waits import MS

import tui.registry
from tui.app import HopscopeApp
from tui.keymap import GLOBAL, KEYS, actions_of
from tui.memory import KEPT, Memory
from tui.options import Options
from tui.palette import Palette, items
from tui.player.grid import Grid
from tui.registry import BY_NAME, SCREENS, Entry
from tui.screens.base import GridScreen, screen_class
from tui.themes import THEMES
from tui.widths import width_of


def text(app):
    return app.screen.canvas.grid.text()


def test_help_covers_pauses_and_gives_back():
    async def script(app, pilot, clock):
        await pilot.press("question_mark", "l")
        assert "Esc closes" in text(app)
        assert not app.stage_screen.state.view.playing
        assert app.stage_screen.state.t == 0, "keys of the Stage rest under the help"
        await pilot.press("question_mark")
        assert "Esc closes" not in text(app)
        await pilot.press("question_mark", "escape", "l")
        assert app.stage_screen.state.t == 5 * MS
        await pilot.press("question_mark")
        await pilot.click(offset=(5, 5))
        assert "Esc closes" not in text(app)

    play(script, paused=False)


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("entry", SCREENS, ids=lambda entry: entry.name)
def test_the_palette_has_every_action_of_a_screen(entry, language):
    known = {item.action for item in items(entry.name, language)}
    assert set(actions_of(entry.name).values()) | set(GLOBAL.values()) <= known
    assert {f"theme {name}" for name in THEMES} <= known
    assert {"language en", "language ko"} <= known


def test_every_action_of_the_palette_is_done_by_pressing_enter():
    """Each is found by its words, and does what its key does."""
    done = []

    class Recorder(screen_class("stage")):
        def do(self, action):
            done.append(action)

    async def script(app, pilot, clock):
        screen = app.stage_screen
        screen.__class__ = Recorder
        for item in items("stage", "en"):
            screen.palette = Palette("stage", "en", typed=item.words)
            screen.press("enter")
            assert screen.palette is None

    play(script)
    assert set(done) == {item.action for item in items("stage", "en")}


def test_the_palette_finds_by_words_in_any_order_and_moves():
    palette = Palette("stage", "en")
    for letter in "mark next":
        palette, action = palette.press(letter, letter)
        assert action is None
    assert [item.action for item in palette.found()] == ["mark_on"]
    assert palette.press("enter", "\r") == (None, "mark_on")
    assert palette.press("escape", None) == (None, None)
    assert palette.press("x", "x")[0].press("enter", None)[1] is None, "nothing is found, nothing is done"
    assert palette.press("backspace", None)[0].typed == "mark nex"
    last = Palette("stage", "en").press("up", None)[0]
    assert last.press("enter", None)[1] == items("stage", "en")[-1].action


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("size", [(80, 24), (100, 30), (200, 60), (60, 16)])
def test_the_palette_fits(size, language):
    blank = Grid(*size, ((),) * size[1])
    for typed in ("", "qqq", "t", "한"):
        grid = Palette("stage", language, typed, chosen=0).over(blank)
        assert [sum(width_of(span.text) for span in line) for line in grid.lines] == [size[0]] * size[1]


def test_the_palette_changes_language_and_theme():
    async def script(app, pilot, clock):
        await pilot.press("ctrl+p", *"한국어")
        await pilot.press("enter")
        assert app.snapshot.options.language == "ko"
        assert text(app).splitlines()[2].startswith("ko")
        await pilot.press("colon", *"contrast", "enter")
        assert app.snapshot.options.theme == "contrast"
        await pilot.press("colon", "escape", "l")
        assert app.stage_screen.state.t == 5 * MS

    play(script)


class Other(GridScreen):
    """A second screen, as somebody would write one."""

    NAME = "other"

    def grid(self, width, height):
        return self.snapshot.deck.stage(0).frame(show().view, self.snapshot.place.t, (width, height), "en")

    def act(self, action):
        raise AssertionError(action)


class Third(Other):
    NAME = "third"


def test_a_screen_is_one_entry_and_opens_where_the_last_one_was(monkeypatch):
    for name in ("other", "third"):
        entry = Entry(name, "f3", {"en": "Other"}, f"{__name__}:{name.title()}")
        monkeypatch.setitem(BY_NAME, name, entry)

    async def script(app, pilot, clock):
        await pilot.press("L", "f", "7")
        app.ask("open other")
        await pilot.pause()
        assert isinstance(app.screen, Other)
        assert (app.snapshot.place.t, app.snapshot.place.request) == (50 * MS, 6)
        assert text(app).startswith(f"t {50 * MS}")
        app.ask("open third")
        await pilot.pause()
        assert isinstance(app.screen, Third)
        app.ask("open other")
        await pilot.pause()
        assert isinstance(app.screen, Other)
        app.ask("open stage")
        await pilot.pause()
        assert app.screen is app.stage_screen
        assert app.stage_screen.state.t == 50 * MS

    play(script)
    assert tui.registry.SCREENS is SCREENS


@pytest.fixture
def opened(tmp_path):
    """Give a function that opens the app on one file, runs a script of keys and leaves."""
    file = tmp_path / "a.trace"
    file.write_text("1")

    def open_and_press(*keys):
        async def session():
            app = HopscopeApp(
                [stage] * 2, Options(paused=True), Clock(), files=[file], memory=tmp_path / "m" / "tui.json"
            )
            async with app.run_test() as pilot:
                await pilot.press(*keys)
                await pilot.pause()
            app.remember()
            return app.stage_screen.state

        return asyncio.run(session())

    open_and_press.file = file
    open_and_press.memory = tmp_path / "m" / "tui.json"
    return open_and_press


def test_it_opens_where_it_was_left(opened):
    opened("n", "n", "n", "n", "L", "m", "f", "7")
    again = opened()
    assert (again.chapter, again.t, again.view.followed) == (1, 70 * MS, 6)
    assert again.view.bookmarks == (70 * MS,)
    opened("0", "end")
    assert opened().t == 0, "what was left at its end begins anew"


def test_another_file_or_a_damaged_memory_opens_anew(opened):
    opened("L")
    assert opened().t == 50 * MS
    opened.file.write_text("changed")
    assert opened().t == 0
    for damaged in ("", "{", "[]", '{"x": 1}', json.dumps({"stage": {"chapter": 9, "t": END}})):
        opened.memory.write_text(damaged)
        assert opened().t == 0
    key = next(iter(json.loads(opened.memory.read_text())))
    for stage_told in (1, {"t": "x"}, {"chapter": 0, "t": 10**30}, {"chapter": True, "t": 5}):
        opened.memory.write_text(json.dumps({key: {"stage": stage_told}}))
        assert 0 <= opened().t <= END


def test_the_memory_stays_small(tmp_path):
    for n in range(KEPT + 5):
        file = tmp_path / f"{n}"
        file.write_text("")
        Memory(tmp_path / "m.json", [file]).keep({"stage": {"t": n}})
    assert len(json.loads((tmp_path / "m.json").read_text())) == KEPT
    assert Memory(tmp_path / "m.json", [tmp_path / "0"]).recall() == {}
    assert Memory(tmp_path / "m.json", [tmp_path / "9"]).recall() == {"stage": {"t": 9}}
    assert Memory(None, [tmp_path / "9"]).recall() == {}
    assert Memory(tmp_path / "m.json", [Path("/not/there")]).recall() == {}


def test_keys_of_other_screens_do_not_clash_with_those_that_work_everywhere():
    for entry in SCREENS:
        assert not set(actions_of(entry.name)) & set(GLOBAL)
    assert {row.screen for row in KEYS} <= {"*", *BY_NAME}
