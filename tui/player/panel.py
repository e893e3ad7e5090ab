"""The panel beside a single stack: who made others wait most so far, and the followed request."""

from __future__ import annotations

import numpy as np

from tui.player.canvas import columns, fit
from tui.player.detail import chosen, spent, taken
from tui.player.figures import millis
from tui.player.frame import Band
from tui.player.grid import BOLD, Ink
from tui.player.moments import Hold, delaying
from tui.player.words import kind_word

TOP = 8


def draw_panel(band: Band) -> None:
    """Write the panel's lines, as many as fit above the narration."""
    frame = band.frame
    left = frame.plan.column + 2
    lines = [*_culprits(band), (0, ""), *_request(band)]
    last = sum(frame.rows.figures)
    for row, (style, text) in zip(range(2, last), lines, strict=False):
        frame.canvas.put(row, left, fit(text, frame.plan.width - left), style)


def _culprits(band: Band) -> list[tuple[int, str]]:
    """The holds that others queued behind longest up to now."""
    stack, time = band.stack, band.frame.time
    kept = band.frame.model.keep(("delaying", band.side), lambda: delaying(stack))
    holds = [hold for hold in kept if hold.start < time]
    ends = np.minimum([hold.end for hold in holds], time).astype(np.int64)
    starts = np.array([hold.start for hold in holds], np.int64)
    delays = (stack.queued.integral(ends) - stack.queued.integral(starts)).tolist()
    ranked = sorted(zip(delays, holds, strict=True), reverse=True)[:TOP]
    lines = [(Ink.TEXT | BOLD, band.say("made others wait"))]
    for delay, hold in ranked:
        lines.append(_culprit(band, hold, int(delay)))
    return lines if len(lines) > 1 else [*lines, (int(Ink.FAINT), band.say("nobody so far"))]


def _culprit(band: Band, hold: Hold, delay: int) -> tuple[int, str]:
    known = hold.request >= 0
    who = band.name(hold.request) if known else band.say("nobody")
    text = f"{who}{' ' * (5 - columns(who))}{millis(delay):>8} ms  {band.stack.tree.short(hold.lane)}"
    return Ink.TEXT | (band.mark(hold.request) if known else 0), text


def _request(band: Band) -> list[tuple[int, str]]:
    request = chosen(band.frame)
    if request >= len(band.stack.due) or band.stack.due[request] > band.frame.time:
        return []
    head = f"{band.name(request)}  {millis(taken(band.stack, request, band.frame.time))} ms"
    told = sorted(spent(band.stack, request, band.frame.time).items())
    lines = [(int(Ink.TEXT), f"{_padded(band, kind)}{millis(ns):>8} ms") for kind, ns in told]
    return [(Ink.TEXT | BOLD | band.mark(request), head), *lines]


def _padded(band: Band, kind: int) -> str:
    word = kind_word(band.frame.language, kind)
    return word + " " * (9 - columns(word))
