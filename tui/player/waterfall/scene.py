"""The scene: the whole Timeline as a grid, by lane or by request."""

from __future__ import annotations

import numpy as np

from tui.keymap import footer
from tui.player import braille
from tui.player.canvas import Canvas, columns, fit
from tui.player.grid import BOLD, FILLED, UNDERLINE, Grid, Ink
from tui.player.waterfall.fall import Fall
from tui.player.waterfall.lanes import draw_lanes
from tui.player.waterfall.look import Look
from tui.player.waterfall.plan import SMALLEST, Plan, plan_of, window_of
from tui.player.waterfall.requests import draw_requests
from tui.player.waterfall.ruler import draw_marks, draw_ruler
from tui.player.waterfall.telling import length, telling
from tui.player.waterfall.words import WORDS
from tui.words import say


def scene(fall: Fall, look: Look, size: tuple[int, int], language: str) -> Grid:
    """Draw the timeline at a size. Only what lies in its window is computed."""
    width, height = size
    canvas = Canvas(width, height)
    if width < SMALLEST[0] or height < SMALLEST[1]:
        canvas.put(0, 0, fit(say(WORDS, language, "too small"), width))
        return canvas.freeze()
    plan = plan_of(look, fall.wanted, width, height)
    window = window_of(look, fall.model.end)
    _title(canvas, plan, look, window, language)
    for band in plan.bands:
        _name(canvas, fall, look, band.side, band.first - 1, plan)
        draw = draw_lanes if look.by == "lane" else draw_requests
        said = draw(canvas, fall, look, plan, band, window, language)
        canvas.put(band.first - 1, width - columns(said) - 1, said, Ink.FAINT)
    _load(canvas, fall, look, plan, window, language)
    draw_marks(canvas, fall, look, plan, window, language)
    draw_ruler(canvas, look, plan, window)
    _foot(canvas, fall, look, plan, language)
    return canvas.freeze()


def _title(canvas: Canvas, plan: Plan, look: Look, window: tuple[int, int], language: str) -> None:
    cell = (window[1] - window[0]) // plan.cells
    digits = 3 if cell >= 10**6 else 6 if cell >= 10**3 else 9
    by = say(WORDS, language, f"by {look.by}")
    values = {"by": by, "t": f"{look.t / 1e9:.{digits}f}", "cell": length(cell)}
    told = say(WORDS, language, "title", window=length(window[1] - window[0]), **values)
    if columns(told) > plan.width - 11:
        told = say(WORDS, language, "short title", **values)
    canvas.put(0, 0, " hopscope", Ink.TEXT | BOLD)
    canvas.put(0, plan.width - columns(told) - 1, told)
    shown = columns(told[told.index("?") :])
    canvas.hit(0, plan.width - shown - 1, shown, "key", -1, ord("?"), told[told.index("?") :])


def _name(canvas: Canvas, fall: Fall, look: Look, side: int, row: int, plan: Plan) -> None:
    stack = fall.stack(side)
    name = f"{stack.kind}  {stack.label}" if stack.kind else stack.label
    chosen = UNDERLINE if len(plan.bands) > 1 and side == look.side else 0
    canvas.put(row, 0, fit(name, plan.width - 26), Ink.TEXT | BOLD | chosen)
    canvas.hit(row, 0, plan.width, "side", side, side, name)


def _load(canvas: Canvas, fall: Fall, look: Look, plan: Plan, window: tuple[int, int], language: str) -> None:
    """Draw how many requests are open, the most in each half-cell; of the side that keys speak to."""
    start, end = window
    bounds = start + np.arange(2 * plan.cells + 1, dtype=np.int64) * (end - start) // (2 * plan.cells)
    counts = fall.stack(look.side).open.maxima(bounds)
    most = int(counts.max(initial=0))
    row, rows = plan.load
    bars = braille.levels(counts, most, 4 * rows)
    canvas.put(row, 0, fit(say(WORDS, language, "open", most=most), plan.label - 1), Ink.FAINT)
    lines = braille.columns(bars, np.zeros_like(bars), rows, look.glyphs != "ascii")
    for n, line in enumerate(lines):
        canvas.put(row + n, plan.label, line)


def _foot(canvas: Canvas, fall: Fall, look: Look, plan: Plan, language: str) -> None:
    """Write the sentence, or what is being typed, and the keys."""
    if look.typing:
        told = say(WORDS, language, f"type {look.typing}", typed=look.typed)
        canvas.put(
            plan.said, 0, fit(told if not look.said else f"/{look.typed}_  {look.said}", plan.width), FILLED
        )
    else:
        canvas.put(plan.said, 0, fit(telling(fall, look, language), plan.width))
    column = 1
    for words in footer("timeline", language):
        if column + columns(words) > plan.width:
            break
        canvas.put(plan.said + 1, column, words, Ink.FAINT)
        column += columns(words) + 2
