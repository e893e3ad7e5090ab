"""A small scene over a real model: tests of the shell use it, so that they are only about the shell."""

from __future__ import annotations

from fractions import Fraction

from rich.cells import cell_len
from waits import MS, asynchronous, blocking

from tui.player.chapter import Chapter, Side, Step
from tui.player.grid import FOLLOW, Grid, Hit, Ink, Span
from tui.player.model import Model
from tui.player.view import View
from tui.show import Show
from tui.stagecraft import Stagecraft

LEFT = Side(blocking(), "BLOCKING", "gunicorn")
RIGHT = Side(asynchronous(), "ASYNC", "uvicorn")
STEPS = tuple(Step(at * MS, {"en": f"at {at}"}) for at in (20, 98, 800))
MODEL = Model.of(Chapter({"en": "waits"}, (LEFT, RIGHT), STEPS))
ALONE = Model.of(Chapter({"en": "alone"}, (LEFT,)))
END = MODEL.end


def show(t: int = 100 * MS, **view) -> Show:
    return Show(t, View(**({"cell": 5 * MS, "speed": Fraction(1, 16)} | view)))


def frame(view: View, t: int, size: tuple[int, int], language: str) -> Grid:
    """Four rows that say all there is, then the timeline."""
    width, height = size
    words = [
        f"t {t}",
        f"{view.show} {view.side} {view.swapped} {view.followed} {view.selected} {view.step} {view.speed}",
        view.hover or language,
        "#7  worker 1  한글",
    ]
    lines = [
        _line(word, width, FOLLOW if row == 3 and view.followed == 6 else 0) for row, word in enumerate(words)
    ]
    lines += [_line("", width, 0)] * (height - 5) + [_line("-" * width, width, Ink.FAINT)]
    cells = [Hit(height - 1, column, 1, "time", -1, END * column // width, "") for column in range(width)]
    return Grid(width, height, tuple(lines), (*HITS, *cells))


HITS = (
    Hit(3, 0, 3, "request", 0, 6, "#7 waits"),
    Hit(3, 4, 8, "lane", 1, 0, "worker 1 is idle"),
    Hit(0, 0, 1, "key", -1, ord(" "), "space play"),
)


def _line(text: str, width: int, style: int) -> tuple[Span, ...]:
    room = width - cell_len(text)
    return (Span(text + " " * room, style),) if room >= 0 else (Span(text[:width], style),)


def stage() -> Stagecraft:
    return Stagecraft(MODEL, frame)
