"""The speaker view, and what else the Stage tells: connections, the sparkline of answers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.player.chapters import model
from tests.player.reference import MS
from tests.player.test_hard_cases import Book, K, _at
from tracer.recording import LaneKind
from tui.player.bigtext import big
from tui.player.canvas import Canvas, columns
from tui.player.figures import SPARK, spark
from tui.player.frame import Frame
from tui.player.grid import BLAME
from tui.player.plan import plan
from tui.player.playhead import opening
from tui.player.scene import scene

CHAPTERS = ("waits", "computing", "freeze", "thousand")


def large(name, t, size, language="en", **more):
    return scene(model(name), replace(opening(model(name)), big=True, **more), t * MS, size, language)


def pixels(lines, number):
    """Read a big digit back: which of its 3 x 5 pixels are lit."""
    cells = [[ord(char) - 0x2800 for char in line[4 * number : 4 * number + 3]] for line in lines]
    bits = ((0x01, 0), (0x02, 0), (0x04, 0), (0x40, 0))
    dots = [[bool(cells[y // 4][x] & bits[y % 4][0]) for x in range(3)] for y in range(12)]
    return [dots[1 + 2 * y] for y in range(5)]


def test_each_big_digit_is_another_picture_of_three_lines():
    lines = big("0123456789")
    assert [len(line) for line in lines] == [39, 39, 39]
    pictures = {str(pixels([line.replace(" ", "\u2800") for line in lines], n)) for n in range(10)}
    assert len(pictures) == 10
    one = pixels([line.replace(" ", "\u2800") for line in big("1")], 0)
    assert one == [[0, 1, 0], [1, 1, 0], [0, 1, 0], [0, 1, 0], [1, 1, 1]]


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(CHAPTERS),
    st.integers(0, 3200),
    st.sampled_from([(60, 16), (80, 24), (100, 30), (200, 60), (81, 37)]),
    st.sampled_from(["en", "ko"]),
    st.sampled_from(["narrow", "ascii"]),
)
def test_the_speaker_view_fits(name, t, size, language, glyphs):
    lines = large(name, t, size, language, glyphs=glyphs).text().split("\n")
    assert [columns(line) for line in lines] == [size[0]] * size[1]


def test_it_says_the_same_as_the_stage():
    grid = large("waits", 98, (80, 24))
    said = {hit.words for hit in grid.hits}
    assert {
        "worker 1 holds #1, BLOCKED",
        "the line ends at worker 1 and worker 2",
        "the loop is free",
    } <= said
    assert {"the left queue: 2 wait", "4 are outside"} <= said
    text = grid.text()
    assert "! 2 wait: #1 #2 hold both workers" in text
    assert all(line in text for line in big("2") + big("4")), "the numbers, large"
    assert any(span.style & BLAME for line in grid.lines for span in line)


def test_connections_are_told_where_the_recording_knows_when_they_end():
    book = Book("uvicorn")
    loop = book.lane("loop", LaneKind.LOOP)
    kept, closed = (book.lane(f"conn {n}", LaneKind.CONNECTION, 0) for n in (1, 2))
    request = book.request(0, 50)
    visit = book.visit(request, 1, 1, 49, len(book.rows.visits) - 1)
    book.rows.visits[visit] = replace(book.rows.visits[visit], connection=kept, answered=_at(48))
    book.phase(visit, K.RUNNING, 1, 49, lane=loop, holds=1)
    without = scene(book.model(), opening(book.model()), 20 * MS, (100, 30)).text()
    assert "conn," not in without
    book.rows.lanes[closed] = replace(book.rows.lanes[closed], end=_at(30))
    for t, told in ((20, "2 conn, 1 idle"), (40, "1 conn, 0 idle"), (49, "1 conn, 1 idle")):
        assert told in scene(book.model(), opening(book.model()), t * MS, (100, 30)).text()


def test_the_sparkline_is_of_the_answers_of_late():
    played = model("waits")
    view = replace(opening(played), still=True)
    frame = Frame(played, view, 850 * MS, plan(played, view, (200, 60)), Canvas(200, 60), "en")
    left, right = (spark(band) for band in frame.bands)
    assert len(left) == len(right) == SPARK
    answers = [band.stack.answers[0] for band in frame.bands]
    since = 850 * MS - 8 * SPARK * view.cell
    for text, times in zip((left, right), answers, strict=True):
        assert bool(text.strip()) == bool(((times > since) & (times <= 850 * MS)).any())
    bins = np.histogram(answers[0], np.linspace(since, 850 * MS, 2 * SPARK + 1))[0].reshape(-1, 2).any(axis=1)
    assert [char != " " for char in left] == bins.tolist()


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_followed_request_is_marked_in_the_speaker_view(name):
    grid = large(name, 98, (100, 30), followed=0)
    held = [hit for hit in grid.hits if hit.noun == "request" and hit.id == 0 and hit.width == 16]
    for hit in held:
        column, style = 0, 0
        for span in grid.lines[hit.row]:
            if column <= hit.column + 1 < column + len(span.text):
                style = span.style
            column += len(span.text)
        assert style & 64
