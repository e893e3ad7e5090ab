"""From a line of the grid to a Textual strip, with caches small enough to stay small."""

from __future__ import annotations

from functools import lru_cache

from rich.cells import cell_len
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui.player.grid import Line
from tui.themes import DEFAULT, Theme, look

_KEPT = 256  # strips: a few screens of rows; most rows of a playing screen never come back


@lru_cache(maxsize=1024)
def rich_style(theme: Theme, style: int) -> Style:
    """Give Rich's style for a style of the grid."""
    seen = look(theme, style)
    return Style(
        color=_colour(theme, seen.colour),
        bgcolor=_colour(theme, seen.ground),
        bold=seen.bold or None,
        dim=seen.dim or None,
        underline=seen.underline or None,
        reverse=seen.reverse or None,
    )


@lru_cache(maxsize=_KEPT)
def strip(theme: Theme, line: Line, width: int) -> Strip:
    """Paint one line; it comes out exactly `width` columns wide."""
    segments = [Segment(span.text, rich_style(theme, span.style)) for span in line]
    painted = Strip(segments, sum(cell_len(segment.text) for segment in segments))
    return painted.adjust_cell_length(width, rich_style(theme, 0))


def _colour(theme: Theme, index: int) -> Color | None:
    """Numbered colours make shorter sequences than RGB ones."""
    if theme.plain:
        return None
    return Color.default() if index == DEFAULT else Color.from_ansi(index)
