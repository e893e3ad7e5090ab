"""The speaker view: what a room sees from afar. Seats three rows high, big numbers, the strip; no more."""

from __future__ import annotations

from tui.player import braille
from tui.player.bigtext import HIGH, big
from tui.player.canvas import columns, fit
from tui.player.contention import worst_lanes
from tui.player.frame import Band
from tui.player.glyphs import number, style_of
from tui.player.grid import BLAME, BOLD, Ink
from tui.player.lanerows import Row
from tui.player.outside import place_of, standing
from tui.player.plan import seats
from tui.player.queue import line_words
from tui.player.seats import lane_words
from tui.player.strip import strip

SEAT = 16
"""Columns of a seat: three digits and three of the kind's glyph."""


def draw_speaker(band: Band) -> None:
    """Draw queue, seats and outside of one stack."""
    waiting = len(band.moment.queue[0])
    words = band.say("in queue", where=band.where, count=waiting)
    _count(band, band.frame.rows.queue, band.say("queue"), waiting, Ink.QUEUE, words)
    _lanes(band, waiting)
    count, place = len(standing(band, band.moment)[1]), place_of(band)
    _count(
        band, band.frame.rows.outside, band.say(place), count, Ink.WAIT, band.say(f"are {place}", count=count)
    )


def _count(band: Band, rows: tuple[int, int], name: str, count: int, ink: Ink, words: str) -> None:
    """Write a name, a big number, and a post or, of many, a dot for each, the first at the right."""
    canvas, half, dots = band.frame.canvas, band.half, band.frame.glyphs.braille
    canvas.put(rows[0] + 1, half.left, name, Ink.TEXT | BOLD)
    lines = big(str(count), dots)
    room = max(0, half.room - len(lines[0]) - 2)
    for n, line in enumerate(lines):
        canvas.put(rows[0] + n, half.body, line, ink | BOLD)
        text = _crowd(count, n, room, dots)
        canvas.put(rows[0] + n, half.line - len(text), text, ink)
        canvas.hit(rows[0] + n, half.left, half.label + half.room, "queue", band.side, count, words)


def _crowd(count: int, row: int, room: int, dots: bool) -> str:
    """Give one of the three rows of posts, or where those find no room, of dots."""
    if 2 * count <= room:
        return " ".join(braille.crowd(8, dots) * count)
    if count <= room:
        return braille.crowd(8, dots) * count
    return braille.crowd(min(max(count - 8 * room * row, 0), 8 * room), dots)


def _lanes(band: Band, waiting: int) -> None:
    row, rows = band.frame.rows.lanes
    shown = chosen_lanes(band, rows // HIGH)
    pitch = min(HIGH + 1, rows // max(len(shown), 1))
    lit = [n for n, lane in enumerate(shown) if any(one.lane == lane for one in band.blamed)]
    for n, lane in enumerate(shown):
        _seat(band, row + pitch * n, lane, n in lit)
    if waiting:
        _line(band, [row + pitch * n + 1 for n in lit])


def chosen_lanes(band: Band, room: int) -> list[int]:
    """Choose the lanes that are shown: the worst culprits where not all find room."""
    own = [lane for lane in seats(band.part) if lane not in band.part.locks]
    if len(own) <= room:
        return own
    worst = [lane for lane in worst_lanes(band.stack) if lane in own][:room]
    return [lane for lane in own if lane in worst]


def _seat(band: Band, row: int, lane: int, lit: bool) -> None:
    """Draw what the lane did before, three rows thick, and who sits in it."""
    frame, half, canvas = band.frame, band.half, band.frame.canvas
    holds = band.stack.held_by(lane)
    holder = holds.at(frame.time)
    width = half.room - SEAT
    past = [
        strip(holds, frame.time, frame.view.cell, width, frame.glyphs, frame.view.followed, named)
        for named in (False, True, False)
    ]
    label = band.stack.tree.short(lane)
    words = lane_words(band, Row(True, lane, label), holder)
    canvas.put(row + 1, half.left, fit(label, half.label - 1), Ink.TEXT | BOLD)
    style = (style_of(holder.kind, True) if holder else int(Ink.TEXT)) | (BLAME if lit else 0)
    sign = frame.glyphs.kinds[holder.kind] * 3 if holder else ""
    name = number(holder.request).lstrip("#") if holder and holder.request >= 0 else ""
    lines = big(name, frame.glyphs.braille)
    for n in range(HIGH):
        canvas.put(row + n, half.body, past[n].text)
        canvas.paint(row + n, half.body, past[n].styles)
        inside = f" {lines[n]:<11}{sign}" if holder else ""
        mark = band.mark(holder.request) if holder else 0
        canvas.put(row + n, half.line - SEAT, f"{inside:<{SEAT}}", style | mark)
        canvas.hit(row + n, half.left, half.label + half.room, "lane", band.side, lane, words)
        if holder and holder.request >= 0:
            canvas.hit(row + n, half.line - SEAT, SEAT, "request", band.side, holder.request, words)
    if not holder:
        for n in range(HIGH):
            canvas.put(row + n, half.line - SEAT, "[" + " " * (SEAT - 2) + "]", Ink.TEXT)


def _line(band: Band, ends: list[int]) -> None:
    """Lead the line from the queue down to the seats that it waits for."""
    canvas, column, words = band.frame.canvas, band.half.line, line_words(band)
    first = band.frame.rows.queue[0] + 1
    for row in range(first, (ends[-1] if ends else first) + 1):
        text = "-+" if row == first else "<+" if ends and row == ends[-1] else "<|" if row in ends else " |"
        canvas.put(row, column, text, Ink.TEXT | BOLD)
        canvas.hit(row, column, columns(text), "queue", band.side, len(band.moment.queue[0]), words)
