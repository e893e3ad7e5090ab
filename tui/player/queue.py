"""The queue: who waits in line for a lane, head right, and the line that runs from it to the seats."""

from __future__ import annotations

from tui.player.canvas import columns
from tui.player.crowd import draw_crowd
from tui.player.frame import Band
from tui.player.grid import BOLD, Ink
from tui.player.plan import SLOT


def draw_queue(band: Band) -> None:
    """Draw the queue's rows of one stack."""
    row, rows = band.frame.rows.queue
    waiting, wire = len(band.moment.queue[0]), 0 if band.dots else len(band.moment.wire)
    _label(band, row, rows, f"{waiting:,}" + (f"+{wire}" if wire else ""))
    if band.queue_dots:
        words = band.say("in queue", where=band.where, count=waiting)
        draw_crowd(band, row, rows, waiting, Ink.QUEUE, words)
        _follow(band, row)
    else:
        _tokens(band, row, rows)
    if waiting:
        _line(band, row, rows)


def _label(band: Band, row: int, rows: int, count: str) -> None:
    canvas, left, width = band.frame.canvas, band.half.left, band.half.label
    words = band.say("in queue", where=band.where, count=count)
    name = band.say("queue")
    if rows == 1:
        name = name if columns(name) + len(count) < width else band.say("q")
        canvas.put(row, left, f"{name} {count.rjust(width - 2 - columns(name))}")
    else:
        canvas.put(row, left, name)
        canvas.put(row + 1, left, f"{count:>{width - 1}}")
    for n in range(min(rows, 2)):
        canvas.hit(row + n, left, width, "queue", band.side, len(band.moment.queue[0]), words)


def _tokens(band: Band, row: int, rows: int) -> None:
    """Draw one token a slot; what finds no slot is counted in the last one."""
    places = band.places(SLOT, rows)
    line = [(int(request), True) for request in band.moment.queue[1][: len(places) + 1]]
    wire = band.moment.wire[:0] if band.dots else band.moment.wire  # rates tell of those
    line += [(int(request), False) for request in wire[: len(places) + 1]]
    total = len(band.moment.queue[1]) + len(wire)
    shown = total if total <= len(places) else len(places) - 1
    for position, ((request, queued), (down, column)) in enumerate(zip(line[:shown], places, strict=False)):
        _token(band, (row + down, column), request, position if queued else -1)
    if total > shown:
        down, column = places[shown]
        band.frame.canvas.put(row + down, column, f"+{total - shown}", Ink.QUEUE)


def _token(band: Band, place: tuple[int, int], request: int, position: int) -> None:
    text = band.name(request)
    style = int(Ink.QUEUE) if position >= 0 else int(Ink.FAINT)
    if position < 0:
        text += band.frame.glyphs.kinds[6]
    band.frame.canvas.put(*place, text, style | band.mark(request))
    words = _words(band, request, position)
    band.frame.canvas.hit(*place, max(3, len(text)), "request", band.side, request, words)


def _words(band: Band, request: int, position: int) -> str:
    key = "sent" if position < 0 else "number" if position else "head"
    many = len(band.moment.queue[0])
    return band.say(key, n=request + 1, where=band.where, many=many, place=position + 1)


def _follow(band: Band, row: int) -> None:
    """Among dots, the followed request keeps its token, at the head's end of the first row."""
    followed = band.frame.view.followed
    if followed is not None and followed in band.moment.queue[1].tolist():
        position = band.moment.queue[1].tolist().index(followed)
        _token(band, (row, band.half.line - len(band.name(followed))), followed, position)


def _line(band: Band, row: int, rows: int) -> None:
    """Start the line at the head and lead it down to the lanes."""
    canvas, column = band.frame.canvas, band.half.line
    words = line_words(band)
    for n in range(rows):
        canvas.put(row + n, column, "-+" if n == 0 else " |", Ink.TEXT | BOLD)
        canvas.hit(row + n, column, 2, "queue", band.side, len(band.moment.queue[0]), words)


def line_words(band: Band) -> str:
    """Say where the line ends."""
    labels = sorted({band.stack.tree.label(one.lane) for one in band.blamed if one.lane >= 0})
    return band.say("line", lanes=band.say("and").join(labels)) if labels else band.say("no line")
