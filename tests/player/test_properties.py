"""What must hold of every picture, at any time and size."""

from __future__ import annotations

import dataclasses
import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.player.chapters import chapter, model
from tests.player.reference import MS
from tracer.recording import PhaseKind, Role
from tui.player import playhead
from tui.player.canvas import columns
from tui.player.grid import INK, Ink
from tui.player.model import Model
from tui.player.moment import Moment
from tui.player.scene import scene

CHAPTERS = ("waits", "computing", "freeze", "thousand")
TIMES = {"waits": 900, "computing": 900, "freeze": 540, "thousand": 3000}


def drawn(name: str, t: int, size=(80, 24), language="en", **view):
    """Draw a chapter at `t` ms with the view it opens with, changed as told."""
    changed = dataclasses.replace(playhead.opening(model(name)), **view)
    return scene(model(name), changed, t * MS, size, language)


sizes = st.tuples(st.integers(10, 230), st.integers(5, 70))
views = st.fixed_dictionaries(
    {
        "show": st.sampled_from(["both", "left", "right"]),
        "swapped": st.booleans(),
        "still": st.booleans(),
        "glyphs": st.sampled_from(["narrow", "ascii"]),
        "followed": st.sampled_from([None, 0, 8, 15]),
        "hover": st.sampled_from(["", "worker 1 holds #1", "점 하나가 요청 하나입니다"]),
        "bookmarks": st.sampled_from([(), (100 * MS,)]),
        "selected": st.sampled_from([None, 0, 1, 5]),
        "step": st.integers(-1, 9),
    }
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(CHAPTERS), st.integers(0, 3200), sizes, views, st.sampled_from(["en", "ko"]))
def test_every_line_is_as_wide_as_the_screen(name, t, size, view, language):
    grid = drawn(name, t, size, language, **view)
    lines = grid.text().split("\n")
    assert len(lines) == size[1]
    assert {cell_len(line) for line in lines} == {size[0]}
    assert all(0 <= hit.row < size[1] and hit.column >= 0 for hit in grid.hits)
    assert all(hit.column + hit.width <= size[0] and hit.words for hit in grid.hits)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(CHAPTERS), st.integers(0, 3200), sizes)
def test_nothing_is_wider_where_ambiguous_means_two(name, t, size):
    """Other than the marks « » of the client's row and Korean, which a chapter may say."""
    for line in drawn(name, t, size).text().split("\n"):
        doubtful = {char for char in line if unicodedata.east_asian_width(char) == "A"}
        assert not doubtful, doubtful


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(CHAPTERS), st.lists(st.integers(0, 3200), min_size=1, max_size=6), sizes)
def test_a_scene_does_not_depend_on_what_was_drawn_before(name, times, size):
    used = Model.of(chapter(name))
    view = playhead.opening(used)
    for t in times:
        last = scene(used, view, t * MS, size)
    assert last == scene(Model.of(chapter(name)), view, times[-1] * MS, size)


@pytest.mark.parametrize("name", CHAPTERS)
def test_every_open_request_stands_in_one_place(name):
    step = 7 if name != "thousand" else 61
    for stack in model(name).stacks:
        for t in range(0, TIMES[name], step):
            moment = Moment(stack, t * MS)
            places = [moment.queue[1], moment.seated[1], moment.outside[1], moment.wire, moment.back]
            found = sorted(int(request) for place in places for request in place)
            expected = [n for n, due in enumerate(stack.due) if due <= t * MS < stack.ended[n]]
            assert found == expected, t


@pytest.mark.parametrize("name", CHAPTERS)
def test_the_queue_is_the_count_of_queued_phases(name):
    for stack in model(name).stacks:
        phases, visits = stack.recording.phases, stack.recording.visits
        served = stack.recording.hops.role[visits.hop[phases.visit]] != Role.CLIENT
        queued = (phases.kind == PhaseKind.QUEUED) & served
        for t in range(0, TIMES[name] * MS, 13 * MS + 1):
            now = (phases.start <= t) & ((phases.end > t) | (phases.end < 0))
            assert len(Moment(stack, t).queue[0]) == int((queued & now).sum()) == stack.queued.at(t)


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("waits", (80, 24)),
        ("waits", (200, 60)),
        ("computing", (80, 24)),
        ("computing", (100, 30)),
        ("freeze", (100, 30)),
        ("freeze", (200, 60)),
    ],
)
def test_every_open_request_is_drawn_or_counted(name, size):
    """Each open request has a token or is one of the `+n` of its place; in the ghosts' row none counts."""
    for t in range(0, TIMES[name], 17):
        grid = drawn(name, t, size, still=True)
        for side, stack in enumerate(model(name).stacks):
            seen = {hit.id for hit in grid.hits if hit.noun == "request" and hit.side == side and _place(hit)}
            more = sum(_more(grid, side, size))
            moment = Moment(stack, t * MS)
            away = set(moment.back.tolist())
            open_ones = {n for n, due in enumerate(stack.due) if due <= t * MS < stack.ended[n]}
            assert seen <= open_ones
            assert len(open_ones - away) == len(seen) + more, (t, side)


def _place(hit) -> bool:
    """Tell a place from a column of the latency strip and from the waterfall."""
    return not re.match(r"\S+ +(took|is open since|[0-9.]+ ms:)", hit.words)


def _more(grid, side: int, size: tuple[int, int]) -> list[int]:
    """The numbers n of the `+n` on a side."""
    half = size[0] // 2
    rows = [line[half + 9 :] if side else line[9 : half - 1] for line in grid.text().split("\n")[2:-8]]
    return [int(word[1:]) for row in rows for word in row.split() if word[:1] == "+" and word[1:].isdigit()]


@settings(max_examples=400, deadline=None)
@given(st.text(max_size=40) | st.text(st.characters(max_codepoint=0xFFFF), max_size=9))
def test_columns_are_counted_as_the_terminal_counts_them(text):
    from tui.player.canvas import clean

    assert columns(clean(text)) == cell_len(clean(text))


def test_control_characters_never_reach_the_terminal():
    from tui.player.canvas import Canvas

    canvas = Canvas(12, 1)
    canvas.put(0, 0, "a\x1b[2Jb\nc\u200bd")
    assert canvas.freeze().text() == "a?[2Jb?c?d  "


def test_no_queue_on_any_side_means_no_line():
    for t in range(0, 900, 11):
        grid = drawn("waits", t)
        for side, stack in enumerate(model("waits").stacks):
            lines = [hit for hit in grid.hits if hit.side == side and hit.words.startswith("the line")]
            assert bool(lines) == bool(stack.queued.at(t * MS))


@pytest.mark.parametrize("name", ["waits", "computing", "freeze"])
def test_ghosts_stand_on_free_cells_only(name):
    """What moves is faint and lies where the still picture has nothing: the truth is never covered."""
    moved = 0
    for t in range(0, TIMES[name], 7):
        still, moving = (_cells(drawn(name, t, (100, 30), still=how)) for how in (True, False))
        for (was, _), (char, style) in zip(still, moving, strict=True):
            if was != char:
                assert was == " " and style & INK == Ink.FAINT
                moved += 1
    assert moved > 50


def _cells(grid) -> list[tuple[str, int]]:
    return [(char, span.style) for line in grid.lines for span in line for char in span.text]
