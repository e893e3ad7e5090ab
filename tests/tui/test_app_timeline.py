"""The Timeline under Textual's pilot: each key, the mouse, and the place that it shares with the Stage."""

from __future__ import annotations

import asyncio

import pytest
from test_app_stage import until
from waits import MS, asynchronous, blocking

from tui.app import HopscopeApp
from tui.keymap import KEYS
from tui.options import Options
from tui.player.chapter import Chapter, Side
from tui.stagecraft import stages_of

CHAPTER = Chapter(
    {"en": "waits"}, (Side(blocking(), "BLOCKING", "gunicorn"), Side(asynchronous(), "", "uvicorn"))
)


def play(script, size=(80, 24), language="en"):
    async def session():
        app = HopscopeApp(stages_of([CHAPTER]), Options(paused=True, language=language), first="timeline")
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            await script(app, pilot)

    asyncio.run(session())


def looked(*keys):
    """Give the look after keys."""
    seen = []

    async def script(app, pilot):
        await pilot.press(*keys)
        await pilot.pause()
        seen.append(app.screen.state)

    play(script)
    return seen[0]


CELL = 900 * MS // 64
PRESSED = [
    (["right"], {"t": CELL}),
    (["l", "l", "h"], {"t": CELL}),
    (["L", "left"], {"t": 9 * CELL}),
    (["shift+right", "H"], {"t": 0}),
    (["L", "shift+left"], {"t": 0}),
    (["end"], {"t": 900 * MS}),
    (["dollar_sign", "0"], {"t": 0}),
    (["end", "home"], {"t": 0}),
    (["plus"], {"window": (0, 450 * MS)}),
    (["equals_sign", "z"], {"window": (0, 225 * MS)}),
    (["z", "z", "minus"], {"window": (0, 450 * MS)}),
    (["z", "Z"], {"window": None}),
    (["z", "z", "a"], {"window": None}),
    (["z", "full_stop"], {"window": (225 * MS, 675 * MS), "t": 225 * MS}),
    (["z", "full_stop", "comma"], {"window": (0, 450 * MS)}),
    (["v"], {"by": "request"}),
    (["v", "v"], {"by": "lane"}),
    (["j", "down", "k"], {"row": 1}),
    (["j", "up"], {"row": 0}),
    (["pagedown"], {"row": 3}),
    (["pagedown", "pageup"], {"row": 0}),
    (["v", "j", "j", "f"], {"request": 2, "followed": 2}),
    (["f", "f"], {"followed": None}),
    (["slash", "number_sign", "5", "enter"], {"search": "#5"}),
    (["slash", "number_sign", "5", "enter", "n"], {"t": 120 * MS, "request": 4}),
    (["slash", "number_sign", "5", "enter", "end", "N"], {"t": 120 * MS}),
    (["slash", "number_sign", "5", "enter", "right_square_bracket"], {"t": 120 * MS}),
    (["slash", "number_sign", "5", "enter", "end", "left_square_bracket"], {"t": 120 * MS}),
    (["slash", "q", "escape"], {"typing": "", "search": ""}),
    (["slash", "q", "backspace", "7", "enter"], {"search": "7"}),
    (["ampersand", "number_sign", "7", "enter", "v"], {"kept": "#7", "request": 6}),
    (["ampersand", "7", "enter", "escape"], {"kept": ""}),
    (["tab"], {"side": 1}),
    (["w"], {"show": "left", "side": 0}),
    (["w", "w"], {"show": "right", "side": 1}),
    (["L", "m"], {"bookmarks": (10 * CELL,)}),
    (["m", "m"], {"bookmarks": ()}),
]


@pytest.mark.parametrize(("keys", "expected"), PRESSED)
def test_each_key(keys, expected):
    look = looked(*keys)
    assert {name: getattr(look, name) for name in expected} == expected


def test_enter_opens_the_request_that_is_chosen():
    async def script(app, pilot):
        await pilot.press("v", "j", "j", "enter")
        await pilot.pause()
        assert app.screen.NAME == "detail"
        assert app.open_screen("timeline").state.followed == 2 == app.snapshot.place.request

    play(script)


def test_no_key_is_untried():
    tried = {key for keys, _ in PRESSED for key in keys} | {"enter"}
    own = [set(key.keys) for key in KEYS if key.screen == "timeline"]
    assert not [keys for keys in own if not keys & tried]


def test_the_place_is_shared_with_the_stage():
    async def script(app, pilot):
        await pilot.press("L", "j", "f", "f2")
        await pilot.pause()
        assert (app.screen.NAME, app.screen.state.t) == ("stage", 10 * CELL)
        await pilot.press("end", "f3")
        await pilot.pause()
        assert (app.screen.NAME, app.screen.state.t) == ("timeline", 900 * MS)

    play(script)


def test_the_mouse_seeks_chooses_scrubs_and_zooms():
    async def script(app, pilot):
        screen = app.screen
        await pilot.click(offset=(16 + 32, 3))
        assert (screen.state.row, screen.state.t) == (1, 450 * MS)
        await pilot.mouse_down(offset=(16, 21))
        await pilot.hover(offset=(16 + 16, 21))
        await pilot.mouse_up(offset=(16 + 16, 21))
        assert screen.state.t == 225 * MS
        await pilot.hover(offset=(60, 10))
        assert screen.state.t == 225 * MS
        await pilot._post_mouse_events([_scroll(up=True)], offset=(16 + 16, 10))
        await pilot.pause()
        start, end = screen.state.window
        assert end - start == 450 * MS and start <= 225 * MS <= end
        await pilot._post_mouse_events([_scroll(up=False)], offset=(16, 10))
        await pilot.pause()
        assert screen.state.window is None
        await pilot._post_mouse_events([_scroll(up=False)], offset=(3, 10))
        await pilot.pause()
        assert screen.state.row == 2
        await pilot.click(offset=(77, 0))
        assert screen.help

    play(script)


def _scroll(*, up):
    from textual import events

    return events.MouseScrollUp if up else events.MouseScrollDown


def test_it_is_left_and_found_as_it_was(tmp_path):
    found = []
    file = tmp_path / "file"
    file.write_text("a recording")

    async def session(keys):
        app = HopscopeApp(
            stages_of([CHAPTER]),
            Options(paused=True),
            files=[file],
            memory=tmp_path / "tui.json",
            first="timeline",
        )
        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.press(*keys)
            await pilot.pause()
            found.append(app.screen.state)
            app.remember()

    asyncio.run(session(["z", "v", "L", "m"]))
    asyncio.run(session([]))
    for name in ("window", "by", "bookmarks"):
        assert getattr(found[0], name) == getattr(found[1], name) != ()


def test_a_long_recording_is_counted_in_a_thread(monkeypatch):
    monkeypatch.setattr("tui.player.waterfall.fall.DIRECT", 10)
    monkeypatch.setattr("tui.player.waterfall.density.DIRECT", 10)

    async def script(app, pilot):
        screen = app.screen
        await until(lambda: not screen.fall.uncounted("") and "▐▐▐" in screen.canvas.grid.text())
        await pilot.press("ampersand", "7", "enter")
        await until(lambda: not screen.fall.uncounted("7"))

    play(script)


@pytest.mark.parametrize("size", [(60, 16), (100, 30), (200, 60), (20, 6)])
@pytest.mark.parametrize("language", ["en", "ko"])
def test_resizing_loses_nothing(size, language):
    async def script(app, pilot):
        await pilot.press("L", "v")
        await pilot.resize_terminal(*size)
        await pilot.pause()
        assert (app.screen.canvas.grid.width, app.screen.canvas.grid.height) == size
        assert (app.screen.state.t, app.screen.state.by) == (10 * CELL, "request")

    play(script, language=language)
