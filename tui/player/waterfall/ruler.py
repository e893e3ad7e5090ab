"""The ruler: ticks of round times, the marks above it, and the playhead."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tui.player.canvas import Canvas, columns, fit
from tui.player.grid import BOLD, FILLED, Hit, Ink
from tui.player.waterfall.cover import edges_of
from tui.player.waterfall.fall import Fall
from tui.player.waterfall.look import Look
from tui.player.waterfall.plan import Plan
from tui.player.waterfall.words import WORDS
from tui.words import say

APART = 11
"""Columns from one tick to the next, at least."""


def step_of(window: tuple[int, int], cells: int) -> int:
    """Give the time from tick to tick: 1, 2 or 5 times a power of ten of ns."""
    least = (window[1] - window[0]) * APART // cells
    power = 10 ** max(0, len(str(max(least, 1))) - 1)
    return int(next(n * power for n in (1, 2, 5, 10) if n * power >= least))


def tick(t: int, step: int) -> str:
    """Write the time of a tick with as many digits as its neighbours need, in s."""
    digits = next((n for n in range(10) if step % 10 ** (9 - n) == 0), 9)
    return f"{t // 10**9}.{t % 10**9:09d}"[: len(str(t // 10**9)) + 1 + digits].rstrip(".")


def column_of(window: tuple[int, int], cells: int, t: int) -> int:
    """Give the cell that holds a time; -1 if it is not in the window, whose end is in its last cell."""
    start, end = window
    if not start <= t <= end:
        return -1
    edges = edges_of(window, cells)
    return min(int(np.searchsorted(edges, t, "right")) - 1, cells - 1)


def draw_ruler(canvas: Canvas, look: Look, plan: Plan, window: tuple[int, int]) -> None:
    """Draw ticks and the playhead; a click anywhere on the ruler seeks."""
    step = step_of(window, plan.cells)
    row, start = plan.ruler, window[0]
    canvas.put(row, 0, "s", Ink.FAINT)
    canvas.put(row, plan.label, "-" * plan.cells, Ink.FAINT)
    for t in range(-(-start // step) * step, window[1] + 1, step):
        column, said = column_of(window, plan.cells, t), tick(t, step)
        if column + 1 + columns(said) <= plan.cells:
            canvas.put(row, plan.label + column, f"|{said}", Ink.TEXT)
    head = column_of(window, plan.cells, look.t)
    if head >= 0:
        _playhead(canvas, plan, plan.label + head)
    canvas.later.append(lambda: _hits(plan, window))


def _hits(plan: Plan, window: tuple[int, int]) -> Iterator[Hit]:
    for cell, t in enumerate(edges_of(window, plan.cells)[:-1].tolist()):
        for line in range(plan.load[0], plan.ruler + 1):
            yield Hit(line, plan.label + cell, 1, "time", -1, t, f"{t / 1e9:.6f} s")


def _playhead(canvas: Canvas, plan: Plan, column: int) -> None:
    """Draw the playhead through all that is blank."""
    for band in plan.bands:
        for row in range(band.first, band.first + band.rows):
            if canvas.blank(row, column, 1):
                canvas.put(row, column, "¦", Ink.FAINT)
    canvas.put(plan.ruler, column, "^", Ink.TEXT | BOLD | FILLED)


def draw_marks(
    canvas: Canvas, fall: Fall, look: Look, plan: Plan, window: tuple[int, int], language: str
) -> None:
    """Draw the first mark of each cell, and say at the left how many there are."""
    marks = fall.notable(look)
    name = say(WORDS, language, "found" if look.search.strip() else "marks")
    canvas.put(plan.marks, 0, fit(f"{name} {len(marks.times):,}", plan.label - 1), Ink.FAINT)
    places = np.searchsorted(marks.times, edges_of(window, plan.cells))
    for cell in np.flatnonzero(np.diff(places)).tolist():
        letter = chr(int(marks.letters[places[cell]]))
        style = Ink.TEXT | BOLD if letter in "/m" else Ink.BLOCK | BOLD
        canvas.put(plan.marks, plan.label + cell, letter, int(style))
