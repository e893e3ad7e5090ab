"""Hops: the lines that name the hops of a stack of several; the open one has its band below its name."""

from __future__ import annotations

from tui.player.canvas import columns, fit
from tui.player.figures import percent
from tui.player.frame import Band
from tui.player.glyphs import style_of
from tui.player.grid import BLAME, BOLD, Ink
from tui.player.lanemap import lane_states
from tui.player.part import Part

MAP = 8
"""Lanes that are drawn one by one; more are counted."""


def draw_hops(band: Band) -> None:
    """Write a line for each hop, in path order."""
    parts = band.frame.model.parts[band.side]
    rows, opened = band.frame.rows, parts.index(band.part)
    if len(parts) == 1 or not rows.above[1]:
        return
    first = rows.above[0] + rows.above[1] - 1 - opened  # the open hop's stands right above its band
    for number, part in enumerate(parts):
        row = first + number if number <= opened else rows.below[0] + number - opened - 1
        _line(band, row, part, number, number == opened)


def _line(band: Band, row: int, part: Part, number: int, opened: bool) -> None:
    canvas, half, time = band.frame.canvas, band.half, band.frame.time
    width = half.label + half.room + 2
    name = f"{'v' if opened else '>'} {part.name}"
    said = band.say("hop", queue=part.queued.at(time), held=percent(part, time))
    canvas.put(row, half.left, fit(name, width), Ink.TEXT | (BOLD if opened else 0))
    canvas.put(row, half.left + width - columns(said), said, Ink.TEXT if opened else Ink.FAINT)
    if not opened:
        _inside(band, row, part, width - columns(said) - 1)
    words = f"{part.name}: {said}"
    canvas.hit(row, half.left, width, "hop", band.side, number, words)


def _inside(band: Band, row: int, part: Part, room: int) -> None:
    """Draw what its lanes do, and count who waits outside."""
    canvas, half = band.frame.canvas, band.half
    kinds, glyphs = lane_states(band, tuple(part.serving)), band.frame.glyphs.kinds
    column = half.left + max(half.label, len(part.name) + 3)
    lit = {one.lane for one in band.blamed}
    if len(kinds) <= MAP:
        for lane, kind in zip(part.serving, kinds, strict=True):
            style = (style_of(kind, True) if kind >= 0 else int(Ink.FAINT)) | (BLAME if lane in lit else 0)
            canvas.put(row, column, glyphs[kind] if kind >= 0 else "_", style)
            column += 1
    else:
        share = f"{sum(kind >= 0 for kind in kinds)}/{len(kinds)}"
        canvas.put(row, column, share)
        column += len(share)
    outside = part.outside.at(band.frame.time)
    if outside and column + 7 <= half.left + room:
        canvas.put(row, column + 2, f"{outside}{glyphs[3]}", Ink.WAIT)
