"""What keys and mouse do, without a terminal."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_scene import ALONE, END, MODEL, frame, show
from waits import MS

from tui import pointer
from tui.keymap import ACTIONS, GLOBAL, GROUPS, KEYS, keys_of
from tui.player.grid import Hit
from tui.reduce import _DO, press
from tui.registry import BY_NAME
from tui.show import Show, arrive, play_on


def pressed(*keys, start=None, model=MODEL):
    state = start or show()
    for key in keys:
        state = press(state, model, key)
    return state


def test_every_key_has_an_action_and_every_action_a_key():
    assert set(ACTIONS.values()) == set(_DO)
    for screen in BY_NAME:
        mine = [key for row in keys_of(screen) for key in row.keys]
        assert len(mine) == len(set(mine)), "no key does two things"
    assert not set(ACTIONS) & set(GLOBAL)
    assert {row.group for row in KEYS} | {"mouse", "screens"} == set(GROUPS)
    assert all(row.words["en"] and row.words["ko"] for row in KEYS)


@pytest.mark.parametrize(
    "key", [key for key in ACTIONS if ACTIONS[key].startswith(("cell", "event", "mark", "step"))]
)
def test_every_step_pauses(key):
    assert not pressed(key, start=show(playing=True)).view.playing


@given(st.lists(st.sampled_from([*sorted(ACTIONS), "7", "2", "enter", "x"]), max_size=40))
def test_no_keys_lead_out_of_the_chapter(keys):
    state = show()
    for key in keys:
        state = press(state, MODEL, key)
        assert 0 <= state.t <= END
        assert state.view.followed is None or 0 <= state.view.followed < 16
        assert state.view.selected is None or 0 <= state.view.selected < (2, 1)[state.view.side]
        assert -1 <= state.view.step < 3
        assert state.chapter == 0


def test_events_are_those_of_the_sides_seen():
    assert pressed("full_stop", start=show(33 * MS)).t == 62 * MS  # the loop takes #3
    assert pressed("full_stop", start=show(33 * MS, show="right")).t == 62 * MS
    assert pressed("full_stop", start=show(33 * MS, show="left")).t == 101 * MS  # #1 computes again
    assert pressed("full_stop", start=show(33 * MS, show="right", swapped=True)).t == 101 * MS


def test_bookmarks_are_marks_too():
    state = pressed("m", start=show(5 * MS))
    assert pressed("left_square_bracket", start=replace(state, t=6 * MS)).t == 5 * MS
    assert pressed("right_square_bracket", start=replace(state, t=4 * MS)).t == 5 * MS
    assert pressed("m", start=state).view.bookmarks == ()


def test_a_chapter_of_one_side_has_no_other_and_nothing_to_swap():
    assert pressed("tab", "w", "s", model=ALONE) == show()


def test_a_number_that_is_no_request_is_refused_and_a_digit_is_a_key_again():
    state = pressed("f", "1", "6", "0")
    assert (state.view.followed, state.t, state.typed) == (15, 0, None)
    assert pressed("f", "0").view.followed is None


def test_escape_lets_go_first_then_shows_the_whole_timeline():
    state = show(followed=3, window=(0, MS))
    state = pressed("escape", start=state)
    assert (state.view.followed, state.view.window) == (None, (0, MS))
    assert pressed("escape", start=state).view.window is None


def test_play_from_the_end_starts_over():
    state = pressed("space", start=show(END))
    assert (state.t, state.view.playing) == (0, True)


def test_narration_follows_time_and_time_the_narration():
    assert play_on(show(0, playing=True), MODEL, 0, 16 * 99 * MS).view.step == 1
    done = play_on(show(0, playing=True), MODEL, 0, 10**12)
    assert (done.t, done.view.step, done.view.playing) == (END, 2, False)
    assert pressed("n", start=show(0, step=-1)).t == 20 * MS


def test_chapters_begin_at_their_own_speed():
    state = press(Show(800 * MS, show(step=2, followed=3, speed=Fraction(4)).view, chapters=2), MODEL, "n")
    assert state.chapter == 1
    there = arrive(state, MODEL)
    assert (there.t, there.view.speed, there.view.cell) == (20 * MS, Fraction(1, 16), 5 * MS)
    assert there.view.followed is None
    back = press(replace(there, t=20 * MS), MODEL, "p")
    assert (back.chapter, arrive(back, MODEL, backwards=True).t) == (0, 800 * MS)
    assert press(show(800 * MS, step=2), MODEL, "n").chapter == 0


def test_a_slow_drag_moves_by_a_tenth():
    state = pointer.grab(show(playing=True), MODEL, 400 * MS)
    state = pointer.drag(state, MODEL, 500 * MS, slowly=True)
    assert (state.t, state.view.playing) == (410 * MS, False)
    state = pointer.drag(state, MODEL, 600 * MS)
    assert pointer.release(state).view.playing and state.t == 600 * MS


def test_a_release_keeps_a_pause():
    assert not pointer.release(pointer.grab(show(), MODEL, 0)).view.playing


def test_the_wheel_zooms_over_the_timeline_and_steps_elsewhere():
    here = Hit(23, 0, 1, "time", -1, 0, "")
    near = pointer.wheel(show(), MODEL, here, -1)
    assert near.view.window == (0, END // 2)
    assert pointer.wheel(near, MODEL, here, 1).view.window in (None, (0, END - 1))
    assert pointer.wheel(show(), MODEL, None, 1).t == 105 * MS


@pytest.mark.parametrize("key", [" ", "?", "n", "]"])
def test_what_is_written_at_the_foot_is_a_key(key):
    assert pointer.key_of(Hit(23, 0, 1, "key", -1, ord(key), "")) in ACTIONS | GLOBAL


def test_a_click_on_a_map_of_lanes_selects_none():
    assert pointer.click(show(), MODEL, Hit(5, 0, 9, "lane", 0, 77, "")).view.selected is None
    assert pointer.click(show(), MODEL, Hit(5, 0, 9, "lane", 0, 2, "")).view.selected == 1


def test_the_nearest_instant_is_found_beside_the_timeline():
    grid = frame(show().view, 0, (80, 24), "en")
    assert pointer.time_at(grid, 200) == pointer.time_at(grid, 79)
    assert pointer.time_at(replace(grid, hits=()), 3) is None
