"""The tab of packets: a list, and of the chosen one its fields and its bytes side by side."""

from __future__ import annotations

from tui.player.canvas import Canvas, fit
from tui.player.grid import BOLD, FOLLOW, UNDERLINE, Ink
from tui.request.packets import Packet, lines
from tui.request.told import BODY, Told, millis, rows
from tui.request.view import View
from tui.request.words import WORDS
from tui.words import say


def draw_packets(canvas: Canvas, told: Told, view: View, language: str, kinds: str) -> None:
    """The packets above; of the chosen one the fields at the left and the bytes at the right."""
    del kinds
    if told.packets is None or not told.packets:
        key = "working" if told.packets is None else "none found"
        text = told.fault or say(WORDS, language, key)
        canvas.put(BODY, 0, fit(text, canvas.width))
        return
    listed = max(3, rows(canvas) // 3)
    first = max(0, min(view.packet - listed // 2, len(told.packets) - listed))
    begin = told.packets[0].time
    for n, packet in enumerate(told.packets[first : first + listed]):
        way = f"{packet.source} > {packet.target}"
        text = f"{packet.frame:>7} {millis(packet.time - begin):>11}  {way}  {packet.words}"
        canvas.put(BODY + n, 0, fit(text, canvas.width), FOLLOW | BOLD if first + n == view.packet else 0)
        canvas.hit(BODY + n, 0, canvas.width, "packet", view.side, first + n, text)
    row = BODY + min(listed, len(told.packets))
    told_ = say(WORDS, language, "packet", n=view.packet + 1, total=len(told.packets))
    canvas.put(row, 0, fit(f"{told_}  {len(told.packets[view.packet].data)} B", canvas.width), UNDERLINE)
    _decoded(canvas, told.packets[view.packet], view, row + 1)


def _decoded(canvas: Canvas, packet: Packet, view: View, top: int) -> None:
    made, room = lines(packet), canvas.height - 1 - top
    each = 16 if canvas.width >= 120 else 8
    right = canvas.width - (6 + each * 4)
    first = max(0, min(view.cursor - room // 2, len(made) - room))
    start = end = 0
    for n, (indent, text, begin, after) in enumerate(made[first : first + room]):
        lit = first + n == view.cursor
        if lit:
            start, end = begin, after
        style = FOLLOW | BOLD if lit else BOLD if not indent else int(Ink.TEXT)
        canvas.put(top + n, 0, fit("  " * indent + text, right - 2), style)
        canvas.hit(top + n, 0, right - 2, "field", view.side, first + n, text)
    _hex(canvas, packet.data, (top, right, room, each), (start, end))


def _hex(canvas: Canvas, data: bytes, box: tuple[int, int, int, int], lit: tuple[int, int]) -> None:
    """Write bytes as hex and as letters; those of the field chosen are lit in both, and in sight."""
    top, left, room, each = box
    count = -(-len(data) // each)
    first = max(0, min(lit[0] // each - room // 2, count - room))
    for n in range(min(room, count - first)):
        offset = (first + n) * each
        canvas.put(top + n, left, f"{offset:04x}", Ink.FAINT)
        for place, byte in enumerate(data[offset : offset + each]):
            style = FOLLOW | BOLD if lit[0] <= offset + place < lit[1] else int(Ink.TEXT)
            letter = chr(byte) if 32 <= byte < 127 else "."
            canvas.put(top + n, left + 5 + place * 3, f"{byte:02x}", style)
            canvas.put(top + n, left + 5 + each * 3 + place, letter, style)
