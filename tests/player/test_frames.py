"""The reference frames, cell by cell, and what their hit boxes say."""

from __future__ import annotations

import pytest

from tests.player.chapters import FRAMES, SEEN, SHOTS, Shot, model
from tui.player.grid import BLAME, FILLED, INK, Grid, Hit, Ink
from tui.player.scene import scene

# Rows in which the design's own small simulation differs from what its words say: frames/NAME.ROW.txt
# has what stands there instead, and docs/design/0006 tells why.
DIFFERENT = {"waits_0850": (15,), "computing_0215": (22,), "freeze_0250": (27, 28)}
BY_NAME = {shot.name: shot for shot in SHOTS}


def draw(shot: Shot, language: str = "en") -> Grid:
    return scene(model(shot.chapter), shot.view, shot.t, shot.size, language)


def hits(grid: Grid, noun: str, side: int) -> list[Hit]:
    return [hit for hit in grid.hits if hit.noun == noun and hit.side == side]


def dots_in(row: str) -> int:
    return sum((ord(char) - 0x2800).bit_count() for char in row if "\u2800" <= char < "\u2900")


def words(name: str) -> set[str]:
    return {hit.words for hit in draw(BY_NAME[name]).hits}


def styles(grid: Grid, row: int) -> list[int]:
    return [span.style for span in grid.lines[row] for _ in span.text]


@pytest.mark.parametrize("shot", SHOTS, ids=lambda shot: shot.name)
def test_frame_is_the_reference(shot: Shot):
    expected = shot.expected
    for row in DIFFERENT.get(shot.name, ()):
        text = (FRAMES / f"{shot.name}.{row}.txt").read_text("utf-8").rstrip("\n")
        assert expected[row] != text, "this row has come to agree: take it off the list"
        expected[row] = text
    assert draw(shot).text().split("\n") == expected


@pytest.mark.parametrize("shot", SEEN, ids=lambda shot: shot.name)
def test_other_sizes_and_views_are_as_they_were_seen(shot: Shot):
    """After a change, write the pictures anew with `python -m tests.player.test_frames` and read the diff."""
    assert draw(shot).text().split("\n") == shot.expected


def test_a_lane_that_was_held_all_the_time_keeps_apart_from_its_number():
    shot = next(shot for shot in SEEN if shot.name == "waits_0300_left")
    rows = scene(model(shot.chapter), shot.view, 500_000_000, shot.size).text().split("\n")
    assert [row[:13] for row in rows if row.startswith("worker")] == ["worker 1 100 ", "worker 2 94% "]


def test_waits_when_the_line_forms():
    said = words("waits_0098")
    assert {
        "worker 1 holds #1, BLOCKED",
        "worker 2 holds #2, BLOCKED",
        "#3 is the head of the left queue, 2 in it",
        "#4 is number 2 in the left queue, 2 in it",
        "the line ends at worker 1 and worker 2",
        "the loop is free",
    } <= said
    assert {f"#{n} is outside, AWAITING" for n in range(1, 5)} <= said
    right = hits(draw(BY_NAME["waits_0098"]), "queue", 1)
    assert not [hit for hit in right if "line" in hit.words]


def test_waits_when_all_is_answered():
    grid = draw(BY_NAME["waits_0850"])
    took = {
        side: [h.words for h in sorted(hits(grid, "request", side), key=lambda h: h.id) if "took" in h.words]
        for side in (0, 1)
    }
    assert [len(took[0]), len(took[1])] == [16, 16]
    assert {text.split(" ", 1)[1] for text in took[1]} == {"took 102 ms"}
    left = [int(text.split()[2]) for text in took[0]]
    assert left == sorted(left) and left[-1] == 382
    rows = [line[50:66] for line in grid.text().split("\n")[11:14]]
    assert all(len(set(row)) == 1 for row in rows), "all 16 bars on the right have one height"


def test_computing_holds_the_loop():
    grid = draw(BY_NAME["computing_0215"])
    said = {hit.words for hit in grid.hits}
    assert "the loop holds #5, RUNNING" in said
    assert "the right queue: 6 wait" in said
    assert {hit.id for hit in grid.hits if hit.noun == "outside"} == {0}


def test_freeze_names_the_culprit():
    grid = draw(BY_NAME["freeze_0250"])
    said = {hit.words for hit in grid.hits}
    assert "the loop holds #9, BLOCKED: time.sleep app.py:17" in said
    assert "! 20 wait 151 ms for #9: time.sleep app.py:17" in said
    assert {"the right queue: 20 wait", "pool: 9 of 40 held", "the loop is free"} <= said
    assert [hit.id for hit in hits(grid, "outside", 1)] == [0]
    lit = [column for column, style in enumerate(styles(grid, 6)) if style & BLAME]
    assert lit == list(range(92, 98)), "the loop's seat on the right, and nothing else"


def test_a_thousand_dots():
    text = draw(BY_NAME["thousand_1250"]).text().split("\n")
    assert sum(map(dots_in, (row[:49] for row in text[3:8]))) == 1245
    assert sum(map(dots_in, text[10:14])) == 999


def test_what_holds_is_filled_and_what_waits_is_not():
    grid = draw(BY_NAME["computing_0215"])
    seat = styles(grid, 4)[32:36]
    assert {style & INK for style in seat} == {Ink.RUN} and all(style & FILLED for style in seat)
    queue = [style & INK for style in styles(grid, 3)[30:33]]
    assert set(queue) == {Ink.QUEUE}


def test_narration_speaks_korean():
    text = draw(BY_NAME["waits_0098"], "ko").text().split("\n")
    assert text[16].startswith("2/4 왼쪽의 #3과 #4는 시작할 수 없습니다")


if __name__ == "__main__":
    for one in SEEN:
        (FRAMES / f"{one.name}.txt").write_text(draw(one).text() + "\n", "utf-8")
