"""A grid of cells: what a scene is made of, before any terminal, theme or picture."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple


class Ink(IntEnum):
    """The colour role of a cell. Themes say what colour that is; goldens survive a change of theme."""

    TEXT, FAINT, QUEUE, RUN, BLOCK, WAIT = range(6)


FILLED = 8  # the pair of colours is swapped: this holds a lane
BOLD = 16
BLAME = 32  # the culprit: background colour on text colour
FOLLOW = 64  # the request followed
UNDERLINE = 128
INK = 7  # mask: style & INK is the Ink


class Span(NamedTuple):
    """Neighbouring cells of one style: an Ink or'ed with the attributes above."""

    text: str
    style: int


Line = tuple[Span, ...]


class Hit(NamedTuple):
    """Cells of one row that stand for a noun: what a click there means, and what hovering says."""

    row: int
    column: int
    width: int
    noun: str  # "request", "lane", "queue", "outside", "time", "side", "key"
    side: int  # 0 left, 1 right, -1 neither
    id: int  # of the noun; of "time" the ns since the recording's start
    words: str  # "worker 1 holds #1, BLOCKED"


@dataclass(frozen=True, slots=True)
class Grid:
    """`height` lines, each exactly `width` columns by wcwidth, and the hit boxes upon them."""

    width: int
    height: int
    lines: tuple[Line, ...]
    hits: tuple[Hit, ...] = ()

    def text(self) -> str:
        """Give the characters alone, a line a row."""
        return "\n".join("".join(span.text for span in line) for line in self.lines)

    def at(self, row: int, column: int) -> Hit | None:
        """Give the innermost hit box at a cell: of those that hold it, the narrowest."""
        here = [h for h in self.hits if h.row == row and h.column <= column < h.column + h.width]
        return min(here, key=lambda hit: hit.width, default=None)
