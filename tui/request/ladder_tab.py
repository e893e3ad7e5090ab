"""The tab of the ladder: lifelines, arrows with their times, and what each hop does then."""

from __future__ import annotations

from tui.player.canvas import Canvas, columns, fit
from tui.player.glyphs import style_of
from tui.player.grid import BOLD, Ink
from tui.request.ladder import OUTSIDE, arrows, doing, lifelines
from tui.request.told import BODY, Told, millis, rows
from tui.request.view import View
from tui.request.words import WORDS
from tui.words import say


def draw_ladder(canvas: Canvas, told: Told, view: View, language: str, kinds: str) -> None:
    """Draw the lifelines, and a row for each arrow."""
    story = told.story
    hops = lifelines(story)
    if not hops:
        return
    begin = 13
    each = max(10, min((canvas.width - begin) // len(hops), 30))
    at = {hop: begin + each * place + each // 2 for place, hop in enumerate(hops)}
    names = {visit.hop: visit.name for visit in story.visits} | {OUTSIDE: say(WORDS, language, "client")}
    for hop in hops:
        name = fit(names[hop], each - 1)
        canvas.put(BODY, at[hop] - columns(name) // 2, name, BOLD)
    passed, row = arrows(story), BODY + 1
    room = rows(canvas) - 1
    first = max(0, min(view.cursor, len(passed) - room))
    for arrow in passed[first : first + room]:
        canvas.put(row, 0, f"{millis(arrow.time):>11}", Ink.FAINT)
        for hop in hops:
            kind = doing(story, hop, arrow.time) if hop != OUTSIDE else None
            glyph, style = ("¦", int(Ink.FAINT)) if kind is None else (kinds[kind], style_of(kind, True))
            canvas.put(row, at[hop], glyph, style)
        _arrow(canvas, row, at[arrow.origin], at[arrow.target], arrow.words)
        row += 1


def _arrow(canvas: Canvas, row: int, origin: int, target: int, words: str) -> None:
    """Draw an arrow between two lifelines; its words stand on it."""
    left, right = min(origin, target), max(origin, target)
    room = right - left - 1
    if room < 2:
        return
    shaft = "-" * room
    told = fit(words, room - 4)
    if told:
        begin = (room - columns(told)) // 2
        shaft = "-" * begin + told + "-" * (room - begin - columns(told))
    shaft = shaft[:-1] + ">" if target > origin else "<" + shaft[1:]
    canvas.put(row, left + 1, shaft)
