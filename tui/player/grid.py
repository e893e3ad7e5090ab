"""A grid of cells: what a scene is made of, before any terminal, theme or picture."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from typing import NamedTuple, overload


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


class Hits(Sequence[Hit]):
    """Hit boxes of which some are made when they are first looked at: a mouse asks, most frames nobody."""

    def __init__(self, made: Iterable[Hit], later: Iterable[Callable[[], Iterable[Hit]]] = ()) -> None:
        self._made, self._later = tuple(made), tuple(later)

    @cached_property
    def _all(self) -> tuple[Hit, ...]:
        return (*self._made, *(hit for make in self._later for hit in make()))

    def __iter__(self) -> Iterator[Hit]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    @overload
    def __getitem__(self, index: int) -> Hit: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Hit, ...]: ...

    def __getitem__(self, index: int | slice) -> Hit | tuple[Hit, ...]:
        return self._all[index]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self._all == tuple(other)

    def __hash__(self) -> int:
        return hash(self._all)


@dataclass(frozen=True, slots=True)
class Grid:
    """`height` lines, each exactly `width` columns by wcwidth, and the hit boxes upon them."""

    width: int
    height: int
    lines: tuple[Line, ...]
    hits: Sequence[Hit] = ()

    def text(self) -> str:
        """Give the characters alone, a line a row."""
        return "\n".join("".join(span.text for span in line) for line in self.lines)

    def at(self, row: int, column: int) -> Hit | None:
        """Give the innermost hit box at a cell: of those that hold it, the narrowest."""
        here = [h for h in self.hits if h.row == row and h.column <= column < h.column + h.width]
        return min(here, key=lambda hit: hit.width, default=None)
