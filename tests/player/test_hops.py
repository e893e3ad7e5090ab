"""A stack of several hops: a line each, a band for the open one: a simulated nginx, gthread and database."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from simulator.scenario import simulate
from simulator.toml import read_scenario
from tests.player.chapters import model
from tests.player.reference import MS
from tests.player.test_hard_cases import Book
from tracer.recording import LaneKind, PhaseKind
from tui.player.chapter import Chapter, Side
from tui.player.grid import BLAME
from tui.player.model import Model
from tui.player.moment import Moment
from tui.player.part import ALL, banded
from tui.player.plan import seats
from tui.player.playhead import opening
from tui.player.scene import scene
from tui.pointer import click, key_of
from tui.reduce import press
from tui.show import Show

SCENARIO = """
name = "three hops"
seed = 7
[workload]
kind = "open"
rate = 60.0
requests = 60
[[hop]]
server = "nginx"
workers = 1
[[hop]]
server = "gunicorn"
worker_class = "gthread"
threads = 2
workers = 2
[machine]
cores = 2
[[service]]
name = "db"
connections = 2
[[endpoint]]
path = "/item"
handler = "def"
framework = "flask"
steps = [{cpu = "9ms"}, {call = "db", time = "exp(50ms)"}, {cpu = "2ms"}]
"""


@cache
def three() -> Model:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "three.toml"
        path.write_text(SCENARIO)
        (result,) = simulate(read_scenario(path), record=True)
    assert result.recording is not None
    return Model.of(Chapter({"en": "three"}, (Side(result.recording, "BLOCKING", "gunicorn"),)))


def drawn(t: int, size=(100, 30), **view):
    model = three()
    return scene(model, replace(opening(model), still=True, **view), t * MS, size)


def starts(grid):
    return [line.split()[1] for line in grid.text().split("\n") if line.startswith(("> ", "v "))]


TIMES = range(0, 1200, 37)


def test_each_hop_has_a_line_in_path_order_and_one_is_open():
    grid = drawn(600)
    assert starts(grid) == ["nginx", "gunicorn", "db"]
    (opened,) = [line for line in grid.text().split("\n") if line.startswith("v ")]
    assert opened.split()[1] == "gunicorn", "the hop with the longest queue"


def test_the_foot_says_how_to_open_another_hop():
    for size in ((80, 24), (100, 30)):
        grid = drawn(600, size)
        assert "Enter hop" in grid.text() and "? help" in grid.text().split("\n")[-1]
        hit = next(hit for hit in grid.hits if hit.noun == "key" and hit.words == "Enter hop")
        assert key_of(hit) == "enter"


def test_rows_stand_still_while_it_plays():
    places = {
        tuple(n for n, line in enumerate(drawn(t).text().split("\n")) if line[:2] in ("> ", "v "))
        for t in TIMES
    }
    assert len(places) == 1


@pytest.mark.parametrize("size", [(80, 24), (100, 30), (200, 60), (60, 16)])
def test_it_fits(size):
    for t in TIMES:
        lines = drawn(t, size).text().split("\n")
        assert [len(line) for line in lines] == [size[0]] * size[1]


def test_enter_and_a_click_open_another_hop():
    model = three()
    show = press(Show(600 * MS, opening(model)), model, "enter")
    assert model.part(0, show.view.opened).name == "db"
    grid = scene(model, show.view, show.t, (100, 30))
    assert any(line.startswith("v db") for line in grid.text().split("\n"))
    assert "connection 2 holds #27, RUNNING" in " ".join(hit.words for hit in grid.hits)
    hit = next(hit for hit in grid.hits if hit.noun == "hop" and hit.words.startswith("nginx"))
    assert model.part(0, click(show, model, hit).view.opened).name == "nginx"


def test_a_band_counts_its_own_requests_alone():
    """The queue and the seats of a hop are those of its visits, an app's among its server's."""
    model = three()
    stack, phases = model.stacks[0], model.stacks[0].recording.phases
    starts_at, ends_at = phases.start - stack.origin, phases.end - stack.origin
    hop_of = banded(stack)[phases.visit]
    for part in model.parts[0]:
        for t in TIMES:
            now = (starts_at <= t * MS) & ((ends_at > t * MS) | (phases.end < 0)) & (hop_of == part.hop)
            now &= phases.visit >= 0
            waiting = now & (phases.kind == PhaseKind.QUEUED) & (phases.holds == 0)
            assert part.queued.at(t * MS) == int(waiting.sum()) == len(Moment(stack, t * MS, part).queue[0])


def test_the_gil_has_a_seat_below_the_threads_of_its_worker():
    model = three()
    part = next(part for part in model.parts[0] if part.name == "gunicorn")
    tree = model.stacks[0].tree
    kinds = [LaneKind(tree.kinds[lane]) for lane in seats(part)]
    assert kinds == [LaneKind.THREAD, LaneKind.THREAD, LaneKind.LOCK] * 2
    for t in TIMES:
        for lock in part.locks:
            sits = model.stacks[0].held_by(lock).at(t * MS)
            under = [model.stacks[0].held_by(lane).at(t * MS) for lane in tree.under(lock)[1:]]
            runs = [who for who in under if who and who.kind == PhaseKind.RUNNING]
            assert [sits.request] == [who.request for who in runs] if sits else not runs


def test_a_thread_that_wants_the_gil_sits_and_waits_and_who_has_it_is_lit():
    model = three()
    phases = model.stacks[0].recording.phases
    wants = (phases.kind == PhaseKind.QUEUED) & (phases.holds == 1) & (phases.end - phases.start > MS)
    assert wants.any(), "the scenario has threads that want the GIL"
    first = int(wants.argmax())
    t = int(phases.start[first] - model.stacks[0].origin + MS // 2)
    grid = scene(model, replace(opening(model), still=True), t, (200, 60))
    said = " ".join(hit.words for hit in grid.hits)
    assert "QUEUED" in said
    assert "gil holds #" in said
    assert (
        any(span.style & BLAME for line in grid.lines for span in line)
        or not Moment(model.stacks[0], t, model.part(0, ())).queue[0].size
    )


def test_a_stack_of_one_server_is_whole():
    assert [[part.hop for part in parts] for parts in model("waits").parts] == [[ALL], [ALL]]
    assert not {hit.noun for hit in scene(model("waits"), opening(model("waits")), 0, (80, 24)).hits} & {
        "hop"
    }


def test_what_no_source_knows_is_not_said():
    """A recording without lanes, as a capture makes it: nothing is held at 0 %, and nobody is outside."""
    book = Book("nginx")
    visit = book.visit(book.request(0, 50), 1, 1, 49, 0)
    book.phase(visit, PhaseKind.UNSEEN, 1, 49)
    grid = scene(book.model(), opening(book.model()), 20 * MS, (100, 30))
    assert "held   - %" in grid.text() and "outside" not in grid.text()
    assert "#1 is inside, UNSEEN" in {hit.words for hit in grid.hits}
