"""The lane selected by `j` and `k`: its name is underlined, and unless something is pointed at, told of."""

from __future__ import annotations

from dataclasses import replace

from tui.player.grid import BOLD, UNDERLINE, Grid, Line, Span
from tui.player.model import Model
from tui.player.plan import seats
from tui.player.view import View
from tui.widths import width_of


def lanes_of(model: Model, side: int) -> list[int]:
    """List the lanes of a side that `j` and `k` go through: those with a seat of their own."""
    return seats(model.stacks[side])


def with_selected(grid: Grid, model: Model, view: View) -> Grid:
    """Underline the name of the lane selected, if it is on the screen."""
    lanes = lanes_of(model, view.side) if view.selected is not None else []
    if view.selected is None or view.selected >= len(lanes):
        return grid
    lane = lanes[view.selected]
    hit = next((h for h in grid.hits if (h.noun, h.side, h.id) == ("lane", view.side, lane)), None)
    if hit is None:
        return grid
    lines = list(grid.lines)
    lines[hit.row] = underlined(lines[hit.row], hit.column)
    return replace(grid, lines=tuple(lines))


def underlined(line: Line, start: int) -> Line:
    """Underline the word that begins in a column, up to the first two blanks after it."""
    spans: list[Span] = []
    column, text = 0, "".join(span.text for span in line)
    stop = start + width_of(_from(text, start).split("  ")[0])
    for span in line:
        for character in span.text:
            chosen = start <= column < stop
            spans.append(Span(character, span.style | (BOLD | UNDERLINE) if chosen else span.style))
            column += width_of(character)
    return _joined(spans)


def _from(text: str, column: int) -> str:
    at = 0
    for number, character in enumerate(text):
        if at >= column:
            return text[number:]
        at += width_of(character)
    return ""


def _joined(cells: list[Span]) -> Line:
    """Put neighbours of one style together again."""
    spans: list[Span] = []
    for cell in cells:
        if spans and spans[-1].style == cell.style:
            spans[-1] = Span(spans[-1].text + cell.text, cell.style)
        else:
            spans.append(cell)
    return tuple(spans)
