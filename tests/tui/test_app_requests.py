"""The Requests screen under Textual's pilot: every key, the mouse, and what is found again."""

from __future__ import annotations

import asyncio

import pytest
from waits import asynchronous, blocking

from tests.many import many
from tui.app import HopscopeApp
from tui.chapters import Named, chapters
from tui.keymap import keys_of
from tui.options import Options
from tui.stagecraft import stages_of

MANY = many(300, paths=30)


def play(script, *, recordings=(MANY,), size=(80, 24), options=None, **given):
    """Run a script (app, pilot, settle) on the Requests screen."""
    found = chapters([Named(f"{n}.trace", one) for n, one in enumerate(recordings)])

    async def session():
        app = HopscopeApp(stages_of(found), options or Options(paused=True), **given)
        async with app.run_test(size=size) as pilot:
            await pilot.press("f4")

            async def settle():
                await pilot.pause()
                await app.workers.wait_for_complete()
                await pilot.pause()
                app.screen.draw()

            await settle()
            await script(app, pilot, settle)

    asyncio.run(session())


def after(*keys, **given):
    """Give the screen's view and its text after keys; `/word` types into the line."""
    seen = []

    async def script(app, pilot, settle):
        for key in keys:
            if key.startswith("type "):
                for char in key[5:]:
                    app.screen.press(char, char)
            else:
                await pilot.press(key)
            await settle()
        seen.extend((app.screen.state, app.screen.canvas.grid.text().splitlines()))

    play(script, **given)
    return seen


def ids(lines):
    return [line.split()[0] for line in lines[4:-1] if line.strip(" ¦")]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (["down", "j"], {"cursor": 2}),
        (["down", "j", "up", "k"], {"cursor": 0}),
        (["pagedown"], {"cursor": 19, "top": 1}),
        (["space", "pageup"], {"cursor": 0, "top": 0}),
        (["end"], {"cursor": 299, "top": 281}),
        (["G", "home"], {"cursor": 0, "top": 0}),
        (["right", "l", "left", "h", "right"], {"focus": 1}),
        (["s"], {"sort": "id", "down": True}),
        (["g"], {"group": "path"}),
        (["g", "g"], {"group": "status"}),
        (["g", "g", "g"], {"group": "hop"}),
        (["g", "escape"], {"group": ""}),
        (["g", "g", "g", "g"], {"group": ""}),
        (["tab"], {"side": 0}),
        (["c", "down", "space", "enter"], {"choosing": None, "shown": ("id",)}),
        (["slash", "type id < 5", "enter"], {"where": "id < 5", "line": None}),
        (["slash", "type id < 5", "escape"], {"where": "", "line": None}),
        (["slash", "type id < 5", "enter", "escape"], {"where": ""}),
    ],
)
def test_keys(keys, expected):
    view, _ = after(*keys)
    for name, value in expected.items():
        found = getattr(view, name)
        assert found[:1] == value if name == "shown" else found == value
    if "c" in keys:
        assert "start" not in view.shown


def test_every_key_of_the_screen_does_something():
    async def script(app, pilot, settle):
        for key in keys_of("requests"):
            if key.screen == "requests":
                for name in key.keys:
                    before = app.screen
                    app.screen.press(name, name if len(name) == 1 else None)
                    await settle()
                    if app.screen is not before:
                        await pilot.press("f4")
                    app.screen.press("escape")
        assert app.screen.NAME == "requests"

    play(script, recordings=(MANY, MANY))


def test_a_filter_is_applied_while_it_is_typed():
    _, lines = after("slash", "type id in (3, 5, 250)")
    assert ids(lines)[-3:] == ["3", "5", "250"]
    assert "3 of 300" in lines[0]


def test_what_cannot_be_read_stays_to_be_mended():
    view, lines = after("slash", "type id > 295 and stats", "enter")
    assert view.line is not None
    assert lines[1][lines[2].index("^") :].startswith("stats")
    assert ids(lines)[-4:] == ["296", "297", "298", "299"]


def test_a_completion_is_taken_by_tab():
    view, _ = after("slash", "type stat", "tab", "type >= 5", "escape")
    assert view.line is None
    view, _ = after("slash", "type stat", "tab")
    assert view.line.text == "status "
    view, _ = after("slash", "type status ", "down", "tab")
    assert view.line.text == "status != "


def test_groups_lead_to_their_requests():
    view, lines = after("g", "g", "enter")
    assert view.group == ""
    assert view.where == "status = 200"
    assert "of 300 requests" in lines[0]


def test_the_other_side():
    view, lines = after("tab", recordings=(blocking(), asynchronous()))
    assert view.side == 1
    assert "loop" in lines[0]


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_request_that_is_found_is_followed_on_the_stage(language):
    async def script(app, pilot, settle):
        await pilot.press("down", "down", "down", "f2")
        await settle()
        assert app.stage_screen.state.view.followed == 3
        await pilot.press("f4")
        await settle()
        assert app.screen.state.cursor == 3

    play(script, recordings=(blocking(),), options=Options(paused=True, language=language))


def test_no_english_is_left_in_korean():
    _, lines = after(options=Options(paused=True, language="ko"))
    assert "요청 표" in lines[0]
    assert "지연" in lines[3]
    assert "requests" not in "".join(lines).replace("GET", "")


def test_the_mouse_sorts_chooses_and_opens():
    async def script(app, pilot, settle):
        await pilot.click(offset=(5, 3))
        await settle()
        assert app.screen.state.down is True
        await pilot.click(offset=(5, 9))
        await settle()
        assert app.screen.state.cursor == 5
        app.screen.on_mouse_scroll_down()
        assert app.screen.state.top == 3
        await pilot.click(offset=(79, 22))
        await settle()
        assert app.screen.state.top == 300 - 19
        await pilot.click(offset=(4, 1))
        await settle()
        assert app.screen.state.line is not None

    play(script)


def test_a_resize_loses_nothing():
    async def script(app, pilot, settle):
        await pilot.press("end")
        await pilot.resize_terminal(100, 30)
        await settle()
        assert app.screen.state.cursor == 299
        assert len(app.screen.canvas.grid.lines) == 30
        assert "299" in app.screen.canvas.grid.text().splitlines()[-2]

    play(script)


def test_what_was_left_is_found_again(tmp_path):
    file = tmp_path / "a.trace"
    file.write_bytes(b"")
    given = {"files": [file], "memory": tmp_path / "tui.json"}

    async def leave(app, pilot, settle):
        await pilot.press("right", "s", "slash", *"id>9", "enter")
        await settle()
        app.remember()

    async def come_back(app, pilot, settle):
        await settle()
        assert (app.screen.state.where, app.screen.state.sort) == ("id>9", "start")
        assert "290 of 300" in app.screen.canvas.grid.text()

    for script in (leave, come_back):
        play(script, **given)


def test_an_empty_recording_says_so():
    _, lines = after("down", "g", "g", "enter", "escape", recordings=(many(0),))
    assert "no request in this recording" in "".join(lines)


def test_a_filter_that_nothing_fits_says_so():
    _, lines = after("slash", "type id > 999", "enter")
    assert "no request fits" in lines[2]
