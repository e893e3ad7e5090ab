"""The playhead: arithmetic on time. All times are ns since the chapter's start; no clock is read here."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction

import numpy as np

from tui.player.model import Model
from tui.player.moments import events
from tui.player.plan import shown
from tui.player.scale import CELLS_A_MEDIAN, opening_cell, round_cells
from tui.player.steps import FOREVER
from tui.player.view import View

MEDIAN_LASTS = 2 * 10**9
SLOWEST, FASTEST = Fraction(1, 2**20), Fraction(2**10)


def opening(model: Model) -> View:
    """Give the view that a chapter opens with: its scale and speed suit the faster side."""
    return View(cell=opening_cell(model), speed=opening_speed(model))


def opening_speed(model: Model) -> Fraction:
    """Give the power of two of speed at which that median, as q rounds it, lasts nearest to 2 s, by ratio."""
    median = CELLS_A_MEDIAN * opening_cell(model)
    return _clipped(Fraction(2) ** round(math.log2(median / MEDIAN_LASTS)))


def _clipped(speed: Fraction) -> Fraction:
    return min(max(speed, SLOWEST), FASTEST)


def faster(speed: Fraction) -> Fraction:
    """Double the speed."""
    return _clipped(speed * 2)


def slower(speed: Fraction) -> Fraction:
    """Halve the speed."""
    return _clipped(speed / 2)


def finer(cell: int) -> int:
    """Give the next smaller q of 1, 2, 5 times a power of ten; 1 us at the least."""
    return max((one for one in round_cells() if one < cell and one >= 1000), default=cell)


def coarser(cell: int) -> int:
    """Give the next larger q of 1, 2, 5 times a power of ten; 1,000 s at the most."""
    return min((one for one in round_cells() if one > cell), default=cell)


def clamp(model: Model, t: int) -> int:
    """Keep a time within the chapter."""
    return min(max(t, 0), model.end)


def advance(model: Model, t: int, speed: Fraction, elapsed: int) -> int:
    """Give where the playhead is after `elapsed` ns of the viewer's time."""
    return clamp(model, t + elapsed * speed.numerator // speed.denominator)


def step(model: Model, t: int, cell: int, cells: int) -> int:
    """Go on by so many cells of time, back if negative."""
    return clamp(model, t + cell * cells)


def next_event(model: Model, view: View, t: int) -> int:
    """Give the next time at which a lane on the screen is taken or let go; the end if there is none."""
    found = [int(times[i]) for times in _changes(model, view) if (i := _after(times, t)) < len(times)]
    return clamp(model, min((one for one in found if one < FOREVER), default=model.end))


def previous_event(model: Model, view: View, t: int) -> int:
    """Give the last time before `t` at which a lane on the screen was taken or let go; 0 if there is none."""
    found = [int(times[i - 1]) for times in _changes(model, view) if (i := _before(times, t)) > 0]
    return clamp(model, max(found, default=0))


def _after(times: np.ndarray, t: int) -> int:
    return int(np.searchsorted(times, t, "right"))


def _before(times: np.ndarray, t: int) -> int:
    return int(np.searchsorted(times, t, "left"))


def _changes(model: Model, view: View) -> Iterator[np.ndarray]:
    """Starts and ends of what holds each lane of the stacks shown, sorted."""
    for side in shown(model, view, 80):
        stack = model.stacks[side]
        for lane in (*stack.tree.executing, *stack.tree.pools):
            holds = stack.held_by(lane)
            yield holds.starts
            yield holds.ends if lane in stack.tree.executing else np.sort(holds.ends)


def next_moment(model: Model, t: int) -> int:
    """Give the next interesting moment, the end if there is none."""
    return clamp(model, min((event.time for event in events(model) if event.time > t), default=model.end))


def previous_moment(model: Model, t: int) -> int:
    """Give the last interesting moment before `t`, 0 if there is none."""
    return clamp(model, max((event.time for event in events(model) if event.time < t), default=0))


def told(model: Model, number: int) -> tuple[int, int]:
    """Give a step of the narration, kept within the chapter's, and its instant; (-1, 0) if it has none."""
    steps = model.chapter.steps
    if not steps:
        return -1, 0
    number = min(max(number, 0), len(steps) - 1)
    return number, clamp(model, steps[number].at)


def pointed(model: Model, window: tuple[int, int] | None, half: int, halves: int) -> int:
    """Give the start of half-cell `half` of a timeline of so many half-cells."""
    start, end = window or (0, model.end)
    return clamp(model, start + max(0, half) * (end - start) // max(halves, 1))


def zoomed(model: Model, window: tuple[int, int] | None, t: int, closer: bool) -> tuple[int, int] | None:
    """Halve or double the timeline's window about `t`; None is the whole recording."""
    start, end = window or (0, model.end)
    length = max(1000, (end - start) // 2) if closer else 2 * (end - start)
    if length >= model.end:
        return None
    left = t - (t - start) * length // max(end - start, 1)
    left = min(max(left, 0), model.end - length)
    return left, left + length
