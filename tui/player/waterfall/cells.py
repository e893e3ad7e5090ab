"""Cells: from cover to characters and styles, the same glyphs as on the Stage."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from tui.player.canvas import Canvas
from tui.player.glyphs import Glyphs, style_of
from tui.player.grid import INK, Ink
from tui.player.waterfall.cover import IDLE, SORTS, Ints

LITTLE, NOTHING = SORTS, SORTS + 1

Chars = NDArray[np.uint32]
Styles = NDArray[np.uint8]

INKS = [style_of(kind, True) for kind in range(IDLE + 1)]
_FREE = np.array([*(style_of(kind, False) for kind in range(IDLE + 1)), Ink.FAINT, Ink.FAINT, 0], np.uint8)
_HELD = np.array([*INKS, Ink.FAINT, Ink.FAINT, 0], np.uint8)
_PLAIN = _FREE & INK
_DIGITS = np.frombuffer(" 123456789+.".encode("utf-32-le"), np.uint32)


def seat(cover: Ints, lengths: Ints, glyphs: Glyphs, *, holds: bool) -> tuple[Chars, Styles]:
    """Draw a row of which one thing at a time is told: `cover` has shape (SORTS, cells).

    A cell shows what takes most of it, a full stop if all that is there takes less than half of it.
    """
    total = cover.sum(axis=0)
    what = np.where(total > 0, cover.argmax(axis=0), NOTHING)
    what[(total > 0) & (2 * total < lengths)] = LITTLE
    return _signs(glyphs)[what], (_HELD if holds else _FREE)[what]


def counted(cover: Ints, lengths: Ints) -> tuple[Chars, Styles]:
    """Draw how many there are on the average of each cell: a digit, a plus beyond nine, a stop below 1/2.

    Their colour is that of what most of them do.
    """
    total = cover.sum(axis=0)
    mean = np.minimum((2 * total + lengths) // (2 * lengths), 10)
    mean[(total > 0) & (mean == 0)] = 11
    return _DIGITS[mean], _PLAIN[cover.argmax(axis=0)]


@lru_cache(maxsize=4)
def _signs(glyphs: Glyphs) -> Chars:
    """Give the code of each sort's glyph, then of little and of nothing."""
    return np.frombuffer(f"{glyphs.kinds}.. ".encode("utf-32-le"), np.uint32)


def put(canvas: Canvas, row: int, column: int, drawn: tuple[Chars, Styles]) -> None:
    """Write cells on a canvas."""
    chars, styles = drawn
    canvas.put(row, column, chars.tobytes().decode("utf-32-le"))
    canvas.paint(row, column, styles.tobytes())
