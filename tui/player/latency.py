"""The latency strip: a column a request, the same on both sides; a dot that rises, then a bar."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from tracer.recording import Outcome
from tui.player import braille
from tui.player.client import LETTERS
from tui.player.frame import Band
from tui.player.grid import BOLD, FOLLOW, Hit, Ink
from tui.player.stack import Stack

Ints = NDArray[np.int64]


def draw_latency(band: Band) -> None:
    """Draw the strip of one stack and its headline."""
    row, rows = band.frame.rows.latency
    canvas, half = band.frame.canvas, band.half
    scale = band.frame.model.scale
    canvas.put(row - 1, half.left, band.say("latency"))
    canvas.put(row - 1, half.left + half.label, f"{scale / 1e6:.0f} ms".rjust(half.room), Ink.FAINT)
    shape = columns_of(band.frame.model.requests, half.room)
    bars, dots = heights(band.stack, band.frame.time, 4 * rows, scale)
    bars, dots = fold(bars, shape, half.room), fold(dots, shape, half.room)
    styles = bytes(np.where(bars.reshape(-1, 2).any(axis=1), int(Ink.TEXT), int(Ink.FAINT)).astype(np.uint8))
    for n, text in enumerate(braille.columns(bars, dots, rows, band.frame.glyphs.braille)):
        canvas.put(row + n, half.body, text)
        canvas.paint(row + n, half.body, styles)
    _letters(band, row + rows - 1, shape)
    _follow(band, row, rows, column_of(band.frame.view.followed or 0, shape), _breadth(shape))
    canvas.later.append(lambda: _hits(band, row + rows - 1, shape))


def columns_of(requests: int, room: int) -> tuple[int, int]:
    """Give (half-columns a request, requests a half-column); one of the two is 1, or both.

    Few requests on a wide screen get broad bars, four columns at most.
    """
    if requests <= room:
        return 2 * min(4, max(1, room // max(requests, 1))), 1
    return 1, -(-requests // (2 * room))


def heights(stack: Stack, time: int, height: int, scale: int) -> tuple[Ints, Ints]:
    """Give, for each request due by `time`, the height of its bar and of its dot; 0 for none."""
    due = int(np.searchsorted(stack.due, time, "right"))
    ended = stack.ended[:due]
    over = ended <= time
    ages = np.where(over, ended, time) - stack.due[:due]
    level = np.maximum(1, braille.levels(ages, scale, height))
    return np.where(over & stack.answered[:due], level, 0), np.where(over, 0, level)


def fold(heights: Ints, shape: tuple[int, int], room: int) -> Ints:
    """Spread requests over `room` columns, the highest of those that share a half-column, (2 * room,)."""
    wide, many = shape
    spread = np.repeat(heights, wide)[: 2 * room * many]
    padded = np.zeros(2 * room * many, np.int64)
    padded[: len(spread)] = spread
    return np.asarray(padded.reshape(-1, many).max(axis=1))


def column_of(request: int, shape: tuple[int, int]) -> int:
    """Give the column, from 0, in which a request stands."""
    return request * shape[0] // shape[1] // 2


def _letters(band: Band, row: int, shape: tuple[int, int]) -> None:
    """Write the letter of each bad end at the foot of its column."""
    stack, time = band.stack, band.frame.time
    due = int(np.searchsorted(stack.due, time, "right"))
    for request in np.flatnonzero(stack.bad[:due] & (stack.ended[:due] <= time)).tolist():
        letter = LETTERS[Outcome(int(stack.recording.requests.outcome[request]))]
        band.frame.canvas.put(row, band.half.body + column_of(request, shape), letter, Ink.BLOCK | BOLD)


def _hits(band: Band, row: int, shape: tuple[int, int]) -> Iterator[Hit]:
    """Lay a box over the foot of each column; of requests that share one it tells the slowest."""
    stack, time = band.stack, band.frame.time
    due = int(np.searchsorted(stack.due, time, "right"))
    ages = np.minimum(stack.ended[:due], time) - stack.due[:due]
    many = max(1, 2 * shape[1] // shape[0])
    for first in range(0, due, many):
        request = first + int(ages[first : first + many].argmax())
        how = "took" if stack.ended[request] <= time else "is open"
        column = band.half.body + column_of(first, shape)
        words = band.say(how, n=request + 1, ms=f"{ages[request] / 1e6:.0f}")
        yield Hit(row, column, _breadth(shape), "request", band.side, request, words)


def _breadth(shape: tuple[int, int]) -> int:
    """Give the columns that a request takes."""
    return max(1, shape[0] // 2)


def _follow(band: Band, row: int, rows: int, column: int, broad: int) -> None:
    """Mark what stands in the column of the followed request."""
    canvas, first = band.frame.canvas, band.half.body + column
    if band.frame.view.followed is None or column >= band.half.room:
        return
    for n in range(rows):
        if not canvas.blank(row + n, first, broad):
            for cell in range(broad):
                canvas.add(row + n, first + cell, FOLLOW)
