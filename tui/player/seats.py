"""Seats: the rows of lanes. Who sits in the seat holds the lane; the strip says what it did before."""

from __future__ import annotations

from tracer.recording import LaneKind
from tui.player.canvas import fit
from tui.player.frame import Band
from tui.player.glyphs import IDLE, VERBS, style_of
from tui.player.grid import BLAME, BOLD, UNDERLINE, Ink
from tui.player.holds import Holder
from tui.player.lanemap import draw_map
from tui.player.lanerows import Row, lane_rows
from tui.player.plan import seats
from tui.player.queue import line_words
from tui.player.strip import strip


def draw_lanes(band: Band) -> None:
    """Draw the lanes of one stack and the end of the line that comes down from its queue."""
    row = band.frame.rows.lanes[0]
    lit = []
    for entry in lane_rows(band):
        if entry.seat:
            _lane(band, row, entry)
        else:
            draw_map(band, row, entry)
        lit += [row] if _culprit(band, entry) else []
        row += entry.rows
    if lit:
        _line(band, lit)


def _culprit(band: Band, entry: Row) -> bool:
    tree, lanes = band.stack.tree, {entry.lane, *entry.lanes}
    if entry.lane >= 0 and tree.kinds[entry.lane] != LaneKind.LOCK:
        lanes.update(tree.under(entry.lane))
    return any(one.lane in lanes for one in band.blamed)


def _line(band: Band, lit: list[int]) -> None:
    canvas, column, words = band.frame.canvas, band.half.line, line_words(band)
    for row in range(band.frame.rows.lanes[0], lit[-1] + 1):
        text = "<+" if row == lit[-1] else "<|" if row in lit else " |"
        canvas.put(row, column, text, Ink.TEXT | BOLD)
        canvas.hit(row, column, 2, "queue", band.side, len(band.moment.queue[0]), words)


def _lane(band: Band, row: int, entry: Row) -> None:
    frame, half, canvas = band.frame, band.half, band.frame.canvas
    holds = band.stack.held_by(entry.lane)
    drawn = strip(holds, frame.time, frame.view.cell, half.strip, frame.glyphs, frame.view.followed)
    _label(band, row, entry)
    canvas.put(row, half.body, drawn.text)
    canvas.paint(row, half.body, drawn.styles)
    holder = holds.at(frame.time)
    words = lane_words(band, entry, holder)
    canvas.hit(row, half.left, half.label + half.room, "lane", band.side, entry.lane, words)
    _seat(band, row, holder, any(one.lane == entry.lane for one in band.blamed), words)


def _label(band: Band, row: int, entry: Row) -> None:
    """Write the lane's name; where a stack has the screen to itself, how much it was held, too."""
    canvas, half, view = band.frame.canvas, band.half, band.frame.view
    chosen = view.side == band.side and seats(band.part).index(entry.lane) == view.selected
    canvas.put(row, half.left, fit(entry.label, 8), Ink.TEXT | (BOLD | UNDERLINE if chosen else 0))
    if half.label > 9 and band.frame.time > 0:
        held = band.stack.held_by(entry.lane).held(0, band.frame.time) / band.frame.time
        share = f"{held:.0%}" if held < 0.995 else "100"  # with its sign it would touch the name
        canvas.put(row, half.left + 8, f"{share:>4}", Ink.FAINT)


def _seat(band: Band, row: int, holder: Holder | None, lit: bool, words: str) -> None:
    canvas, column = band.frame.canvas, band.half.seat
    blame = BLAME if lit else 0
    canvas.put(row, column, "[    ]", Ink.TEXT | blame)
    if holder is None:
        return
    style = style_of(holder.kind, True) | blame | band.mark(holder.request)
    canvas.put(row, column + 1, _inside(band, holder), style)
    if holder.request >= 0:
        canvas.hit(row, column + 1, 4, "request", band.side, holder.request, words)


def _inside(band: Band, holder: Holder) -> str:
    glyph = band.frame.glyphs.kinds[holder.kind]
    if holder.request < 0:
        return f" {glyph}  "
    return f"{called(band, holder.request)[-3:]:<3}{glyph}"


def called(band: Band, request: int) -> str:
    """Name a request that a server works for: `#12`, or `(12` once its client has left it."""
    stack, name = band.stack, band.name(request)
    left = stack.bad[request] and stack.ended[request] <= band.frame.time
    return "(" + name.lstrip("#*") if left else name


def lane_words(band: Band, entry: Row, holder: Holder | None) -> str:
    """Say who holds a lane: `worker 1 holds #1, BLOCKED`."""
    label = band.stack.tree.label(entry.lane)
    name = label if any(char.isdigit() for char in label) else band.say("the lane", lane=label)
    if holder is None:
        return band.say("free", lane=name)
    if holder.kind == IDLE or holder.request < 0:
        return band.say("nobody's", lane=name)
    what = band.stack.what(holder.phase)
    said = band.say("holds", lane=name, n=holder.request + 1, kind=VERBS[holder.kind])
    return said + (f": {what}" if what else "")
