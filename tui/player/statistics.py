"""The statistics screen's picture: figures of one or two recordings, and five plots of them. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tracer.analysis.spread import log_edges
from tracer.analysis.statistics import Statistics
from tui.keymap import footer
from tui.player.canvas import Canvas, columns, fit
from tui.player.glyphs import glyphs as glyph_set
from tui.player.grid import BOLD, Grid, Ink
from tui.player.plot import F8, Box, Curve, Plot, Tick, draw, log_ticks, number_of, span_of
from tui.words import Table, say

WORDS: Table = {
    "title": {"en": "statistics", "ko": "통계"},
    "help": {"en": "? help", "ko": "? 도움말"},
    "of": {"en": "of", "ko": "대상"},
    "requests": {"en": "whole requests", "ko": "요청 전체"},
    "hop": {"en": "visits at {hop}", "ko": "{hop} 방문"},
    "every path": {"en": "every path", "ko": "모든 경로"},
    "path": {"en": "path {path}", "ko": "경로 {path}"},
    "measuring": {"en": "measuring {share} %, Esc stops", "ko": "재는 중 {share} %, Esc 멈춤"},
    "stopped": {"en": "stopped; h or p measures again", "ko": "멈춤. h나 p로 다시 잽니다"},
    "no hop": {"en": "this recording has no such hop", "ko": "이 기록에는 그 홉이 없습니다"},
    "no answer": {"en": "nothing was answered", "ko": "응답이 하나도 없습니다"},
    "count": {"en": "count", "ko": "개수"},
    "rate": {"en": "per s", "ko": "초당"},
    "held": {"en": "held", "ko": "점유"},
    "waits": {"en": "queue", "ko": "대기"},
    "max": {"en": "max", "ko": "최대"},
    "spread": {"en": "latency: share of answers", "ko": "지연: 응답의 비율"},
    "curve": {"en": "latency by percentile", "ko": "백분위별 지연"},
    "throughput": {"en": "answers per s", "ko": "초당 응답"},
    "utilisation": {"en": "held share", "ko": "점유율"},
    "queue": {"en": "queue, most", "ko": "대기열, 최대"},
}

PLOTS = ("spread", "curve", "throughput", "utilisation", "queue")
LETTERS = "LR"
INKS = (Ink.RUN, Ink.WAIT)


@dataclass(frozen=True, slots=True)
class View:
    """What is shown: of which hop and path, which plot is chosen, and whether it has the screen alone."""

    hop: tuple[str | None, ...] | None = None  # of each side the name of its hop; None: whole requests
    path: str | None = None
    plot: int = 0
    alone: bool = False
    language: str = "en"
    glyphs: str = "narrow"


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """What is known: of each side its name and statistics (None: no such hop); `share` is 1 when all is."""

    names: Sequence[str]
    sides: Sequence[Statistics | None] = ()
    share: float = 1.0
    stopped: bool = False


def picture(title: str, view: View, measured: Measured, size: tuple[int, int]) -> Grid:
    """Draw the screen."""
    canvas = Canvas(*size)
    _head(canvas, title, view, measured)
    rows = _table(canvas, view, measured)
    sides = [(n, side) for n, side in enumerate(measured.sides) if side is not None and len(side.spread)]
    if sides:
        for name, box in _boxes(canvas, rows, view):
            plot = plot_of(name, sides, box, view.language)
            chosen = PLOTS[view.plot] == name
            draw(canvas, box, plot, dots=glyph_set(view.glyphs).braille, chosen=chosen)
            for row in range(box.row, box.row + box.height):
                canvas.hit(row, box.column, box.width, "plot", -1, PLOTS.index(name), plot.title)
    elif measured.sides:
        canvas.put(rows + 1, 1, say(WORDS, view.language, "no answer"), Ink.FAINT)
    foot(canvas, "statistics", view.language)
    return canvas.freeze()


def foot(canvas: Canvas, screen: str, language: str) -> None:
    """Write the keys at the foot, as many as there is room for."""
    column = 1
    for words in footer(screen, language):
        if column + columns(words) <= canvas.width:
            canvas.put(canvas.height - 1, column, words, Ink.FAINT)
        column += columns(words) + 2


def head(canvas: Canvas, screen: str, title: str, right: str) -> None:
    """Write the first row: which screen, of what, and what stands at the right."""
    start = canvas.width - columns(right) - 1
    canvas.put(0, 0, fit(f" hopscope  {screen}  {title}", start - 1), Ink.TEXT | BOLD)
    canvas.put(0, start, right)


def hop_label(names: Sequence[str | None]) -> str:
    """Name the hops that are laid over each other: once if they are called alike."""
    return " | ".join(dict.fromkeys(name or "-" for name in names))


def _head(canvas: Canvas, title: str, view: View, measured: Measured) -> None:
    language = view.language
    head(canvas, say(WORDS, language, "title"), title, say(WORDS, language, "help"))
    what = (
        say(WORDS, language, "hop", hop=hop_label(view.hop))
        if view.hop
        else say(WORDS, language, "requests"),
        say(WORDS, language, "path", path=view.path) if view.path else say(WORDS, language, "every path"),
    )
    canvas.put(1, 1, f"{say(WORDS, language, 'of')} ", Ink.FAINT)
    canvas.put(1, 2 + columns(say(WORDS, language, "of")), fit(", ".join(what), canvas.width - 30))
    if measured.stopped or measured.share < 1:
        word = "stopped" if measured.stopped else "measuring"
        said = say(WORDS, language, word, share=round(100 * measured.share))
        canvas.put(1, canvas.width - columns(said) - 1, said, Ink.QUEUE | BOLD)


_FIGURES = ("count", "rate", "p50", "p90", "p95", "p99", "p99.9", "max", "held", "waits")


def _table(canvas: Canvas, view: View, measured: Measured) -> int:
    """Write a row of figures a side; give the next free row."""
    cell = 6
    first = canvas.width - 1 - cell * len(_FIGURES)
    for n, key in enumerate(_FIGURES):
        name = say(WORDS, view.language, key) if key in WORDS else key
        canvas.put(2, first + n * cell + cell - columns(name), name, Ink.FAINT)
    row = 3
    for n, name in enumerate(measured.names):
        letter = f"{LETTERS[n]} " if len(measured.names) > 1 else ""
        canvas.put(row, 1, letter, INKS[n] | BOLD)
        canvas.put(row, 1 + len(letter), fit(name, first - 2 - len(letter)))
        if n < len(measured.sides):
            _figures(canvas, row, first, cell, measured.sides[n], view.language)
        row += 1
    return row + (canvas.height >= 30)


def _figures(canvas: Canvas, row: int, first: int, cell: int, side: Statistics | None, language: str) -> None:
    if side is None:
        canvas.put(row, first, say(WORDS, language, "no hop"), Ink.FAINT)
        return
    for n, text in enumerate(figures(side)):
        canvas.put(row, first + n * cell + cell - columns(text), text)


def figures(side: Statistics) -> list[str]:
    """Write the figures of a side, `-` for what is not known."""
    percents = [side.spread.percentile(percent) for percent in (50, 90, 95, 99, 99.9, 100)]
    life = float(side.course.life[-1])
    rate = number_of(len(side.spread) / side.duration * 1e9) if side.duration else "-"
    return [
        number_of(side.count),
        rate,
        *("-" if ns is None else span_of(ns) for ns in percents),
        f"{100 * float(side.course.held[-1]) / life:.0f} %" if life else "-",
        number_of(int(side.course.peaks.max())),
    ]


def _boxes(canvas: Canvas, first: int, view: View) -> list[tuple[str, Box]]:
    """Share out the rows: two plots above, three below; or one that has all."""
    height, width = canvas.height - 1 - first, canvas.width
    if view.alone:
        return [(PLOTS[view.plot], Box(first, 0, width, height))]
    above = (height + 1) // 2
    boxes = [(name, Box(first, n * (width // 2), width // 2, above)) for n, name in enumerate(PLOTS[:2])]
    third = width // 3
    below = height - above
    return boxes + [(name, Box(first + above, n * third, third, below)) for n, name in enumerate(PLOTS[2:])]


Sides = Sequence[tuple[int, Statistics]]


def plot_of(name: str, sides: Sides, box: Box, language: str) -> Plot:
    """Lay out one of `PLOTS` for a box."""
    title = say(WORDS, language, name)
    if name == "spread":
        return _spread(title, sides, box)
    return _curve(title, sides, box) if name == "curve" else _course(title, name, sides, box)


def _ends(sides: Sides) -> tuple[float, float]:
    """Give the shortest and the longest latency of all sides, ns, a little apart."""
    low = max(1.0, min(float(side.spread.ns[0]) for _, side in sides))
    return low, max([low * 1.1, *(float(side.spread.ns[-1]) for _, side in sides)])


def _spread(title: str, sides: Sides, box: Box) -> Plot:
    """A histogram on a logarithmic axis; as many bins as the answers carry, at most one a half-column."""
    low, high = _ends(sides)
    few = min(len(side.spread) for _, side in sides)
    bins = int(min(box.halves, max(8, 4 * math.sqrt(few))))
    shares = [side.spread.counts(log_edges(low, high, bins)) / len(side.spread) for _, side in sides]
    top = max(float(share.max()) for share in shares)
    spread_out = np.arange(box.halves) * bins // box.halves
    curves = [_made(n, share[spread_out] / top) for (n, _), share in zip(sides, shares, strict=True)]
    return Plot(title, log_ticks(low, high), [Tick(0, "0"), Tick(1, f"{100 * top:.0f}%")], curves)


def _curve(title: str, sides: Sides, box: Box) -> Plot:
    """Latency over percentiles, both logarithmic: as far to the right again for each further nine."""
    low, high = _ends(sides)
    nines = max(1.0, math.log10(max(len(side.spread) for _, side in sides)))
    percents = 100 * (1 - 10 ** -np.linspace(0, nines, box.halves))
    span = math.log(high / low)
    curves = []
    for n, side in sides:
        heights = np.log(np.maximum(side.spread.curve(percents), 1) / low) / span
        heights[percents > 100 * (1 - 1 / len(side.spread))] = np.nan
        curves.append(_made(n, heights))
    known = [("0", 0.0), ("50", math.log10(2)), ("90", 1.0), ("99", 2.0), ("99.9", 3.0), ("99.99", 4.0)]
    ticks = [Tick(at / nines, f"p{label}") for label, at in known if at <= nines]
    return Plot(title, ticks, log_ticks(low, high), curves)


def _course(title: str, name: str, sides: Sides, box: Box) -> Plot:
    """Something over time, from the first request of each side on."""
    end = max(1, *(side.duration for _, side in sides))
    edges = np.linspace(0, end, _bins(name, sides, box) + 1)
    values = []
    for _, side in sides:
        course = side.course
        found = {
            "throughput": lambda course=course: course.rate(course.answered, edges),
            "utilisation": lambda course=course: course.utilisation(edges),
            "queue": lambda course=course: course.queue(edges)[1],
        }[name]()
        values.append(np.where(edges[:-1] < side.duration, found, np.nan))
    top = 1.0 if name == "utilisation" else max(1e-9, *(float(np.nanmax(value)) for value in values))
    label = "100%" if name == "utilisation" else number_of(top)
    wide = np.arange(box.halves) * (len(edges) - 1) // box.halves
    curves = [_made(n, value[wide] / top) for (n, _), value in zip(sides, values, strict=True)]
    return Plot(title, [Tick(0, "0s"), Tick(1, span_of(end))], [Tick(0, "0"), Tick(1, label)], curves)


def _bins(name: str, sides: Sides, box: Box) -> int:
    """A rate needs some answers in each bin, else it tells of single ones; the others are known at once."""
    if name != "throughput":
        return box.halves
    return int(min(box.halves, max(4, min(len(side.spread) for _, side in sides) // 5)))


def _made(side: int, heights: F8) -> Curve:
    return Curve(LETTERS[side], INKS[side], heights)
