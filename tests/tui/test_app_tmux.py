"""The whole way: `tracer tui` on recordings in a real terminal, its screen against the scene's own text."""

from __future__ import annotations

import os
import shlex
import signal

import pytest
from terminal import TRACER, Tmux
from waits import MS, asynchronous, blocking

from tracer.recording import Recording
from tracer.recording.sealed import save
from tui.chapters import Named, chapters
from tui.options import Options
from tui.reduce import press
from tui.stagecraft import stage_of

if not Tmux.there and os.environ.get("CI") != "true":
    pytest.skip("tmux is not installed", allow_module_level=True)


@pytest.fixture
def files(tmp_path):
    paths = [tmp_path / "left.trace", tmp_path / "right.trace"]
    save(blocking(), paths[0])
    save(asynchronous(), paths[1])
    return paths


def trimmed(text):
    return "\n".join(line.rstrip() for line in text.splitlines()).rstrip()


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_terminal_shows_the_scene_and_gets_back_its_own(tmp_path, files, theme):
    (chapter,) = chapters([Named(path.name, Recording.open(path)) for path in files])
    stage = stage_of(chapter)
    show = stage.show_at(98 * MS, Options(paused=True))

    def scene(state, size):
        return trimmed(stage.frame(state.view, state.t, size, "en").text())

    command = shlex.join([*TRACER, "tui", "--at", "98ms", "--paused", "--theme", theme, *map(str, files)])
    with Tmux(tmp_path, command, (100, 30), LC_ALL="C.UTF-8") as tmux:
        tmux.wait(lambda screen: trimmed(screen) == scene(show, (100, 30)))
        tmux.press("l", "f", "3")
        for key in ("l", "f", "3"):
            show = press(show, stage.model, key)
        tmux.wait(lambda screen: trimmed(screen) == scene(show, (100, 30)))
        tmux.resize(80, 24)
        tmux.wait(lambda screen: trimmed(screen) == scene(show, (80, 24)))
        tmux.press("?")
        tmux.wait(lambda screen: "Esc closes" in screen)
        tmux.press("q")
        tmux.wait(lambda screen: "left with 0" in screen and "hopscope" not in screen)


def test_it_plays_to_the_end_and_pauses(tmp_path, files):
    command = shlex.join([*TRACER, "tui", "--speed", "1", *map(str, files)])
    with Tmux(tmp_path, command, (80, 24), LC_ALL="C.UTF-8") as tmux:
        tmux.wait(lambda screen: "PAUSE" in screen)
        tmux.press("C-c")
        tmux.wait(lambda screen: "left with 0" in screen)


@pytest.mark.parametrize("number", ["INT", "TERM", "HUP"])
def test_a_signal_gives_the_terminal_back(tmp_path, files, number):
    command = f"{shlex.join([*TRACER, 'tui', '--paused', *map(str, files)])} & echo $! > {tmp_path}/pid; fg"
    with Tmux(tmp_path, f"set -m; {command}", (80, 24), LC_ALL="C.UTF-8") as tmux:
        tmux.wait(lambda screen: "? help" in screen)
        told = getattr(signal, f"SIG{number}")
        os.kill(int((tmp_path / "pid").read_text()), told)
        tmux.wait(lambda screen: f"left with {128 + told}" in screen and "hopscope" not in screen)
