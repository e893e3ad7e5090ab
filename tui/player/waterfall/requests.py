"""By request: a row for each request of the window, in order of arrival, with where it was when."""

from __future__ import annotations

import numpy as np

from tui.player.blocks import Blocks
from tui.player.canvas import Canvas, columns, fit
from tui.player.glyphs import glyphs
from tui.player.grid import BOLD, FOLLOW, UNDERLINE, Ink
from tui.player.stack import Stack
from tui.player.steps import FOREVER
from tui.player.waterfall import cells
from tui.player.waterfall.cover import Ints, cover, edges_of
from tui.player.waterfall.fall import Fall
from tui.player.waterfall.innermost import spans_of
from tui.player.waterfall.look import Look
from tui.player.waterfall.plan import Band, Plan, first_shown
from tui.player.waterfall.telling import length, what_of
from tui.player.waterfall.words import WORDS
from tui.words import say


def in_view(fall: Fall, side: int, words: str, window: tuple[int, int]) -> Ints:
    """List the requests of a filter that are open at some time of a window, by arrival."""
    stack = fall.stack(side)
    blocks: Blocks = fall.arrivals(side)
    first = int(np.searchsorted(stack.due, window[0], "right"))
    last = int(np.searchsorted(stack.due, window[1], "left"))
    ids = np.concatenate((blocks.alive(window[0]), np.arange(first, last)))
    mask = fall.mask(side, words)
    return ids if mask is None else ids[mask[ids]]


def draw_requests(
    canvas: Canvas, fall: Fall, look: Look, plan: Plan, band: Band, window: tuple[int, int], language: str
) -> str:
    """Draw a stack by request; give what is to be said beside its name."""
    there = in_view(fall, band.side, look.kept, window)
    if not len(there):
        key = "no match" if look.kept else "nothing"
        canvas.put(band.first, 1, say(WORDS, language, key, words=look.kept), Ink.FAINT)
        return ""
    chosen = min(int(np.searchsorted(there, look.request)), len(there) - 1)
    first = first_shown(chosen, band.rows, len(there))
    shown = there[first : first + band.rows]
    _rows(canvas, fall, look, plan, band, window, shown, language)
    values = {"first": f"{first + 1:,}", "last": f"{first + len(shown):,}", "all": f"{len(there):,}"}
    return say(WORDS, language, "of", **values)


def _rows(
    canvas: Canvas,
    fall: Fall,
    look: Look,
    plan: Plan,
    band: Band,
    window: tuple[int, int],
    shown: Ints,
    language: str,
) -> None:
    stack, edges = fall.stack(band.side), edges_of(window, plan.cells)
    spans = spans_of(stack, shown, window)
    totals = None if spans is None else cover(spans, edges, len(shown))
    for n, request in enumerate(shown.tolist()):
        row = band.first + n
        picked = band.side == look.side and request == look.request
        _label(canvas, plan, look, row, band.side, stack, request, picked)
        if totals is None:
            canvas.put(row, plan.label, fit(say(WORDS, language, "zoom in"), plan.cells), Ink.FAINT)
            continue
        drawn = cells.seat(totals[n], np.diff(edges), glyphs(look.glyphs), holds=False)
        cells.put(canvas, row, plan.label, drawn)
        _took(canvas, plan, stack, row, request, edges)


def _label(
    canvas: Canvas, plan: Plan, look: Look, row: int, side: int, stack: Stack, request: int, picked: bool
) -> None:
    followed = FOLLOW if request == look.followed else 0
    name = f"{'*' if followed else '#'}{request + 1} {what_of(stack, request)}"
    canvas.put(row, 0, ">" if picked else " ", Ink.TEXT | BOLD)
    style = Ink.TEXT | followed | (BOLD | UNDERLINE if picked else 0)
    canvas.put(row, 1, fit(name, plan.label - 2), style)
    canvas.hit(row, 0, plan.width, "request", side, request, name)


def _took(canvas: Canvas, plan: Plan, stack: Stack, row: int, request: int, edges: Ints) -> None:
    """Write how long a request took after its end, where there is room."""
    ended = int(stack.ended[request])
    if ended >= FOREVER or ended > edges[-1]:
        return
    said = length(ended - int(stack.due[request])).replace(" ", "")
    column = plan.label + int(np.searchsorted(edges, ended, "left")) + 1
    if column + columns(said) <= plan.width and canvas.blank(row, column, columns(said)):
        bad = Ink.BLOCK | BOLD if stack.bad[request] else Ink.FAINT
        canvas.put(row, column, said, int(bad))
