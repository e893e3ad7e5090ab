"""The Live screen on a recording that a real writer appends to; and `tracer run --live` in a terminal."""

from __future__ import annotations

import asyncio
import os
import shlex
import subprocess
import sys
import time
import urllib.request

import pytest
from terminal import TRACER, Tmux
from test_app_stage import Clock, until

from tests.recording.test_tail import META, second, worker
from tracer.cli.follow import PartFeed
from tracer.recording import Recording
from tracer.recording.live import LiveWriter
from tui.app import HopscopeApp
from tui.options import Options
from tui.player.canvas import columns
from tui.player.chapter import Chapter, Side
from tui.screens.live import WORDS
from tui.snapshot import Services
from tui.stagecraft import stages_of


@pytest.fixture
def writer(tmp_path):
    with LiveWriter(tmp_path / "x.trace", META) as one:
        one.append(second(0))
        one.commit(worker(), {})
        yield one


def play(writer, script, *, size=(80, 24), keep=30, output="server.log", **options):
    clock = Clock()

    async def session():
        feed = PartFeed(writer.part, output, keep)
        first = Chapter({"en": "x"}, (Side(feed.poll().recording, "", "server"),))
        app = HopscopeApp(
            stages_of([first]),
            Options(**options),
            clock,
            services=Services(follow=lambda: feed),
            first="live",
        )
        async with app.run_test(size=size) as pilot:
            writer.append(second(1))
            writer.commit(worker(), {})
            await until(lambda: app.screen.latest is not None)
            await script(app, pilot, clock)

    asyncio.run(session())


def more(writer, number):
    writer.append(second(number))
    writer.commit(worker(), {})


def last_row(app):
    return app.screen.canvas.grid.text().split("\n")[-1]


def test_it_follows_and_says_what_is_only_in_the_file(writer):
    async def script(app, pilot, clock):
        screen = app.screen
        for number in (2, 3):
            more(writer, number)
            await until(lambda n=number: screen.shown.total == 20 * (n + 1))
            assert screen.state.t == screen.model.end
        await until(lambda: "LIVE" in last_row(app) and "80 requests" in last_row(app))
        assert "50 older ones only in the file" in last_row(app)
        assert screen.model.requests == 30

    play(writer, script)


def test_space_holds_the_picture_and_goes_on_without_loss(writer):
    async def script(app, pilot, clock):
        screen = app.screen
        await pilot.press("space")
        model = screen.model
        clock.ns += 7 * 10**9
        more(writer, 2)
        await until(lambda: "PAUSED 7 s behind, 20 requests since" in last_row(app))
        assert screen.model is model
        await pilot.press("h")
        assert screen.state.t < model.end
        await pilot.press("space")
        assert screen.shown.total == 60 and screen.state.t == screen.model.end
        await pilot.press("h")
        assert not screen.glued, "looking back holds the picture"
        await pilot.press("dollar_sign")
        assert screen.glued
        await pilot.press("question_mark")
        assert "hold, follow" in app.screen.canvas.grid.text()

    play(writer, script)


def test_the_end_is_told(writer):
    async def script(app, pilot, clock):
        writer.seal()
        await until(lambda: "ENDED" in last_row(app))

    play(writer, script)


def test_the_followed_request_stays_the_same_one(writer):
    async def script(app, pilot, clock):
        screen = app.screen
        await until(lambda: screen.shown is not None and screen.shown.dropped == 10)
        await pilot.press("f", "2", "5", "enter")
        due = screen.model.stacks[0].recording.requests.start[24]
        more(writer, 2)
        await until(lambda: screen.shown.dropped == 30)
        followed = screen.state.view.followed
        assert screen.model.stacks[0].recording.requests.start[followed] == due
        more(writer, 3)
        await until(lambda: screen.shown.dropped == 50)
        assert screen.state.view.followed is None

    play(writer, script)


@pytest.mark.parametrize("size", [(80, 24), (100, 30), (200, 60)])
@pytest.mark.parametrize("language", ["en", "ko"])
def test_every_row_is_as_wide_as_the_screen(writer, size, language):
    async def script(app, pilot, clock):
        await pilot.press("space")
        rows = app.screen.canvas.grid.text().split("\n")
        assert [columns(row) for row in rows] == [size[0]] * size[1]
        assert ("PAUSED" in rows[-1]) == (language == "en")

    play(writer, script, size=size, language=language)


def test_it_speaks_both_languages():
    assert all(set(words) == {"en", "ko"} for words in WORDS.values())


APP = """
def app(environ, start_response):
    print("asked for", environ["PATH_INFO"], flush=True)
    start_response("200 OK", [("Content-Length", "5")])
    return [b"hello"]
"""


@pytest.mark.skipif(not Tmux.there and os.environ.get("CI") != "true", reason="tmux is not installed")
def test_run_live_shows_a_real_server_and_leaving_ends_it(tmp_path):
    """A real gunicorn: its own output goes to a file, `q` ends it and seals the recording."""
    (tmp_path / "small_app.py").write_text(APP)
    gunicorn = [sys.executable, "-m", "gunicorn", "--no-control-socket", "-b", "127.0.0.1:0", "small_app:app"]
    command = shlex.join([*TRACER, "run", "--live", "-o", "live.trace", "--", *gunicorn])
    with Tmux(tmp_path, f"cd {tmp_path}; {command}", (100, 30), LC_ALL="C.UTF-8") as tmux:
        tmux.wait(lambda screen: "LIVE" in screen and "waiting for the first request" in screen)
        url = _url(tmp_path / "live.log")
        for n in range(5):
            assert urllib.request.urlopen(f"{url}/{n}", timeout=10).read() == b"hello"
        tmux.wait(lambda screen: "5 requests" in screen and "worker 1" in screen)
        assert "asked for /4" in (tmp_path / "live.log").read_text()
        tmux.press("q")
        tmux.wait(lambda screen: "5 requests in live.trace" in screen and "left with" in screen)
    recording = Recording.open(tmp_path / "live.trace")
    assert len(recording.requests.start) == 5 and recording.check() == []
    assert not (tmp_path / "live.trace.part").exists()
    for pid in recording.lanes.pid[recording.lanes.pid > 0].tolist():
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def _url(log):
    until_ = time.monotonic() + 30
    while time.monotonic() < until_:
        for line in log.read_text().splitlines():
            if "Listening at: " in line:
                return line.split("Listening at: ")[1].split()[0]
        time.sleep(0.1)
    raise AssertionError(log.read_text())


def test_without_a_terminal_live_is_refused_in_a_sentence(tmp_path):
    run = [*TRACER, "run", "--live", "-o", str(tmp_path / "x.trace"), "--", "true"]
    done = subprocess.run(run, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60)
    assert done.returncode == 2 and "leave --live out" in done.stderr
    assert len(done.stderr.splitlines()) == 1 and not list(tmp_path.iterdir())
