"""By lane: a row for each queue, lane and outside, hop by hop."""

from __future__ import annotations

import numpy as np

from tui.player.canvas import Canvas, fit
from tui.player.glyphs import glyphs, number
from tui.player.grid import BOLD, FOLLOW, UNDERLINE, Ink
from tui.player.waterfall import cells
from tui.player.waterfall.cover import OTHER, edges_of
from tui.player.waterfall.fall import Fall
from tui.player.waterfall.look import Look
from tui.player.waterfall.places import Place, Places
from tui.player.waterfall.plan import Band, Plan, first_shown
from tui.player.waterfall.words import WORDS
from tui.words import say

NUMBERED = 6
"""A phase of so many cells carries its request's number."""


def draw_lanes(
    canvas: Canvas, fall: Fall, look: Look, plan: Plan, band: Band, window: tuple[int, int], language: str
) -> str:
    """Draw a stack by lane; give what is to be said beside its name."""
    places = fall.places[band.side]
    chosen = min(look.row, len(places.rows) - 1) if band.side == look.side else 0
    first = first_shown(chosen, band.rows, len(places.rows))
    shown = places.rows[first : first + band.rows]
    totals, lengths = fall.cover(band.side, look.kept, window, plan.cells)
    kinds = glyphs(look.glyphs)
    for n, place in enumerate(shown):
        row, mine = band.first + n, totals[first + n]
        if seat_of(places, place):
            cells.put(canvas, row, plan.label, cells.seat(mine, lengths, kinds, holds=True))
        else:
            cells.put(canvas, row, plan.label, cells.counted(mine, lengths))
        picked = band.side == look.side and first + n == chosen
        _label(
            canvas, plan, band.side, row, first + n, name_of(places, place, plan.label - 2, language), picked
        )
    if places.rows:
        _numbers(canvas, fall, look, plan, band, window, first)
    if look.counted < 1 and (band.side, look.kept) not in fall.densities and fall.long(band.side):
        return say(WORDS, language, "counting", done=look.counted)
    values = {"first": first + 1, "last": first + len(shown), "all": len(places.rows)}
    return say(WORDS, language, "rows", **values) if len(shown) < len(places.rows) else ""


def seat_of(places: Places, place: Place) -> bool:
    """Whether one at a time is told of a row: it is a lane that one can hold."""
    return place.lane >= 0 and int(places.stack.recording.lanes.capacity[place.lane]) == 1


def name_of(places: Places, place: Place, room: int, language: str) -> str:
    """Give what a row is called, with its hop where there are several."""
    own = places.stack.tree.label(place.lane) if place.lane >= 0 else say(WORDS, language, place.noun)
    if place.lane >= 0 and len(own) + len(place.hop) + 1 > room:
        own = places.stack.tree.short(place.lane)
    return f"{place.hop} {own}" if place.hop and not own.startswith(place.hop) else own


def _label(canvas: Canvas, plan: Plan, side: int, row: int, number_: int, name: str, picked: bool) -> None:
    canvas.put(row, 0, ">" if picked else " ", Ink.TEXT | BOLD)
    canvas.put(row, 1, fit(name, plan.label - 2), Ink.TEXT | (BOLD | UNDERLINE if picked else 0))
    canvas.hit(row, 0, plan.width, "row", side, number_, name)


def _numbers(
    canvas: Canvas, fall: Fall, look: Look, plan: Plan, band: Band, window: tuple[int, int], first: int
) -> None:
    """Write in each long phase of a seat whose it is; the followed one is marked wherever it is seen."""
    least = NUMBERED * (window[1] - window[0]) // plan.cells
    spans, requests = fall.numbered(band.side, look.kept, window, look.followed, least)
    edges = edges_of(window, plan.cells)
    left = np.searchsorted(edges, np.maximum(spans.start, edges[0]), "right") - 1
    width = np.searchsorted(edges, np.minimum(spans.end, edges[-1]), "left") - left
    followed = requests == (-1 if look.followed is None else look.followed)
    seats = np.array([seat_of(fall.places[band.side], place) for place in fall.places[band.side].rows])
    shown = (spans.row >= first) & (spans.row < first + band.rows) & seats[spans.row]
    shown &= followed | ((width >= NUMBERED) & (spans.sort != OTHER))
    before: dict[int, int] = {}
    for n in np.flatnonzero(shown).tolist():
        row, column = band.first + int(spans.row[n]) - first, plan.label + int(left[n])
        if followed[n]:
            _follow(canvas, row, column, int(width[n]))
        if before.get(row) != requests[n]:
            _number(
                canvas, row, column, int(width[n]), int(requests[n]), int(spans.sort[n]), bool(followed[n])
            )
        before[row] = int(requests[n])


def _follow(canvas: Canvas, row: int, column: int, width: int) -> None:
    for cell in range(column, column + width):
        canvas.add(row, cell, FOLLOW)


def _number(
    canvas: Canvas, row: int, column: int, width: int, request: int, sort: int, followed: bool
) -> None:
    said = number(request, followed)
    if width > len(said):
        style = cells.INKS[sort] if sort < len(cells.INKS) else int(Ink.FAINT)
        canvas.put(row, column + 1, said, style | (FOLLOW if followed else 0))
