"""The timeline: arrivals and both queues over the whole recording, the ruler, its marks and the playhead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tui.player import braille
from tui.player.frame import Frame
from tui.player.grid import FILLED, Hit, Ink
from tui.player.model import Model
from tui.player.moments import Event, events
from tui.player.plan import LABEL, Plan
from tui.player.stack import Stack
from tui.player.words import told

Ints = NDArray[np.int64]


class Row(NamedTuple):
    """A row of bars: where, what it is called (or ""), its cells, their ink up to the playhead."""

    row: int
    label: str
    cells: str
    ink: Ink


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Ruled:
    """What of a timeline does not change with the playhead: its rows, and hit boxes."""

    rows: tuple[Row, ...]
    hits: tuple[Hit, ...]


def window(frame: Frame) -> tuple[int, int]:
    """Give the span of time that the timeline shows, ns."""
    start, end = frame.view.window or (0, frame.model.end)
    return start, max(end, start + 1)


def draw_timeline(frame: Frame) -> None:
    """Draw load, queues and ruler."""
    start, end = window(frame)
    plan, language = frame.plan, frame.language
    size = (plan.width, plan.height, plan.halves, frame.view.glyphs)
    key = ("timeline", size, plan.rows, start, end, language)
    ruled: Ruled = frame.model.keep(key, lambda: _ruled(frame, start, end))
    width = frame.plan.width - LABEL
    head = (frame.time - start) * width // (end - start)
    for row, label, cells, ink in ruled.rows:
        frame.canvas.put(row, 0, label)
        frame.canvas.put(row, LABEL, cells)
        past = min(max(head + 1, 0), width)
        frame.canvas.paint(row, LABEL, bytes((ink,)) * past + bytes((Ink.FAINT,)) * (width - past))
    _ruler(frame, start, end)
    _playhead(frame, min(head, width - 1), [row for row, *_ in ruled.rows])
    frame.canvas.hits.extend(ruled.hits)


def _ruled(frame: Frame, start: int, end: int) -> Ruled:
    model, plan, language = frame.model, frame.plan, frame.language
    width = plan.width - LABEL
    bounds = start + np.arange(2 * width + 1) * (end - start) // (2 * width)
    rows = _load(model, plan, bounds, language) + _queues(model, plan, bounds, language)
    lines = [*(row for row, *_ in rows), plan.rows.ruler[0]]
    times = [start + n * (end - start) // width for n in range(width)]
    hits = (
        Hit(row, LABEL + n, 1, "time", -1, time, f"{time / 1e9:.3f} s")
        for row in lines
        for n, time in enumerate(times)
    )
    return Ruled(tuple(rows), tuple(hits))


def _load(model: Model, plan: Plan, bounds: Ints, language: str) -> list[Row]:
    """Arrivals of each half-cell; both sides are sent the same, so one row does."""
    row, rows = plan.rows.load
    if not rows or not model.stacks:
        return []
    counts = np.diff(np.searchsorted(model.stacks[0].due, bounds))
    name = told(language, "load")
    return _lines(row, rows, (name, Ink.TEXT), counts, int(counts.max(initial=0)), plan)


def _queues(model: Model, plan: Plan, bounds: Ints, language: str) -> list[Row]:
    row, rows = plan.rows.queues
    each = rows // 2 if len(plan.halves) == 2 else rows
    top = max((stack.queued.most for stack in model.stacks), default=0)
    found: list[Row] = []
    queue = told(language, "queue")
    for n, (side, _) in enumerate(plan.halves):
        name = queue if len(plan.halves) == 1 else f"{queue} {'LR'[n]}"
        values = sampled(model.stacks[side], bounds, top)
        found += _lines(row + n * each, each, (name, Ink.QUEUE), values, top, plan)
    return found


def _lines(row: int, rows: int, named: tuple[str, Ink], values: Ints, top: int, plan: Plan) -> list[Row]:
    bars = braille.levels(values, top, 4 * rows)
    texts = braille.columns(bars, np.zeros_like(bars), rows, plan.glyphs.braille)
    name, ink = named
    return [Row(row + n, name if n == 0 else "", text, ink) for n, text in enumerate(texts)]


def sampled(stack: Stack, bounds: Ints, top: int) -> Ints:
    """Give the queue within each [bounds[i], bounds[i+1]): that of its middle, so steps stand in place.

    A peak that no middle nearby shows is lifted to its height, so no peak vanishes, however short; but for
    those of one dot's height beside a `top` of many, which in a real server are the wake-ups.
    """
    middles = stack.queued.values((bounds[:-1] + bounds[1:]) // 2)
    peaks = stack.queued.maxima(bounds)
    padded = np.pad(middles, 1)
    near = np.maximum(np.maximum(padded[:-2], padded[2:]), middles)
    return np.where((peaks > near) & (4 * peaks > top), peaks, middles)


def _ruler(frame: Frame, start: int, end: int) -> None:
    row, width, canvas = frame.rows.ruler[0], frame.plan.width - LABEL, frame.canvas
    canvas.put(row, 0, f"{start / 1e9:.3g} s")
    canvas.put(row, LABEL, "-" * width, Ink.FAINT)
    sides = [side for side, _ in frame.plan.halves]
    marks = [(one.time, one.letter, _said(frame, one)) for one in events(frame.model) if one.side in sides]
    marks += [(time, "'", told(frame.language, "bookmark")) for time in frame.view.bookmarks]
    for time, letter, words in marks:
        if letter and start <= time < end:
            column = LABEL + (time - start) * width // (end - start)
            if canvas.text(row, column, 1) == "-":  # the first of several in one cell stays
                canvas.put(row, column, letter)
            canvas.hit(row, column, 1, "time", -1, time, words)
    last = f"{end / 1e9:.2f} s"
    canvas.put(row, frame.plan.width - len(last), last)


def _said(frame: Frame, event: Event) -> str:
    how = told(frame.language, event.how) if event.how else ""
    return told(frame.language, event.words, n=event.number, how=how)


def _playhead(frame: Frame, column: int, rows: list[int]) -> None:
    """Write the playhead on the ruler and reverse its column."""
    row, canvas = frame.rows.ruler[0], frame.canvas
    if column < 0:
        return
    last = len(f"{window(frame)[1] / 1e9:.2f} s")
    if column < frame.plan.width - LABEL - last:
        canvas.put(row, LABEL + column, "^")
    for one in (*rows, row):
        canvas.paint(one, LABEL + column, bytes((Ink.TEXT | FILLED,)))
