"""Plots: curves in a box of cells, with titles, ticks, and a letter on each curve. Pure.

Curves are braille, two by four dots a cell. Which is whose is told by a letter that stands on the curve, so
that no colour is needed; where glyphs are ascii the whole curve is of letters.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tui.player import braille
from tui.player.canvas import Canvas, columns, fit
from tui.player.grid import BOLD, UNDERLINE, Ink

F8 = NDArray[np.float64]
GUTTER = 6  # columns of the labels of y
_LEFT = np.array([0x40, 0x04, 0x02, 0x01])  # bits of a half-cell's dots, lowest first
_RIGHT = np.array([0x80, 0x20, 0x10, 0x08])


class Box(NamedTuple):
    """Where a plot stands."""

    row: int
    column: int
    width: int
    height: int

    @property
    def halves(self) -> int:
        """How many values a curve has: two a column."""
        return 2 * max(1, self.width - GUTTER - 1)

    @property
    def rows(self) -> int:
        """Rows of the curves, without title and ruler."""
        return max(1, self.height - 2)


class Tick(NamedTuple):
    """A label at a place from 0 (left, below) to 1."""

    place: float
    label: str


class Curve(NamedTuple):
    """Heights from 0 to 1, one a half-column; NaN where there is none."""

    letter: str
    ink: Ink
    heights: F8


@dataclass(frozen=True, slots=True, eq=False)
class Plot:
    """One plot, laid out for a number of half-columns."""

    title: str
    x: Sequence[Tick]
    y: Sequence[Tick]
    curves: Sequence[Curve]


def draw(canvas: Canvas, box: Box, plot: Plot, *, dots: bool = True, chosen: bool = False) -> None:
    """Draw a plot into its box; the chosen one's title is underlined."""
    style = Ink.TEXT | BOLD | (UNDERLINE if chosen else 0)
    canvas.put(box.row, box.column, fit(plot.title, box.width), style)
    _y_labels(canvas, box, plot.y)
    _x_labels(canvas, box, plot.x)
    cells = [(curve, _cells(curve.heights, box.rows)) for curve in plot.curves]
    if dots:
        _dots(canvas, box, cells)
    _letters(canvas, box, cells, everywhere=not dots)


def _cells(heights: F8, rows: int) -> NDArray[np.int64]:
    """Give the dots of a curve as braille bits, shape (rows, columns), the top row first.

    Neighbouring heights are joined by a vertical run, so that a step is one line.
    """
    top = 4 * rows - 1
    known = np.isfinite(heights)
    at = np.where(known, np.rint(np.clip(np.nan_to_num(heights), 0, 1) * top), -1).astype(np.int64)
    before = np.where(np.roll(known, 1) & known, np.roll(at, 1), at)
    before[0] = at[0]
    low = np.minimum(at, np.where(before < at, before + 1, before))
    high = np.maximum(at, np.where(before > at, before - 1, before))
    level = np.arange(4 * rows)[:, None]
    on = (level >= low) & (level <= high) & known
    bits = np.zeros((rows, (len(heights) + 1) // 2), np.int64)
    for dot in range(4):
        lit = on[dot::4][::-1]
        bits |= np.where(lit[:, 0::2], _LEFT[dot], 0)
        bits[:, : lit.shape[1] // 2] |= np.where(lit[:, 1::2], _RIGHT[dot], 0)
    return bits


Cells = Sequence[tuple[Curve, NDArray[np.int64]]]


def _dots(canvas: Canvas, box: Box, cells: Cells) -> None:
    """Write all curves; a cell where two meet is nobody's colour."""
    for row in range(box.rows):
        bits = np.bitwise_or.reduce([drawn[row] for _, drawn in cells])
        owners = np.sum([drawn[row] > 0 for _, drawn in cells], axis=0)
        styles = np.full(len(bits), int(Ink.TEXT), np.uint8)
        for curve, drawn in cells:
            styles[(drawn[row] > 0) & (owners == 1)] = int(curve.ink)
        canvas.put(box.row + 1 + row, box.column + GUTTER, braille.text(bits))
        canvas.paint(box.row + 1 + row, box.column + GUTTER, styles.tobytes())


def _letters(canvas: Canvas, box: Box, cells: Cells, *, everywhere: bool) -> None:
    """Put each curve's letter on it: at every column, or at some, those of two curves not at the same."""
    if len(cells) < 2 and not everywhere:
        return
    for number, (curve, drawn) in enumerate(cells):
        width = drawn.shape[1]
        step = 1 if everywhere else max(4, width // 3)
        for column in range(0 if everywhere else step // 3 + number * step // 2, width, step):
            rows = np.flatnonzero(drawn[:, column])
            if not len(rows):
                continue
            row, at = box.row + 1 + int(rows[0]), box.column + GUTTER + column
            both = everywhere and canvas.text(row, at, 1).isalpha()
            canvas.put(row, at, "*" if both else curve.letter, curve.ink | BOLD)


def _y_labels(canvas: Canvas, box: Box, ticks: Sequence[Tick]) -> None:
    used: set[int] = set()
    for tick in ticks:
        row = box.row + box.rows - round(tick.place * (box.rows - 1))
        if row not in used:
            used.add(row)
            label = fit(tick.label, GUTTER - 1)
            canvas.put(row, box.column + GUTTER - 1 - columns(label), label, Ink.FAINT)


def _x_labels(canvas: Canvas, box: Box, ticks: Sequence[Tick]) -> None:
    """Write the labels of x; one that would touch its neighbour is left out."""
    row, width, end = box.row + box.rows + 1, box.halves // 2, -1
    for tick in ticks:
        size = columns(tick.label)
        at = min(max(0, round(tick.place * (width - 1)) - size // 2), width - size)
        if at > end and at >= 0:
            canvas.put(row, box.column + GUTTER + at, tick.label, Ink.FAINT)
            end = at + size


def span_of(ns: float) -> str:
    """Write a span of time in at most five columns: `950us`, `1.2ms`, `12 s` without the space."""
    for size, unit in ((1e9, "s"), (1e6, "ms"), (1e3, "us")):
        if ns >= size * 0.9995:
            value = ns / size
            return f"{value:.3g}{unit}" if value < 99.5 else f"{value:.0f}{unit}"
    return f"{ns:.0f}ns"


def number_of(value: float) -> str:
    """Write a number in at most five columns: `0.25`, `12`, `1.2k`, `3M`."""
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size * 0.9995:
            return f"{value / size:.3g}{unit}"
    return f"{value:.3g}"


def log_ticks(low: float, high: float) -> list[Tick]:
    """Label round numbers of ns on a logarithmic axis: powers of ten, and more of them if there are few."""
    span = math.log10(high / low)
    digits = (1, 1.5, 2, 3, 5, 7) if span < 1 else (1, 2, 5) if span < 2 else (1,)
    values = [d * 10.0**p for p in range(int(math.log10(low)), int(math.log10(high)) + 1) for d in digits]
    return [Tick(math.log10(v / low) / span, span_of(v)) for v in values if low <= v <= high]
