"""The playhead's arithmetic."""

from __future__ import annotations

from fractions import Fraction

import pytest

from tests.player.chapters import model
from tests.player.reference import MS
from tui.player import playhead
from tui.player.chapter import Chapter
from tui.player.model import Model
from tui.player.view import View

VIEW = View(5 * MS)


@pytest.mark.parametrize(
    ("name", "cell", "speed"),
    [
        ("waits", 5 * MS, Fraction(1, 16)),
        ("computing", 5 * MS, Fraction(1, 16)),
        ("freeze", 5 * MS, Fraction(1, 16)),
        ("thousand", 50 * MS, Fraction(1, 2)),
    ],
)
def test_opens_at_the_scale_and_speed_of_the_reference_frames(name, cell, speed):
    view = playhead.opening(model(name))
    assert (view.cell, view.speed) == (cell, speed)


def test_time_goes_on_at_the_speed_and_stops_at_the_ends():
    waits = model("waits")
    assert playhead.advance(waits, 0, Fraction(1, 16), 1600 * MS) == 100 * MS
    assert playhead.advance(waits, 850 * MS, Fraction(1), 10**12) == waits.end == 900 * MS
    assert playhead.step(waits, 7 * MS, 5 * MS, -2) == 0
    assert playhead.step(waits, 7 * MS, 5 * MS, 10) == 57 * MS


def test_events_are_the_changes_of_the_lanes_shown():
    waits = model("waits")
    times, t = [], 0
    while len(times) < 8:
        t = playhead.next_event(waits, VIEW, t)
        times.append(t // MS)
    assert times == [2, 3, 32, 33, 62, 63, 92, 93]
    left = View(5 * MS, show="left")
    assert playhead.next_event(waits, left, 33 * MS) == 101 * MS
    assert playhead.next_event(waits, left, waits.end) == waits.end


def test_back_undoes_on():
    waits = model("waits")
    seen = [0]
    while seen[-1] < waits.end:
        seen.append(playhead.next_event(waits, VIEW, seen[-1]))
    back = [seen[-1]]
    while back[-1] > 0:
        back.append(playhead.previous_event(waits, VIEW, back[-1]))
    assert back[::-1] == seen


def test_moments_of_the_freeze():
    freeze, t, times = model("freeze"), -1, []
    while t < freeze.end:
        t = playhead.next_moment(freeze, t)
        times.append(t)
    assert {99 * MS // MS, 101, 299 + 1} & {time // MS for time in times}
    back = freeze.end
    for expected in reversed([time for time in times if time < freeze.end]):
        back = playhead.previous_moment(freeze, back)
        assert back == expected


def test_scale_and_speed_go_up_and_down_the_same_steps():
    assert [playhead.coarser(cell) for cell in (1000, 2000, 5000)] == [2000, 5000, 10_000]
    assert [playhead.finer(cell) for cell in (10_000, 5000, 2000, 1000)] == [5000, 2000, 1000, 1000]
    assert playhead.faster(Fraction(1, 16)) == Fraction(1, 8)
    assert playhead.slower(playhead.faster(Fraction(1))) == 1


def test_the_timeline_is_pointed_at_by_half_cells():
    waits = model("waits")
    assert playhead.pointed(waits, None, 71, 142) == 450 * MS
    closer = playhead.zoomed(waits, None, 450 * MS, True)
    assert closer == (225 * MS, 675 * MS)
    assert playhead.zoomed(waits, closer, 450 * MS, False) is None
    assert playhead.pointed(waits, closer, 0, 142) == 225 * MS


def test_narration_steps_stay_within_the_chapter():
    waits = model("waits")
    assert playhead.told(waits, 1) == (1, 98 * MS)
    assert playhead.told(waits, 99) == (3, 850 * MS)
    assert playhead.told(waits, -5) == (0, 20 * MS)


def test_a_chapter_of_nothing_has_a_playhead_all_the_same():
    empty = Model.of(Chapter({"en": "nothing"}, ()))
    view = playhead.opening(empty)
    assert playhead.clamp(empty, 5) == 1
    assert playhead.next_event(empty, view, 0) == empty.end
    assert playhead.told(empty, 0) == (-1, 0)
