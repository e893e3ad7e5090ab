"""What the mouse does: pure functions from a show to a show, given the hit box under the pointer."""

from __future__ import annotations

from dataclasses import replace

from tui.player.grid import Grid, Hit
from tui.player.model import Model
from tui.player.plan import seats
from tui.player.playhead import zoomed
from tui.reduce import open_hop, step_cells
from tui.show import Show, look, pause, seek

_KEYS = {
    " ": "space",
    "\r": "enter",
    ",": "comma",
    ".": "full_stop",
    "[": "left_square_bracket",
    "]": "right_square_bracket",
    "-": "minus",
    "+": "plus",
    "?": "question_mark",
}
"""A character -> Textual's name of its key."""


def time_at(grid: Grid, column: int) -> int | None:
    """Tell which instant of the timeline stands over a column; outside of it, the nearest."""
    cells = [hit for hit in grid.hits if hit.noun == "time"]
    near = min(cells, key=lambda hit: _distance(hit, column), default=None)
    return None if near is None else near.id


def key_of(hit: Hit) -> str:
    """Give Textual's name of the key that is written at a hit box of the noun "key"."""
    return _KEYS.get(chr(hit.id), chr(hit.id))


def click(show: Show, model: Model, hit: Hit | None) -> Show:
    """Follow the request clicked, or select the lane."""
    if hit is None or hit.side < 0:
        return show
    if hit.noun == "hop":
        return open_hop(show, model, hit.side, hit.id)
    show = look(show, side=hit.side, selected=show.view.selected if hit.side == show.view.side else None)
    if hit.noun == "request":
        return look(show, followed=hit.id)
    lanes = seats(model.part(hit.side, show.view.opened))
    return look(show, selected=lanes.index(hit.id)) if hit.noun == "lane" and hit.id in lanes else show


def grab(show: Show, model: Model, t: int) -> Show:
    """Seek to where the timeline was pressed; it stays paused while the button is down."""
    return replace(seek(pause(show), model, t), resume=show.view.playing, anchor=(t, t))


def drag(show: Show, model: Model, t: int, *, slowly: bool = False) -> Show:
    """Scrub to the instant under the pointer; slowly: by a tenth of the way from where it began."""
    began, pointer = show.anchor
    if slowly:
        return seek(show, model, began + (t - pointer) // 10)
    return replace(seek(show, model, t), anchor=(t, t))


def release(show: Show) -> Show:
    """Let go of the timeline: play goes on if it did before."""
    return look(replace(show, resume=False), playing=show.resume)


def wheel(show: Show, model: Model, hit: Hit | None, step: int) -> Show:
    """Turn the wheel: over the timeline it zooms at the pointer, elsewhere it moves one cell of time."""
    if hit is None or hit.noun != "time":
        return step_cells(show, model, step)
    return look(show, window=zoomed(model, show.view.window, hit.id, closer=step < 0))


def hover(show: Show, hit: Hit | None) -> Show:
    """Say in words what is under the pointer."""
    words = hit.words if hit is not None and hit.noun != "key" else ""
    return show if words == show.view.hover else look(show, hover=words)


def _distance(hit: Hit, column: int) -> int:
    last = hit.column + hit.width - 1
    return max(hit.column - column, column - last, 0)
