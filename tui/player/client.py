"""The client's row: requests on their way in, answers on their way out; rates where there are too many."""

from __future__ import annotations

import numpy as np

from tracer.recording import Outcome
from tui.player.frame import Band
from tui.player.grid import Ink
from tui.player.motion import eased

LETTERS = {Outcome.ERROR: "e", Outcome.TIMEOUT: "t", Outcome.REFUSED: "x", Outcome.ABANDONED: "a"}


def draw_client(band: Band) -> None:
    """Draw the client's row of one stack."""
    row = band.frame.rows.client[0]
    band.frame.canvas.put(row, band.half.left, band.say("client"))
    if band.dots:
        _rates(band, row)
    elif not band.frame.view.still:
        _arrivals(band, row)
        _answers(band, row)


def _lately(band: Band, times: np.ndarray) -> list[int]:
    """Give the last ones of sorted times that lie within 2q before now, the latest first."""
    now = band.frame.time
    first = int(np.searchsorted(times, now - 2 * band.frame.view.cell, "right"))
    last = int(np.searchsorted(times, now, "right"))
    return list(range(last - 1, max(first, last - 16) - 1, -1))


def _arrivals(band: Band, row: int) -> None:
    for request in _lately(band, band.stack.due):
        text = band.name(request) + band.frame.glyphs.going
        path = band.half.strip - len(text)
        step = eased(band.frame.time - int(band.stack.due[request]), band.frame.view.cell, path)
        _token(band, row, band.half.body + step, text, request, "going")


def _answers(band: Band, row: int) -> None:
    times, ids = band.stack.endings
    for place in _lately(band, times):
        request = int(ids[place])
        text = band.frame.glyphs.coming + _name(band, request)
        path = band.half.strip - len(text)
        step = eased(band.frame.time - int(times[place]), band.frame.view.cell, path)
        _token(band, row, band.half.body + path - step, text, request, "coming")


def _name(band: Band, request: int) -> str:
    letter = LETTERS.get(Outcome(int(band.stack.recording.requests.outcome[request])))
    name = band.name(request)
    return letter + name.lstrip("#") if letter else name


def _token(band: Band, row: int, column: int, text: str, request: int, how: str) -> None:
    canvas = band.frame.canvas
    if canvas.blank(row, column, len(text)):
        canvas.put(row, column, text, Ink.FAINT | band.mark(request))
        canvas.hit(row, column, len(text), "request", band.side, request, band.say(how, n=request + 1))


def _rates(band: Band, row: int) -> None:
    """Write arrivals and answers per second over the last 2q."""
    going, coming, now = band.frame.glyphs.going, band.frame.glyphs.coming, band.frame.time
    parts = [(going, rate(band.stack.due, now, band.frame.view.cell))]
    parts.append((coming, rate(band.stack.endings[0], now, band.frame.view.cell)))
    text = "   ".join(f"{sign * 3} {value}/s" for sign, value in parts if value)
    band.frame.canvas.put(row, band.half.body, text)


def rate(times: np.ndarray, now: int, cell: int) -> int:
    """Count what happened within the last 2q, per second."""
    span = min(2 * cell, max(now, 1))
    count = np.searchsorted(times, now, "right") - np.searchsorted(times, now - span, "right")
    return round(int(count) * 1e9 / span)
