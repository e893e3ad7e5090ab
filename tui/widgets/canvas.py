"""The canvas: a widget that shows a grid and repaints only the rows that changed.

One region a changed row: many small regions cost three times as much, the whole screen costs the rows
that stand still.
"""

from __future__ import annotations

from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from tui.player.grid import Grid
from tui.themes import Theme
from tui.widgets.paint import strip


class Canvas(Widget, can_focus=False):
    """Shows the grid that it was last given. `frames` and `rows_painted` count, for whoever measures."""

    DEFAULT_CSS = "Canvas { width: 100%; height: 100%; }"

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.palette = theme
        self.grid: Grid | None = None
        self.frames = 0
        self.rows_painted = 0

    def display_grid(self, grid: Grid) -> None:
        """Show a grid from now on."""
        before, self.grid = self.grid, grid
        self.frames += 1
        if before is None or (before.width, before.height) != (grid.width, grid.height):
            self.refresh()
            return
        changed = changed_rows(before, grid)
        if changed:
            self.refresh(*(Region(0, row, grid.width, 1) for row in changed))

    def render_line(self, y: int) -> Strip:
        """Paint one row, as Textual asks."""
        width = self.size.width
        if self.grid is None or y >= self.grid.height:
            return strip(self.palette, (), width)
        self.rows_painted += 1
        return strip(self.palette, self.grid.lines[y], width)


def changed_rows(before: Grid, after: Grid) -> list[int]:
    """List the rows in which two grids of one size differ."""
    pairs = enumerate(zip(before.lines, after.lines, strict=True))
    return [row for row, (old, new) in pairs if old is not new and old != new]
