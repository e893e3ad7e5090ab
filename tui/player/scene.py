"""The scene: model × view × time × size → Grid. No clock, no terminal; same arguments, same cells."""

from __future__ import annotations

import re

from tui.player.blame import sentence
from tui.player.canvas import Canvas, columns, fit
from tui.player.client import draw_client
from tui.player.detail import draw_detail
from tui.player.figures import draw_figures
from tui.player.frame import Band, Frame
from tui.player.ghosts import draw_ghosts
from tui.player.grid import BOLD, FOLLOW, Grid, Ink
from tui.player.headline import draw_keys, draw_names, draw_title
from tui.player.hops import draw_hops
from tui.player.latency import draw_latency
from tui.player.model import Model
from tui.player.narration import draw_narration
from tui.player.outside import draw_outside
from tui.player.panel import draw_panel
from tui.player.plan import SMALLEST, plan
from tui.player.queue import draw_queue
from tui.player.seats import draw_lanes
from tui.player.speaker import draw_speaker
from tui.player.timeline import draw_timeline
from tui.player.view import View
from tui.player.words import told


def scene(model: Model, view: View, t: int, size: tuple[int, int], language: str = "en") -> Grid:
    """Draw the Stage at `t` ns since the chapter's start on `size` = (columns, rows)."""
    canvas = Canvas(*size)
    if size[0] < SMALLEST[0] or size[1] < SMALLEST[1]:
        canvas.put(0, 0, fit(told(language, "too small"), size[0]))
        return canvas.freeze()
    frame = Frame(model, view, t, plan(model, view, size), canvas, language)
    draw_title(frame)
    draw_names(frame)
    if view.big:
        _draw_big(frame)
        return canvas.freeze()
    for band in frame.bands:
        _draw(band)
    draw_detail(frame)
    if frame.plan.column and frame.bands:
        draw_panel(frame.bands[0])
    draw_narration(frame)
    draw_timeline(frame)
    draw_keys(frame)
    return canvas.freeze()


def _draw(band: Band) -> None:
    """Draw one stack, top to bottom."""
    draw_hops(band)
    draw_queue(band)
    draw_lanes(band)
    draw_outside(band)
    _why(band)
    draw_latency(band)
    draw_figures(band)
    draw_client(band)
    draw_ghosts(band)  # they only take cells that nobody else wrote


def _draw_big(frame: Frame) -> None:
    """Draw both stacks for a room; what is told is spoken, and the timeline is not for it."""
    for band in frame.bands:
        draw_speaker(band)
        _why(band)
        draw_latency(band)
        draw_figures(band)
    draw_keys(frame)


def _why(band: Band) -> None:
    """Say who waits for whom."""
    row, half = band.frame.rows.why[0], band.half
    room = half.label + half.room + 2
    text = sentence(band.moment, band.blamed, room, band.frame.language)
    if text:
        band.frame.canvas.put(row, half.left, fit(text, room), Ink.TEXT | BOLD)
        _mark(band, row, text)
        band.frame.canvas.hit(row, half.left, columns(text), "side", band.side, band.side, text)


def _mark(band: Band, row: int, text: str) -> None:
    """Mark the followed request where the sentence names it."""
    followed = band.frame.view.followed
    for found in re.finditer(r"#\d+\b", text) if followed is not None else ():
        if found[0] == f"#{(followed or 0) + 1}":
            before = columns(text[: found.start()])
            for column in range(before, before + len(found[0])):
                band.frame.canvas.add(row, band.half.left + column, FOLLOW)
