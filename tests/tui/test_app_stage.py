"""The Stage's shell under Textual's pilot: keys, mouse, resize, the clock."""

from __future__ import annotations

import asyncio
from fractions import Fraction

import pytest
from small_scene import END, stage
from waits import MS

from tui.app import HopscopeApp
from tui.options import Options


class Clock:
    """A clock that moves when it is told to."""

    def __init__(self):
        self.ns = 0

    def __call__(self):
        return self.ns


def play(script, *, chapters=1, size=(80, 24), paused=True):
    """Run a script (app, pilot, clock) against the app."""
    clock = Clock()

    async def session():
        app = HopscopeApp([stage] * chapters, Options(paused=paused), clock)
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            await script(app, pilot, clock)

    asyncio.run(session())


def pressing(*keys, paused=True, chapters=1):
    """Give the show after keys."""
    seen = []

    async def script(app, pilot, clock):
        await pilot.press(*keys)
        await pilot.pause()
        seen.append(app.stage_screen.state)

    play(script, paused=paused, chapters=chapters)
    return seen[0]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (["right"], {"t": 5 * MS}),
        (["l", "l", "h"], {"t": 5 * MS}),
        (["shift+right", "left"], {"t": 45 * MS}),
        (["L", "L", "H"], {"t": 50 * MS}),
        (["full_stop", "full_stop"], {"t": 3 * MS}),
        (["end", "comma"], {"t": 832 * MS}),
        (["right_square_bracket", "right_square_bracket", "left_square_bracket"], {"t": 2 * MS}),
        (["plus", "equals_sign"], {"speed": Fraction(1, 4)}),
        (["minus"], {"speed": Fraction(1, 32)}),
        (["minus", "minus", "1"], {"speed": Fraction(1, 16)}),
        (["dollar_sign"], {"t": END}),
        (["end", "0"], {"t": 0}),
        (["L", "home"], {"t": 0}),
        (["z"], {"cell": 2 * MS}),
        (["Z", "Z"], {"cell": 20 * MS}),
        (["f", "7"], {"followed": 6}),
        (["f", "1", "2", "enter", "1"], {"followed": 11}),
        (["f", "7", "escape"], {"followed": None}),
        (["tab"], {"side": 1}),
        (["tab", "tab"], {"side": 0}),
        (["j", "down"], {"selected": 1}),
        (["j", "j", "k"], {"selected": 0}),
        (["up"], {"selected": 1}),
        (["w"], {"show": "left"}),
        (["w", "w", "w"], {"show": "both"}),
        (["s"], {"swapped": True}),
        (["n", "n"], {"t": 98 * MS, "step": 1}),
        (["n", "n", "p"], {"t": 20 * MS, "step": 0}),
        (["l", "m", "end", *["left_square_bracket"] * 9], {"bookmarks": (5 * MS,)}),
        (["space"], {"playing": True}),
        (["space", "space"], {"playing": False}),
    ],
)
def test_each_key(keys, expected):
    show = pressing(*keys)
    found = {name: getattr(show if name == "t" else show.view, name) for name in expected}
    assert found == expected


@pytest.mark.parametrize("key", ["q", "ctrl+q", "ctrl+c"])
def test_it_quits(key):
    async def script(app, pilot, clock):
        await pilot.press(key)
        await pilot.pause()
        assert not app.is_running

    play(script)


def test_n_goes_on_to_the_next_chapter_and_p_back():
    assert pressing("n", "n", "n", "n", chapters=2).chapter == 1
    back = pressing("n", "n", "n", "n", "p", chapters=2)
    assert (back.chapter, back.t, back.view.step) == (0, 800 * MS, 2)


def test_the_timer_runs_only_while_it_plays_and_the_injected_clock_decides():
    async def script(app, pilot, clock):
        screen = app.stage_screen
        assert screen._timer is None
        await pilot.press("space")
        assert screen._timer is not None
        clock.ns += 1_600 * MS
        await until(lambda: screen.state.t == 100 * MS)
        await pilot.hover(offset=(20, 10))
        assert screen.state.t == 100 * MS
        clock.ns += 20_000 * MS
        await until(lambda: screen._timer is None)
        assert (screen.state.t, screen.state.view.playing) == (END, False)

    play(script)


def test_hovering_does_not_slow_the_clock():
    async def script(app, pilot, clock):
        screen = app.stage_screen
        for column in range(10):
            clock.ns += 160 * MS
            await pilot.hover(offset=(column, 3))
        await until(lambda: screen.state.t == 100 * MS)

    play(script, paused=False)


def test_resizing_keeps_the_show_and_redraws():
    async def script(app, pilot, clock):
        await pilot.press("L", "f", "7")
        await pilot.resize_terminal(120, 40)
        await pilot.pause()
        screen = app.stage_screen
        assert (screen.canvas.grid.width, screen.canvas.grid.height) == (120, 40)
        assert (screen.state.t, screen.state.view.followed) == (50 * MS, 6)
        await pilot.resize_terminal(20, 6)
        await pilot.pause()
        assert screen.canvas.grid.width == 20

    play(script)


def test_the_timeline_is_dragged_and_play_goes_on():
    async def script(app, pilot, clock):
        screen = app.stage_screen
        await pilot.mouse_down(offset=(40, 23))
        assert (screen.state.t, screen.state.view.playing) == (END // 2, False)
        await pilot.hover(offset=(20, 10))
        assert screen.state.t == END // 4
        await pilot.mouse_up(offset=(20, 10))
        assert (screen.state.t, screen.state.view.playing) == (END // 4, True)

    play(script, paused=False)


def test_clicks_follow_select_and_press_and_hover_says_what_it_is():
    async def script(app, pilot, clock):
        screen = app.stage_screen
        await pilot.click(offset=(1, 3))
        assert screen.state.view.followed == 6
        await pilot.click(offset=(5, 3))
        assert (screen.state.view.selected, screen.state.view.side) == (0, 1)
        await pilot.hover(offset=(1, 3))
        assert screen.state.view.hover == "#7 waits"
        await pilot.click(offset=(0, 0))
        assert screen.state.view.playing

    play(script)


def test_only_changed_rows_are_painted():
    async def script(app, pilot, clock):
        canvas = app.stage_screen.canvas
        painted = canvas.rows_painted
        await pilot.press("l")
        await pilot.pause()
        assert canvas.rows_painted - painted == 1

    play(script)


async def until(true, patience=10.0):
    """Wait for something to become true."""
    async with asyncio.timeout(patience):
        while not true():  # noqa: ASYNC110 - what changes is not ours to signal
            await asyncio.sleep(0.01)
