"""The Request detail under Textual's pilot: every key, the mouse, and the way there and back."""

from __future__ import annotations

import asyncio

import pytest
from waits import asynchronous, blocking

from tests.many import many
from tracer.cli.lent import services
from tracer.cli.tui import read
from tui.app import HopscopeApp
from tui.chapters import Named, chapters
from tui.keymap import keys_of
from tui.options import Options
from tui.stagecraft import stages_of


def play(script, found=None, *, size=(80, 24), options=None, **given):
    """Run a script (app, pilot, settle) on the detail."""
    found = found or chapters([Named("a.trace", blocking())])

    async def session():
        app = HopscopeApp(stages_of(found), options or Options(paused=True), **given)
        async with app.run_test(size=size) as pilot:

            async def settle():
                await pilot.pause()
                await app.workers.wait_for_complete()
                await pilot.pause()
                app.screen.draw()

            await pilot.press("f5")
            await settle()
            await script(app, pilot, settle)

    asyncio.run(session())


def after(*keys, **given):
    """Give the view, the text, and what was copied, after keys."""
    seen = []

    async def script(app, pilot, settle):
        for key in keys:
            await pilot.press(key)
            await settle()
        seen.extend((app.screen, app.screen.canvas.grid.text(), app.clipboard))

    play(script, **given)
    return seen


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (["tab"], {"tab": "ladder"}),
        (["shift+tab"], {"tab": "packets"}),
        (["4", "1"], {"tab": "time"}),
        (["2"], {"tab": "ladder"}),
        (["3"], {"tab": "waits"}),
        (["n", "right", "l"], {"request": 3}),
        (["n", "n", "p", "left", "h"], {"request": 0}),
        (["2", "down", "j"], {"cursor": 1}),
        (["3", "pagedown", "pageup", "space", "up", "k"], {"tab": "waits"}),
    ],
)
def test_keys(keys, expected):
    screen, _, _ = after(*keys)
    for name, value in expected.items():
        assert getattr(screen.state, name) == value


def test_every_key_of_the_screen_does_something():
    async def script(app, pilot, settle):
        for key in keys_of("detail"):
            if key.screen == "detail":
                for name in key.keys:
                    app.screen.press(name, name if len(name) == 1 else None)
                    await settle()
                    if app.screen.NAME != "detail":
                        await pilot.press("f5")
        assert app.screen.NAME == "detail"

    play(script)


def test_the_table_opens_a_request_and_gets_it_back():
    async def script(app, pilot, settle):
        await pilot.press("f4", "down", "down", "enter")
        await settle()
        assert (app.screen.NAME, app.screen.state.request) == ("detail", 2)
        await pilot.press("n", "escape")
        await settle()
        assert (app.screen.NAME, app.screen.state.cursor) == ("requests", 3)

    play(script)


def test_waits_lead_to_the_request_that_was_waited_for():
    screen, text, _ = after("n", "n", "n", "3", "down")
    assert "in line" in text
    first = screen.told().blame.causes[0].request

    again, _, _ = after("n", "n", "n", "3", "down", "enter")
    assert again.state.request == first != 3


def test_copies_go_to_the_clipboard():
    screen, text, copied = after("y")
    assert copied == "curl -i http://localhost/item"
    assert copied in text.splitlines()[-1]
    _, text, copied = after("3", "Y")
    assert copied.startswith("GET /item\n")
    assert "copied" in text.splitlines()[-1]
    assert screen.state.said


def test_packets_of_a_recording_without_any():
    _, text, _ = after("4")
    assert "not of packets" in text


def test_packets_of_a_capture():
    found = read(["sample:nginx-uwsgi"])
    screen, text, _ = after(
        "4", "right_square_bracket", "down", found=found, services=services(), size=(100, 30)
    )
    assert screen.state.packet == 1
    assert screen.state.cursor == 1
    assert "packet 2 of" in text
    assert "Ethernet" in text
    keys = "4", "right_square_bracket", "left_square_bracket"
    _, text, _ = after(*keys, found=found, services=services())
    assert "packet 1 of" in text


def test_the_mouse_turns_tabs_and_chooses_fields():
    found = read(["sample:nginx-uwsgi"])

    async def script(app, pilot, settle):
        await pilot.click(offset=(35, 3))
        await settle()
        assert app.screen.state.tab == "packets"
        await pilot.click(offset=(10, 5))
        assert app.screen.state.packet == 1
        await pilot.click(offset=(5, 14))
        assert app.screen.state.cursor > 0
        app.screen.on_mouse_scroll_up()
        app.screen.on_mouse_scroll_down()

    play(script, found, services=services())


def test_two_sides_and_both_languages():
    found = chapters([Named("a.trace", blocking()), Named("b.trace", asynchronous())])

    async def script(app, pilot, settle):
        await pilot.press("f4", "tab", "down", "enter")
        await settle()
        assert (app.screen.state.side, app.screen.state.request) == (1, 1)
        assert "요청 1" in app.screen.canvas.grid.text()
        for tab in "1234":
            await pilot.press(tab)
            await settle()
            assert "help" not in app.screen.canvas.grid.text()

    play(script, found, options=Options(paused=True, language="ko"))


def test_an_empty_recording_says_so():
    _, text, _ = after("n", "3", "y", "enter", found=chapters([Named("a.trace", many(0))]))
    assert "no request in this recording" in text
