"""Moves: what each key does to a look. Pure; whatever moves in time keeps the playhead in the window."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from tui.player import playhead
from tui.player.waterfall.fall import Fall
from tui.player.waterfall.look import Look
from tui.player.waterfall.matching import problem
from tui.player.waterfall.plan import plan_of, window_of
from tui.player.waterfall.requests import in_view
from tui.player.waterfall.words import WORDS
from tui.words import say

Size = tuple[int, int]


def act(fall: Fall, look: Look, action: str, size: Size, language: str) -> Look:
    """Give the look after an action, by its name in the keymap; one that is unknown changes nothing."""
    look = replace(look, said="")
    if action in _CELLS:
        return seek(fall, look, look.t + _CELLS[action] * cell_of(fall, look, size))
    if action in _ROWS:
        plan = plan_of(look, fall.wanted, *size)
        page = next((band.rows for band in plan.bands if band.side == look.side), 1)
        rows, pages = _ROWS[action]
        return step_row(fall, look, rows + pages * page)
    if action in _MARKS:
        return _mark(fall, look, language, forwards=action == "mark_on")
    return _OTHERS[action](fall, look) if action in _OTHERS else look


def seek(fall: Fall, look: Look, t: int) -> Look:
    """Move the playhead, and the window with it where it would leave it."""
    t = playhead.clamp(fall.model, t)
    moved = replace(look, t=t, window=_around(fall, look.window, t))
    return _open_at(fall, moved)


def _around(fall: Fall, window: tuple[int, int] | None, t: int) -> tuple[int, int] | None:
    if window is None or window[0] <= t <= window[1]:
        return window
    length = window[1] - window[0]
    left = min(max(t - length // 2, 0), max(fall.model.end - length, 0))
    return left, left + length


def _open_at(fall: Fall, look: Look) -> Look:
    """Choose a request that is open at the playhead, the oldest, unless the one that was chosen is."""
    stack = fall.stack(look.side)
    if look.request < len(stack.due) and stack.due[look.request] <= look.t < stack.ended[look.request]:
        return look
    there = in_view(fall, look.side, look.kept, (look.t, look.t + 1))
    return replace(look, request=int(there[0])) if len(there) else _chosen(fall, look)


def _chosen(fall: Fall, look: Look) -> Look:
    """Choose, by request, one that is in the window: the nearest to the one that was chosen."""
    there = in_view(fall, look.side, look.kept, window_of(look, fall.model.end))
    if not len(there):
        return look
    near = min(int(np.searchsorted(there, look.request)), len(there) - 1)
    return replace(look, request=int(there[near]))


def cell_of(fall: Fall, look: Look, size: Size) -> int:
    """Give how long a cell is, 1 ns at least."""
    start, end = window_of(look, fall.model.end)
    return max(1, (end - start) // plan_of(look, fall.wanted, *size).cells)


def zoom(fall: Fall, look: Look, t: int, closer: bool) -> Look:
    """Halve or double the window about a time; all of it and a microsecond are the ends."""
    return _chosen(fall, replace(look, window=playhead.zoomed(fall.model, look.window, t, closer)))


def pan(fall: Fall, look: Look, share: int) -> Look:
    """Move the window by a tenth of itself times `share`; the playhead goes along where it must."""
    start, end = window_of(look, fall.model.end)
    left = min(max(start + share * (end - start) // 10, 0), max(fall.model.end - (end - start), 0))
    window = (left, left + end - start) if look.window else None
    t = min(max(look.t, left), left + end - start)
    return _chosen(fall, replace(look, window=window, t=t))


def step_row(fall: Fall, look: Look, rows: int) -> Look:
    """Choose another row; by request one further on may be out of the window, which then follows."""
    if look.by == "lane":
        last = len(fall.places[look.side].rows) - 1
        return replace(look, row=min(max(look.row + rows, 0), max(last, 0)))
    stack, mask = fall.stack(look.side), fall.mask(look.side, look.kept)
    ids = np.arange(len(stack.due)) if mask is None else np.flatnonzero(mask)
    if not len(ids):
        return look
    place = min(max(int(np.searchsorted(ids, look.request)) + rows, 0), len(ids) - 1)
    return show_request(fall, look, int(ids[place]))


def show_request(fall: Fall, look: Look, request: int) -> Look:
    """Choose a request, and move playhead and window to it where it is not in the window."""
    stack = fall.stack(look.side)
    due, ended = int(stack.due[request]), int(stack.ended[request])
    start, end = window_of(look, fall.model.end)
    if due < end and ended > start:
        return replace(look, request=request)
    return replace(look, request=request, t=due, window=_around(fall, look.window, due))


def _mark(fall: Fall, look: Look, language: str, *, forwards: bool) -> Look:
    """Jump to the next mark, and choose its request."""
    marks = fall.notable(look)
    place = marks.after(look.t) if forwards else marks.before(look.t)
    if place is None:
        return replace(look, said=say(WORDS, language, "no mark"))
    side, request = int(marks.sides[place]), int(marks.requests[place])
    shown = look if look.show == "both" else replace(look, show=("left", "right")[side])
    moved = seek(fall, replace(shown, side=side), int(marks.times[place]))
    return replace(moved, request=request) if request >= 0 and _kept(fall, look, side, request) else moved


def _kept(fall: Fall, look: Look, side: int, request: int) -> bool:
    mask = fall.mask(side, look.kept)
    return mask is None or bool(mask[request])


def typed(fall: Fall, look: Look, key: str, character: str | None) -> Look:
    """Give the look after a key while a search or a filter is typed."""
    look = replace(look, said="")
    if key == "escape":
        return replace(look, typing="", typed="")
    if key == "enter":
        words, done = look.typed.strip(), replace(look, typing="", typed="")
        searched, wrong = look.typing == "search", problem(words)
        if wrong:
            return replace(look, said=wrong)
        return _chosen(fall, replace(done, search=words) if searched else replace(done, kept=words))
    if key == "backspace":
        return replace(look, typed=look.typed[:-1])
    return replace(look, typed=look.typed + character) if character and character.isprintable() else look


def _other_side(fall: Fall, look: Look) -> Look:
    side = (look.side + 1) % len(fall.model.stacks)
    shown = look.show if look.show == "both" else ("left", "right")[side]
    return _chosen(fall, replace(look, side=side, show=shown))


def _sides(fall: Fall, look: Look) -> Look:
    if len(fall.model.stacks) < 2:
        return look
    shown = {"both": "left", "left": "right", "right": "both"}[look.show]
    return replace(look, show=shown, side={"left": 0, "right": 1}.get(shown, look.side))


def _follow(_fall: Fall, look: Look) -> Look:
    return replace(look, followed=None if look.followed == look.request else look.request)


def _bookmark(_fall: Fall, look: Look) -> Look:
    return replace(look, bookmarks=tuple(sorted(set(look.bookmarks) ^ {look.t})))


def _let_go(_fall: Fall, look: Look) -> Look:
    """Take off one thing at a time: the search, the filter, who is followed, then the zoom."""
    for field, empty in (("search", ""), ("kept", ""), ("followed", None), ("window", None)):
        if getattr(look, field) != empty:
            return replace(look, **{field: empty})  # type: ignore[arg-type]
    return look


_CELLS = {"cell_on": 1, "cell_back": -1, "cells_on": 10, "cells_back": -10}
_ROWS = {"row_down": (1, 0), "row_up": (-1, 0), "page_down": (0, 1), "page_up": (0, -1)}
"""Action -> how many rows and pages to go."""

_MARKS = ("mark_on", "mark_back")
_OTHERS: dict[str, Callable[[Fall, Look], Look]] = {
    "zoom_in": lambda fall, look: zoom(fall, look, look.t, closer=True),
    "zoom_out": lambda fall, look: zoom(fall, look, look.t, closer=False),
    "start": lambda fall, look: seek(fall, look, 0),
    "end": lambda fall, look: seek(fall, look, fall.model.end),
    "whole": lambda _, look: replace(look, window=None),
    "pan_on": lambda fall, look: pan(fall, look, 5),
    "pan_back": lambda fall, look: pan(fall, look, -5),
    "by": lambda fall, look: _open_at(fall, replace(look, by="request" if look.by == "lane" else "lane")),
    "search": lambda _, look: replace(look, typing="search", typed=look.search),
    "filter": lambda _, look: replace(look, typing="filter", typed=look.kept),
    "other_side": _other_side,
    "sides": _sides,
    "follow": _follow,
    "bookmark": _bookmark,
    "let_go": _let_go,
}
