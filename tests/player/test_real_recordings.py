"""The Stage on recordings of real servers, made here and now. Nothing that is asserted depends on speed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from rich.cells import cell_len

from tests.player import reference
from tests.player.reference import MS
from tracer.labs.room import waiting_room
from tracer.recording import Recording
from tracer.recording.sealed import load
from tui.player.chapter import Chapter, Side
from tui.player.model import Model
from tui.player.moment import Moment
from tui.player.playhead import next_event, opening
from tui.player.scene import scene

ROOM = str(Path(waiting_room.__file__).parent)
SERVERS = {
    "sync": ["gunicorn", "waiting_room:wsgi", "-w", "2", "--no-control-socket", "--chdir", ROOM],
    "gthread": ["gunicorn", "waiting_room:wsgi", "--threads", "4", "--no-control-socket", "--chdir", ROOM],
    "uvicorn": ["uvicorn", "waiting_room:asgi", "--port", "0", "--app-dir", ROOM],
}


def record(server: list[str], out: Path) -> Recording:
    """Send a real server 20 requests that wait 100 ms each, and record them."""
    bind = ["-b", "127.0.0.1:0"] if server[0] == "gunicorn" else []
    run = [sys.executable, "-c", "import sys; from tracer.cli.main import main; sys.exit(main())", "run"]
    sent = ["-o", str(out), "--load", "40", "--for", "500ms", "--url", "/wait", "--arrivals", "constant"]
    whole = [*run, *sent, "--", sys.executable, "-m", *server, *bind]
    child = subprocess.Popen(whole, start_new_session=True, stderr=subprocess.PIPE, text=True)
    try:
        _, said = child.communicate(timeout=90)
    finally:
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)
            child.communicate()
    assert out.exists(), said  # the exit code is the server's own: uvicorn ends by the signal it was sent
    return load(out)


@pytest.fixture(scope="module", params=SERVERS)
def model(request, tmp_path_factory) -> Model:
    recording = record(SERVERS[request.param], tmp_path_factory.mktemp("real") / "real.trace")
    return Model.of(Chapter({"en": "real"}, (Side(recording, "", request.param),)))


def test_every_open_request_stands_in_one_place(model: Model):
    stack, view, t, seen = model.stacks[0], opening(model), 0, 0
    assert len(stack.due) == 20 and stack.answered.all()
    while t < model.end:
        moment = Moment(stack, t)
        places = [moment.queue[1], moment.seated[1], moment.outside[1], moment.wire, moment.back]
        found = [int(request) for place in places for request in place]
        still_open = {n for n, due in enumerate(stack.due) if due <= t < stack.ended[n]}
        assert len(found) == len(set(found)) and still_open <= set(found), t
        seen = max(seen, len(found))
        t = next_event(model, view, t)
    assert seen > 1


def test_pictures_are_whole_and_lanes_are_called_by_name(model: Model):
    view, names, t = opening(model), set(), 0
    while (t := next_event(model, view, t)) < model.end:
        grid = scene(model, view, t, (100, 30))
        assert {cell_len(line) for line in grid.text().split("\n")} == {100}
        names |= {hit.words.split(" holds ")[0] for hit in grid.hits if " holds #" in hit.words}
    assert names and all(name.startswith(("worker ", "thread ", "loop ")) for name in names)


def test_lanes_are_held_for_no_longer_than_they_live(model: Model):
    for t in range(MS, model.end, 50 * MS):
        assert 0 <= model.stacks[0].held_share(t) <= 1


@pytest.mark.parametrize("story", ["waits", "computing", "freeze", "thousand"])
def test_the_reference_recordings_are_sound(story):
    for recording in getattr(reference, story)():
        assert recording.check() == []
