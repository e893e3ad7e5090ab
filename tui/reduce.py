"""What keys do: pure functions from a show to a show, with no terminal in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tui.keymap import ACTIONS
from tui.player import playhead
from tui.player.model import Model
from tui.player.plan import seats
from tui.show import Show, look, narrate, pause, seek

_DIGITS = frozenset("0123456789")
_SIDES = {"both": "left", "left": "right", "right": "both"}


def press(show: Show, model: Model, key: str) -> Show:
    """Give the show after a key, by Textual's name of it; keys that mean nothing change nothing."""
    show, taken = read_number(show, model, key)
    action = None if taken else ACTIONS.get(key)
    return act(show, model, action) if action else show


def read_number(show: Show, model: Model, key: str) -> tuple[Show, bool]:
    """Give the show after a key, and whether it was a digit of the number that is being typed, or its end."""
    if show.typed is None:
        return show, False
    if key in _DIGITS and 1 <= int(show.typed + key) <= model.requests:
        return _type(show, show.typed + key), True
    first = not show.typed
    return look(replace(show, typed=None), hover=""), key == "enter" or (key in _DIGITS and first)


def act(show: Show, model: Model, action: str) -> Show:
    """Give the show after an action of the Stage, by its name in the keymap."""
    return _DO[action](show, model)


def go(show: Show, model: Model, t: int) -> Show:
    """Step to an instant; every step pauses."""
    return seek(pause(show), model, t)


def step_cells(show: Show, model: Model, cells: int) -> Show:
    """Step by cells of time."""
    return go(show, model, playhead.step(model, show.t, show.view.cell, cells))


def _play(show: Show, model: Model) -> Show:
    """Play or pause; from the end it plays from the start."""
    if show.view.playing:
        return pause(show)
    return look(seek(show, model, 0) if show.t >= model.end else show, playing=True)


def _mark_on(show: Show, model: Model) -> Show:
    """Go to the next interesting moment or bookmark."""
    later = [mark for mark in show.view.bookmarks if mark > show.t]
    return go(show, model, min([playhead.next_moment(model, show.t), *later]))


def _mark_back(show: Show, model: Model) -> Show:
    """Go to the last interesting moment or bookmark before."""
    earlier = [mark for mark in show.view.bookmarks if mark < show.t]
    return go(show, model, max([playhead.previous_moment(model, show.t), *earlier]))


def _type(show: Show, typed: str) -> Show:
    return look(replace(show, typed=typed), followed=int(typed) - 1, hover=f"#{typed}")


def _lane(show: Show, model: Model, step: int) -> Show:
    lanes = len(seats(model.part(show.view.side, show.view.opened)))
    if not lanes:
        return show
    now = show.view.selected
    begin = 0 if step > 0 else lanes - 1
    return look(show, selected=begin if now is None else min(max(now + step, 0), lanes - 1))


def _next_hop(show: Show, model: Model) -> Show:
    """Open the next band of the side that keys speak to, after the last the first."""
    parts = model.parts[show.view.side]
    now = parts.index(model.part(show.view.side, show.view.opened))
    return open_hop(show, model, show.view.side, (now + 1) % len(parts))


def open_hop(show: Show, model: Model, side: int, number: int) -> Show:
    """Open a band of a side, and fold the others."""
    if len(model.parts[side]) == 1:
        return show
    opened = [*show.view.opened, *[-1] * len(model.stacks)][: len(model.stacks)]
    opened[side] = number
    return look(show, opened=tuple(opened), side=side, selected=None)


def _let_go(show: Show, _model: Model) -> Show:
    """Let go of what is selected and followed, then of the zoom."""
    if show.view.followed is not None or show.view.selected is not None:
        return look(show, followed=None, selected=None)
    return look(show, window=None, hover="")


def _two_sides(show: Show, model: Model, /, **changes: object) -> Show:
    return look(show, **changes) if len(model.stacks) > 1 else show


def _step_on(show: Show, model: Model) -> Show:
    if show.view.step + 1 < len(model.chapter.steps):
        return narrate(show, model, show.view.step + 1)
    return replace(show, chapter=show.chapter + 1) if show.chapter + 1 < show.chapters else show


def _step_back(show: Show, model: Model) -> Show:
    if show.view.step > 0:
        return narrate(show, model, show.view.step - 1)
    return replace(show, chapter=show.chapter - 1) if show.chapter else go(show, model, 0)


def _twin(show: Show, model: Model) -> Show:
    """Turn to the same chapter simulated, or back to the real one."""
    twin = model.chapter.twin
    return show if twin is None else replace(show, chapter=twin)


def _bookmark(show: Show, _model: Model) -> Show:
    return look(show, bookmarks=tuple(sorted(set(show.view.bookmarks) ^ {show.t})))


_DO: dict[str, Callable[[Show, Model], Show]] = {
    "play": _play,
    "cell_on": lambda show, model: step_cells(show, model, 1),
    "cell_back": lambda show, model: step_cells(show, model, -1),
    "cells_on": lambda show, model: step_cells(show, model, 10),
    "cells_back": lambda show, model: step_cells(show, model, -10),
    "event_on": lambda show, model: go(show, model, playhead.next_event(model, show.view, show.t)),
    "event_back": lambda show, model: go(show, model, playhead.previous_event(model, show.view, show.t)),
    "mark_on": _mark_on,
    "mark_back": _mark_back,
    "faster": lambda show, _: look(show, speed=playhead.faster(show.view.speed)),
    "slower": lambda show, _: look(show, speed=playhead.slower(show.view.speed)),
    "opening_speed": lambda show, model: look(show, speed=playhead.opening_speed(model)),
    "start": lambda show, model: go(show, model, 0),
    "end": lambda show, model: go(show, model, model.end),
    "finer": lambda show, _: look(show, cell=playhead.finer(show.view.cell)),
    "coarser": lambda show, _: look(show, cell=playhead.coarser(show.view.cell)),
    "follow": lambda show, _: look(replace(show, typed=""), hover="#"),
    "let_go": _let_go,
    "next_hop": _next_hop,
    "other_side": lambda show, model: _two_sides(show, model, side=1 - show.view.side, selected=None),
    "lane_down": lambda show, model: _lane(show, model, 1),
    "lane_up": lambda show, model: _lane(show, model, -1),
    "sides": lambda show, model: _two_sides(show, model, show=_SIDES[show.view.show]),
    "swap": lambda show, model: _two_sides(show, model, swapped=not show.view.swapped),
    "step_on": _step_on,
    "step_back": _step_back,
    "speaker": lambda show, _: look(show, big=not show.view.big),
    "bookmark": _bookmark,
    "twin": _twin,
}
