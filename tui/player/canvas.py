"""The canvas: cells that are written over and over, and in the end frozen into a Grid."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from functools import lru_cache

from tui.player.grid import INK, Grid, Hit, Hits, Ink, Line, Span

_RUNS = re.compile(rb"(?s)(.)\1*")
_NARROW = re.compile("[ -~«»¦◦░►▐\u2800-\u28ff]*")
"""Texts of one column a character, most of those on the screen."""

_KNOWN = (
    "[ -~\u00a1-\u00ac\u00ae-\u02ff\u0370-\u0377\u037b-\u037f\u0384-\u0482\u048a-\u052f"  # Latin to Cyrillic
    "\u2010-\u2027\u2030-\u205e\u2190-\u2319\u2500-\u25fc\u2800-\u28ff"  # signs, arrows, boxes, braille
    "\u3001-\u3029\u3041-\u3096\u30a1-\u30ff\u4e00-\u9fff\uac00-\ud7a3\uff01-\uff60]"  # Chinese to Korean
)
"""Characters whose width is told alike everywhere; in place of any other stands a question mark."""


def width(char: str) -> int:
    """Count the columns of a character that `clean` left: two for Hangul."""
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def columns(text: str) -> int:
    """Count the columns that a text takes."""
    return len(text) if _NARROW.fullmatch(text) else sum(map(width, text))


def clean(text: str) -> str:
    """Replace what must not reach a terminal (control characters) or whose width is not sure."""
    if _NARROW.fullmatch(text):
        return text
    known = re.compile(_KNOWN).match  # compiled when first needed: a start has no 2 ms for it
    composed = unicodedata.normalize("NFC", text)
    return "".join(char if known(char) and char.isprintable() else "?" for char in composed)


def fit(text: str, room: int) -> str:
    """Cut a text so that it takes `room` columns at most; what was cut ends in a full stop."""
    text = clean(text)
    if columns(text) <= room:
        return text
    kept = ""
    for char in text:
        if columns(kept) + width(char) > room - 1:
            break
        kept += char
    return kept + "." if room > 0 else ""


class Canvas:
    """`height` rows of `width` cells, blank at first."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._chars = [[" "] * width for _ in range(height)]
        self._styles = [bytearray(width) for _ in range(height)]
        self.hits: list[Hit] = []
        self.later: list[Callable[[], Iterable[Hit]]] = []  # what makes more of them, if somebody looks

    def put(self, row: int, column: int, text: str, style: int = Ink.TEXT) -> None:
        """Write a text; what lies outside the canvas is cut off."""
        if not 0 <= row < self.height or column >= self.width or not text:
            return
        if column < 0:
            text, column = text[-column:], 0
        cells = list(text) if _NARROW.fullmatch(text) else _spread(clean(text))
        cells = _whole(cells[: self.width - column])
        here, after = self._chars[row], column + len(cells)
        if not here[column]:  # the second half of a wide character: the first one goes too
            here[column - 1] = " "
        if after < self.width and not here[after]:
            here[after] = " "
        here[column:after] = cells
        self._styles[row][column : column + len(cells)] = bytes((style,)) * len(cells)

    def paint(self, row: int, column: int, styles: bytes) -> None:
        """Give cells new styles and leave their characters."""
        if 0 <= row < self.height and 0 <= column < self.width:
            styles = styles[: self.width - column]
            self._styles[row][column : column + len(styles)] = styles

    def add(self, row: int, column: int, attribute: int) -> None:
        """Or an attribute to one cell."""
        if 0 <= row < self.height and 0 <= column < self.width:
            self._styles[row][column] |= attribute

    def text(self, row: int, column: int, width: int) -> str:
        """Give what is written in some cells of a row."""
        return "".join(self._chars[row][column : column + width])

    def blank(self, row: int, column: int, width: int) -> bool:
        """Tell whether nothing is written in these cells, all of which lie on the canvas."""
        inside = 0 <= row < self.height and column >= 0 and column + width <= self.width
        return inside and all(char == " " for char in self._chars[row][column : column + width])

    def hit(self, row: int, column: int, width: int, noun: str, side: int, id: int, words: str) -> None:  # noqa: A002
        """Lay a hit box over cells of a row."""
        self.hits.append(Hit(row, column, width, noun, side, id, words))

    def freeze(self) -> Grid:
        """Give what was drawn as a Grid."""
        rows = zip(self._chars, self._styles, strict=True)
        lines = tuple(_line("\0".join(chars), bytes(styles)) for chars, styles in rows)
        return Grid(self.width, self.height, lines, Hits(self.hits, self.later))


def _spread(text: str) -> list[str]:
    """One entry a column: a wide character is followed by an empty one."""
    return [part for char in text for part in ((char, "") if width(char) == 2 else (char,))]


def _whole(cells: list[str]) -> list[str]:
    """Replace a wide character whose second half was cut off."""
    if cells and cells[-1] and width(cells[-1]) == 2:
        cells[-1] = " "
    return cells


@lru_cache(maxsize=512)
def _line(row: str, styles: bytes) -> Line:
    """Give a row, its cells parted by NUL, as a line; the same row is the same object, most stand still."""
    chars = row.split("\0")
    runs = (match.span() for match in _RUNS.finditer(styles))
    return tuple(Span("".join(chars[a:b]), styles[a]) for a, b in runs)


def ink_of(style: int) -> Ink:
    """Give the colour role of a style, its attributes taken off."""
    return Ink(style & INK)
