"""The show: the whole state of the app as one frozen value.

Every key and every move of the mouse is a function from a show to another one; the app only keeps the last.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace

from tui.player.model import Model
from tui.player.playhead import advance, clamp, opening, told
from tui.player.view import View


@dataclass(frozen=True, slots=True)
class Show:
    """Where the app is: the chapter, the instant, and the view of it."""

    t: int  # ns since the chapter's start
    view: View
    chapter: int = 0
    chapters: int = 1
    typed: str | None = None  # digits after `f`; None: no number is being typed
    resume: bool = False  # a drag holds the playhead, and play goes on when it lets go
    anchor: tuple[int, int] = (0, 0)  # of a drag: the show's time and the pointer's time where it began


def seek(show: Show, model: Model, t: int) -> Show:
    """Go to an instant, within the chapter; the narration follows."""
    t = clamp(model, t)
    step = bisect_right(model.chapter.steps, t, key=lambda step: step.at) - 1
    return look(replace(show, t=t), step=step)


def narrate(show: Show, model: Model, step: int) -> Show:
    """Go to a step of the narration and to its instant, and pause there."""
    number, t = told(model, step)
    return look(seek(show, model, t), step=number, playing=False)


def pause(show: Show) -> Show:
    """Stop the clock."""
    return look(show, playing=False)


def play_on(show: Show, model: Model, began: int, elapsed: int) -> Show:
    """Let the clock run for `elapsed` ns since the show was at `began`; at the chapter's end it stops."""
    t = advance(model, began, show.view.speed, elapsed)
    moved = seek(show, model, t)
    return pause(moved) if t >= model.end else moved


def look(show: Show, /, **changes: object) -> Show:
    """Change fields of the view."""
    return replace(show, view=replace(show.view, **changes))  # type: ignore[arg-type]


def alongside(show: Show, model: Model) -> Show:
    """Go to the same instant of the chapter that `show.chapter` names, the twin of the one before."""
    followed = show.view.followed
    followed = followed if followed is not None and followed < model.requests else None
    cleared = look(show, followed=followed, selected=None, window=None, opened=())
    return seek(replace(cleared, typed=None), model, show.t)


def arrive(show: Show, model: Model, *, backwards: bool = False) -> Show:
    """Begin the chapter that `show.chapter` names, at its first step, or, backwards, at its last."""
    fresh = opening(model)
    cleared = look(
        show, cell=fresh.cell, speed=fresh.speed, followed=None, selected=None, window=None, opened=()
    )
    steps = len(model.chapter.steps)
    return narrate(look(replace(cleared, typed=None), bookmarks=()), model, steps - 1 if backwards else 0)
