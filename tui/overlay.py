"""Overlays: lines laid over a whole grid, with a title above. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from tui.player.grid import FILLED, Grid, Line, Span
from tui.widths import fitted, width_of


def row(text: str, width: int, style: int = 0) -> Line:
    """Give a line of one style, cut or filled to a width."""
    return (Span(fitted(text, width), style),)


def title(left: str, right: str, width: int) -> Line:
    """Give the first line of an overlay: what it is, and how to close it."""
    right = f"{right} "
    return row(fitted(left, width - width_of(right)) + right, width, FILLED)


def framed(grid: Grid, left: str, right: str, lines: Sequence[Line]) -> Grid:
    """Lay a title and lines over a grid of any size; what is left below them is blank."""
    width, height = grid.width, grid.height
    blank = [row("", width)] * max(0, height - 1 - len(lines))
    return Grid(width, height, (title(left, right, width), *lines, *blank)[:height])
