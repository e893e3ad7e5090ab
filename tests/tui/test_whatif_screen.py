"""The What-if screen: each key under the pilot on a real scenario, the newest wish, and its pictures."""

from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from test_app_stage import Clock, until
from test_statistics_screen import PICTURES

import simulator
from tests.player.test_words import ENGLISH
from tracer.cli.scenario_chapters import read_scenarios
from tui.app import HopscopeApp
from tui.options import Options
from tui.player.canvas import columns
from tui.player.whatif import WORDS, change, picture
from tui.shots import svg
from tui.snapshot import Services
from tui.stagecraft import stages_of
from tui.themes import THEMES
from tui.whatif import Answer, Knob, written

SCENARIO = str(Path(simulator.__file__).parent / "scenarios" / "blocking-or-async.toml")
CHAPTERS, RERUN = read_scenarios([SCENARIO])


@pytest.fixture(autouse=True)
def plain_engine(monkeypatch):
    """The same on every machine."""
    monkeypatch.setattr("tracer.cli.whatif.engine", lambda: "plain")


def play(script, *, size=(80, 24), rerun=RERUN, **options):
    async def session():
        app = HopscopeApp(
            stages_of(CHAPTERS),
            Options(paused=True, **options),
            Clock(),
            services=Services(rerun=rerun),
            first="whatif",
        )
        async with app.run_test(size=size) as pilot:
            await until(lambda: not app.screen.state.busy)
            await script(app, pilot)

    asyncio.run(session())


def pressed(*keys, **more):
    """Give the state and the picture after keys, when all is answered."""
    seen = []

    async def script(app, pilot):
        await pilot.press(*keys)
        await until(lambda: not app.screen.state.busy)
        await pilot.pause(0.1)
        seen.extend((app.screen.state, app.screen.canvas.grid))

    play(script, **more)
    return seen


def knob(state, name):
    return next(knob.text for knob in state.knobs if knob.name == name)


@pytest.mark.parametrize(
    ("keys", "name", "text"),
    [
        (["j", "l"], "workers", "3"),
        (["down", "right", "left", "h"], "workers", "1"),
        (["j", "L"], "workers", "7"),
        (["j", "shift+right", "H"], "workers", "2"),
        (["l"], "worker_class", "gthread"),
        (["h"], "worker_class", "asgi"),
        (["j", "enter", "1", "2", "enter"], "workers", "12"),
        (["j", "enter", "1", "2", "backspace", "enter"], "workers", "1"),
        (["j", "enter", "9", "escape"], "workers", "2"),
        (["j", "enter", "x", "enter"], "workers", "2"),
        (["enter", *"gev", "enter"], "worker_class", "gevent"),
        (["j", "l", "u"], "workers", "2"),
        (["j", "l", "k", "l", "U"], "workers", "2"),
        (["k", "k", "l"], "wait", "exp(100ms)"),
        (["up", "up", "enter", *"20ms", "enter"], "wait", "20ms"),
    ],
)
def test_each_key_that_turns(keys, name, text):
    state, _ = pressed(*keys)
    assert knob(state, name) == text
    assert state.typed is None


def test_more_workers_shorten_the_line():
    state, grid = pressed("j", "l", "l")
    assert state.after.figures["latency_s"]["p95"] < state.before.figures["latency_s"]["p95"]
    assert state.before.figures["requests"] == state.after.figures["requests"] == 400
    row = next(row for row in grid.text().split("\n") if " p95 " in row)
    assert row.rstrip().endswith("%")


def test_tab_turns_the_other_stack():
    state, _ = pressed("tab")
    assert state.title == "uvicorn"
    assert "worker_class" not in {knob.name for knob in state.knobs}


def test_o_opens_the_stage_on_before_and_after_and_f7_comes_back():
    async def script(app, pilot):
        await pilot.press("j", "l", "o")
        await until(lambda: app.screen.NAME == "stage")
        await pilot.pause(0.1)
        model = app.stage_screen.model
        assert [side.kind for side in model.chapter.sides] == ["before", "after"]
        assert model.stacks[0].due.tolist() == model.stacks[1].due.tolist()
        assert app.stage_screen.state.chapters == 2
        await pilot.press("f7")
        await pilot.pause()
        assert knob(app.screen.state, "workers") == "3"

    play(script)


def test_e_exports(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    state, _ = pressed("j", "l", "e")
    assert "blocking-or-async-whatif.toml" in state.message
    assert "workers = 3" in (tmp_path / "blocking-or-async-whatif.toml").read_text()


def test_a_value_that_the_scenario_does_not_allow_is_told():
    _, grid = pressed("j", "enter", *"200000", "enter")
    assert "must be at most 100000" in grid.text().split("\n")[1]


def test_without_a_source_it_says_how():
    _, grid = pressed("l", rerun=None)
    assert "tracer tui SCENARIO.toml" in grid.text()


def test_a_slider_is_dragged_and_the_wheel_turns():
    async def script(app, pilot):
        row = 4  # the second knob: workers
        await pilot.mouse_down(offset=(20, row))
        assert knob(app.screen.state, "workers") == "1"
        await pilot.hover(offset=(27, row))
        assert knob(app.screen.state, "workers") == "32"
        await pilot.mouse_up(offset=(27, row))
        await pilot.hover(offset=(22, row))
        assert knob(app.screen.state, "workers") == "32", "it was let go"
        await pilot.click(offset=(2, 3))
        assert app.screen.state.chosen == 0

    play(script)


class Slow:
    """A bench whose answers take as long as they are told to; it counts."""

    title, note = "slow", ""
    knobs = (Knob(("workers",), "x", "workers", "1", "whole", (), 1, 32),)

    def __init__(self):
        self.begun, self.told, self.go_on = [], [], threading.Event()

    def answer(self, settings, stop, say):
        self.begun.append(settings.get(("workers",), "1"))
        until_ = time.monotonic() + 10
        while settings and not self.go_on.is_set() and time.monotonic() < until_:
            if stop():
                return
            time.sleep(0.005)
        self.told.append(settings.get(("workers",), "1"))
        say(Answer({}, 1))


def test_the_newest_wish_wins_and_the_loop_goes_on():
    bench = Slow()

    async def script(app, pilot):
        for _ in range(9):
            await pilot.press("l")
            await pilot.pause()
        assert app.screen.state.knobs[0].text == "10", "keys are obeyed while it simulates"
        bench.go_on.set()
        await until(lambda: not app.screen.state.busy)

    play(script, rerun=lambda recording: bench)
    assert bench.told == ["1", "10"], bench.begun


@pytest.mark.parametrize("size", [(80, 24), (100, 30), (200, 60), (60, 16)])
@pytest.mark.parametrize("language", ["en", "ko"])
def test_every_row_is_as_wide_as_the_screen(size, language):
    _, grid = pressed("j", "l", size=size, language=language)
    assert [columns(row) for row in grid.text().split("\n")] == [size[0]] * size[1]


def test_it_speaks_korean():
    assert all(set(words) == {"en", "ko"} for words in WORDS.values())
    _, grid = pressed("j", "l", language="ko")
    names = {"timeout", "wait"}  # keys of a scenario stay
    assert not set(ENGLISH.findall("\n".join(grid.text().split("\n")[1:]))) - names


def test_values_and_changes_are_written_short():
    assert [written(ns) for ns in (1.0, 1500.0, 12.34e6, 2e9)] == ["1ns", "1.5us", "12.3ms", "2s"]
    assert change(100, 50, "time") == "-50 %"
    assert change(1, 4, "time") == "x 4"
    assert change(0.5, 0.25, "share") == "-25"
    assert change(1, 1, "number") == "=" and change(None, 1, "number") == ""


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
    grid = settled(size, language)
    assert (PICTURES / f"whatif-{name}.svg").read_text("utf-8") == svg(grid, THEMES[theme])


def settled(size, language):
    """Give the picture with no time of this machine in it."""
    state, _ = pressed("j", "l", "l", size=size, language=language)
    return picture(replace(state, after=replace(state.after, seconds=0.012)), size)
