"""Crowds: more requests than tokens have room for, drawn as dots, one dot one request."""

from __future__ import annotations

from itertools import count

from tui.player import braille
from tui.player.frame import Band


def worth(number: int, room: int) -> int:
    """Give how many requests a dot must stand for, of 1, 2, 5, 10, …, so that `room` dots suffice."""
    steps = (digit * 10**k for k in count() for digit in (1, 2, 5))
    return int(next(step for step in steps if -(-number // step) <= room))


def draw_crowd(band: Band, row: int, rows: int, number: int, style: int, words: str) -> None:
    """Draw dots from the top row down, each row against the right side."""
    canvas, room = band.frame.canvas, band.half.room
    each = worth(number, 8 * room * rows)
    dots = -(-number // each)
    for n in range(rows):
        text = braille.crowd(min(dots, 8 * room), band.frame.glyphs.braille)
        canvas.put(row + n, band.half.line - len(text), text, style)
        canvas.hit(row + n, band.half.body, room, "queue", band.side, number, words)
        dots -= min(dots, 8 * room)
    if each > 1 and rows > 2:
        canvas.put(row + 2, band.half.left, f"x{each:,}".rjust(band.half.label - 1))
