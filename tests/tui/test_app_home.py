"""Home, the terms and the labs under the pilot: each key, opening for real, errors as one sentence."""

from __future__ import annotations

import asyncio
import stat
from pathlib import Path

import pytest
from rich.cells import cell_len
from test_app_stage import until

import captures
from tracer.cli.lent import services
from tracer.glossary import terms
from tui.app import HopscopeApp
from tui.keymap import KEYS
from tui.options import Options
from tui.player.home import WORDS as HOME
from tui.player.home import command_of
from tui.player.lab import WORDS as LAB
from tui.player.pages import wrapped
from tui.player.terms import WORDS as TERMS
from tui.player.terms import Reading, chosen, listed, occurring
from tui.recent import Recent
from tui.screens.home import listed as folder_of

SHIPPED = Path(captures.__file__).parent / "demo"


def text(app):
    return app.screen.canvas.grid.text()


def play(script, *, first="home", size=(80, 24), language="en", memory=None, lab=""):
    async def session():
        app = HopscopeApp(
            [], Options(paused=True, language=language), services=services(lab), memory=memory, first=first
        )
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            await script(app, pilot)

    asyncio.run(session())


TRIED = set()


async def press(pilot, *keys):
    TRIED.update(keys)
    await pilot.press(*keys)
    await pilot.pause()


def test_a_sample_is_opened_and_found_again_as_recent(tmp_path):
    async def script(app, pilot):
        assert "open a file" in text(app)
        await press(pilot, "end", "up", "down", "enter")
        await until(lambda: app.screen.NAME == "stage")
        await press(pilot, "f10")
        assert "Opened last" in text(app) or "Opened last" in _all(app)
        await press(pilot, "f3")
        assert app.screen.NAME == "timeline"

    play(script, memory=tmp_path / "state" / "tui.json")
    file = tmp_path / "state" / "recent.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert Recent(file).openings()[0].files == ("sample:websocket",)


def _all(app):
    return " ".join(f"{item.section} {item.name}" for item in app.screen.items).replace(
        "recent", "Opened last"
    )


def test_two_marked_in_a_folder_are_compared(tmp_path):
    async def script(app, pilot):
        app.screen.browse(SHIPPED)
        await press(pilot, "j")
        names = [entry.name for entry in app.screen.state.entries]
        for name in ("waiting-gunicorn.trace", "waiting-uvicorn.trace"):
            await press(pilot, "home", *["down"] * names.index(name), "space")
        assert "Enter opens them" in text(app)
        await press(pilot, "enter")
        await until(lambda: app.screen.NAME == "stage")
        assert len(app.screen.model.stacks) == 2
        await press(pilot, "f10", "f9")
        assert "in this recording" in text(app) and "> WSGI" in text(app)

    play(script, memory=tmp_path / "tui.json")


def test_other_files_take_the_place_of_those_that_are_open(tmp_path):
    from tracer.cli.tui import read
    from tui.stagecraft import stages_of

    async def session():
        file = SHIPPED / "waiting-gunicorn.trace"
        app = HopscopeApp(
            stages_of(read([file])), Options(paused=True), files=[file], services=services(),
            memory=tmp_path / "tui.json",
        )  # fmt: skip
        async with app.run_test(size=(80, 24)) as pilot:
            await press(pilot, "end", "f3", "f10")
            app.screen.open(("sample:websocket",))
            await until(lambda: app.screen.NAME == "stage" and "websocket" in text(app))
            assert app.screen.state.t == 0
            await press(pilot, "f3")
            assert app.screen.fall.model is app.stage_screen.model

    asyncio.run(session())


@pytest.mark.parametrize("content", [b"", b"not a trace at all", b"PK\x03\x04 cut"])
def test_what_cannot_be_opened_is_one_sentence(tmp_path, content):
    (tmp_path / "some.trace").write_bytes(content)

    async def script(app, pilot):
        app.screen.browse(tmp_path)
        await press(pilot, "end", "enter")
        await until(lambda: "some.trace" in app.screen.state.said)
        assert not app.screen.state.opening and "some.trace" in text(app).split("\n")[-2]

    play(script)


def test_without_a_recording_the_stage_sends_one_home():
    async def script(app, pilot):
        await press(pilot, "f2")
        assert app.screen.NAME == "home" and "no recording is open" in text(app)

    play(script)
    play(script, first="glossary")


def test_the_list_and_a_folder_are_gone_through_by_keys(tmp_path, monkeypatch):
    (tmp_path / "inner").mkdir()
    (tmp_path / "a.pcap").write_bytes(b"")
    (tmp_path / "notes.txt").write_bytes(b"")
    (tmp_path / ".hidden.trace").write_bytes(b"")
    monkeypatch.chdir(tmp_path)
    assert [entry.name for entry in folder_of(tmp_path)] == ["..", "inner", "a.pcap"]

    async def script(app, pilot):
        await press(pilot, "j", "down", "k", "up", "pagedown", "pageup", "dollar_sign", "0")
        assert app.screen.state.chosen == 0
        await press(pilot, "enter", "j", "enter")
        assert app.screen.state.folder == str(tmp_path / "inner")
        await press(pilot, "enter")
        assert app.screen.state.folder == str(tmp_path)
        await press(pilot, "escape", "o")
        assert app.screen.state.mode == "folder"
        await press(pilot, "escape", "c")
        assert "space" in app.screen.state.said
        await press(pilot, "end", "space")
        assert app.screen.state.marked == ("sample:websocket",)
        await press(pilot, "escape")
        assert app.screen.state.marked == ()

    play(script)


def test_a_command_is_made_and_copied():
    async def script(app, pilot):
        await press(pilot, "r", *"gunix", "backspace")
        assert "tracer run -o guni.trace -- guni" in text(app)
        await press(pilot, "enter")
        assert app.clipboard == "tracer run -o guni.trace -- guni"
        await press(pilot, "space", "apostrophe")
        assert "not closed" in text(app)

    play(script)
    assert (
        command_of("/usr/bin/gunicorn -w 2 'a b'")
        == "tracer run -o gunicorn.trace -- /usr/bin/gunicorn -w 2 'a b'"
    )
    assert command_of(" ") == ""


def test_terms_are_read_found_and_lead_to_their_lab():
    async def script(app, pilot):
        await press(pilot, "j", "down", "k", "up", "end", "dollar_sign")
        assert "Flask" in text(app) and chosen(app.screen.state, ()).id == "flask"
        await press(pilot, "home", "0", "pagedown", "space", "pageup")
        assert app.screen.state.top == 10
        await press(pilot, "slash", *"uwsg", "enter")
        assert [one.id for one in listed(app.screen.state, ())] == ["uwsgi-server", "uwsgi"]
        await press(pilot, "escape", "slash", *"zzz")
        assert "no term is called that" in text(app)
        await press(pilot, "escape", "slash", *"wsgi", "enter", "enter")
        assert (app.screen.NAME, app.screen.state.lab) == ("lab", chosen(Reading(typed="wsgi"), ()).lab)

    play(script, first="glossary")


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("size", [(60, 16), (80, 24), (100, 30), (200, 60), (30, 8)])
@pytest.mark.parametrize("first", ["home", "glossary", "lab"])
def test_every_line_is_as_wide_as_the_screen(first, size, language):
    async def script(app, pilot):
        for key in ("j", "n", "r"):
            lines = text(app).split("\n")
            assert {cell_len(line) for line in lines} == {size[0]} and len(lines) == size[1]
            await press(pilot, key)

    play(script, first=first, size=size, language=language)


@pytest.mark.parametrize("table", [HOME, TERMS, LAB])
def test_both_languages_say_it(table):
    assert all(set(words) == {"en", "ko"} and all(words.values()) for words in table.values())


def test_a_page_of_every_term_can_be_read_to_its_end():
    from tui.player.terms import draw_terms

    for term in terms():
        for language in ("en", "ko"):
            whole = draw_terms(Reading(term=term.id), (), (100, 60), language).text()
            assert term.text[language].split()[-1] in whole
    assert occurring([]) == ()
    plain = draw_terms(Reading(term="wsgi"), (), (100, 60), "en", "ascii").text()
    assert "+ parser" in plain and not set(plain) & set("│├—")


def test_a_lab_asks_first_runs_then_and_can_be_watched():
    async def script(app, pilot):
        screen = app.screen
        assert "1 A process per request" in text(app)
        await press(pilot, "n")
        assert "What do you think?" in text(app) and "p50" not in text(app)
        await press(pilot, "3")
        assert "Right: ten times as long" in text(app)
        await press(pilot, "l", "h", "p", "left", "right", "n", "n")
        await until(lambda: "The sentence to remember" in text(app) and "The lesson held." in text(app))
        await press(pilot, "enter")
        await until(lambda: app.screen.NAME == "stage")
        assert len(app.screen.model.stacks) == 2
        await press(pilot, "f12", "escape")
        assert screen.lesson is None

    play(script, first="lab", lab="process-per-request")


def test_an_answer_that_is_not_given_is_shown_and_a_wrong_one_told():
    async def script(app, pilot):
        await press(pilot, "n", "1")
        assert "You said: about the same. It is: ten times as long" in text(app)
        await press(pilot, "2", "4")
        assert app.screen.state.answers == {1: 0}
        await press(pilot, "escape", "j", "down", "k", "up", "enter", "enter", "enter")
        assert app.screen.state.page >= 1

    play(script, first="lab", lab="process-per-request")

    async def shown(app, pilot):
        await press(pilot, "n", "n")
        assert "Answer: ten times" in text(app) and app.screen.state.page == 1

    play(shown, first="lab", lab="process-per-request")


def test_the_mouse_chooses_and_opens():
    async def script(app, pilot):
        row = next(n for n, line in enumerate(text(app).split("\n")) if "record a server" in line)
        await pilot.click(offset=(5, row))
        assert app.screen.state.chosen == 1
        await pilot.click(offset=(5, row))
        assert app.screen.state.mode == "record"

    play(script)


def test_no_key_is_untried():
    own = [set(key.keys) for key in KEYS if key.screen in ("home", "glossary", "lab")]
    assert not [keys for keys in own if not keys & TRIED]


def test_text_is_wrapped_at_spaces_and_never_too_wide():
    assert wrapped("a bb ccc", 4) == ["a bb", "ccc"]
    assert wrapped("abcdefgh", 3) == ["abc", "def", "gh"]
    assert all(cell_len(line) <= 7 for line in wrapped("가나다라 마바사아자차카타", 7))
    assert wrapped("", 9) == []
