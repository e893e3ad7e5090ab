"""The tab of time: the visits as a waterfall, and where the time went."""

from __future__ import annotations

from tui.player.canvas import Canvas, fit
from tui.player.glyphs import style_of
from tui.player.grid import BOLD, Ink
from tui.player.words import kind_word
from tui.request.spent import Spent, spent
from tui.request.story import Story
from tui.request.told import BODY, NUMBER, Told, micros, millis, rows
from tui.request.view import View
from tui.request.words import WORDS
from tui.words import say

_LABEL = 18
_SHARE = 12  # cells of a bar of 100 %


def draw_time(canvas: Canvas, told: Told, view: View, language: str, kinds: str) -> None:
    """The waterfall of the visits, then where the time went; the whole stands below, and is their sum."""
    story, row = told.story, BODY
    room = canvas.width - _LABEL
    sums = spent(story)
    most = max(3, rows(canvas) - len(sums) - 4)
    for place, visit in enumerate(story.visits[:most]):
        again = f" ({visit.attempt})" if visit.attempt > 1 else ""
        canvas.put(row, 0, fit("  " * visit.depth + visit.name + again, _LABEL - 1))
        _bar(canvas, row, _LABEL, room, story, place, kinds)
        row += 1
    if len(story.visits) > most:
        canvas.put(row, 0, f"+{len(story.visits) - most}", Ink.FAINT)
        row += 1
    _sums(canvas, told, view, row + 1, language, kinds)


def _bar(canvas: Canvas, row: int, left: int, room: int, story: Story, place: int, kinds: str) -> None:
    """Draw the phases of a visit on the scale of the whole: one cell each at least, glyph and colour."""
    scale = max(story.length, 1)
    for phase in story.visits[place].phases:
        if phase.start >= scale:
            continue
        begin = min(max(phase.start, 0) * room // scale, room - 1)
        end = max(begin + 1, -(-min(phase.end, scale) * room // scale))
        style = style_of(phase.kind, phase.holds)
        canvas.put(row, left + begin, kinds[phase.kind] * (end - begin), style)


def _sums(canvas: Canvas, told: Told, view: View, row: int, language: str, kinds: str) -> None:
    """Write a line for each thing that time went into, those that fit; the whole is the sum of all."""
    sums = spent(told.story)
    canvas.put(row, 0, say(WORDS, language, "where"), BOLD)
    canvas.put(row, _LABEL + 9 + NUMBER, "ms", Ink.FAINT)
    room = max(1, canvas.height - 4 - row)
    first = max(0, min(view.cursor, len(sums) - room))
    for n, one in enumerate(sums[first : first + room]):
        _line(canvas, row + 1 + n, one, one.ns / max(told.story.length, 1), language, kinds)
    row += min(room, len(sums) - first) + 1
    whole = micros(sum(one.us for one in sums))
    canvas.put(row, 0, say(WORDS, language, "whole"), BOLD)
    canvas.put(row, _LABEL + 11, f"{whole:>{NUMBER}}", BOLD)
    if len(sums) > room:
        canvas.put(row, _LABEL + 13 + NUMBER, f"{first + 1}-{first + room} / {len(sums)}", Ink.FAINT)
    _after(canvas, told.story, row + 1, language)


def _line(canvas: Canvas, row: int, one: Spent, share: float, language: str, kinds: str) -> None:
    glyph, style, word = "?", int(Ink.FAINT), say(WORDS, language, "nobody")
    if one.kind >= 0:
        glyph, style, word = kinds[one.kind], style_of(one.kind, True), kind_word(language, one.kind)
    left = _LABEL + 11 + NUMBER + 1
    canvas.put(row, 0, fit(one.hop, _LABEL - 1))
    canvas.put(row, _LABEL, glyph, style)
    canvas.put(row, _LABEL + 2, fit(word, 9))
    canvas.put(row, _LABEL + 11, f"{micros(one.us):>{NUMBER}}")
    canvas.put(row, left, f"{share * 100:5.1f}%")
    canvas.put(row, left + 7, glyph * (max(1, round(share * _SHARE)) if one.ns else 0), style)
    canvas.put(row, left + 8 + _SHARE, fit(one.what, canvas.width - left - 8 - _SHARE), Ink.FAINT)


def _after(canvas: Canvas, story: Story, row: int, language: str) -> None:
    """Say who went on when the client had its end: lingering, detached, orphaned."""
    late = [((visit.end or 0) - story.length, visit.name) for visit in story.visits]
    ns, hop = max(late, default=(0, ""))
    if ns > 0:
        said = say(WORDS, language, "after", hop=hop, ms=millis(ns))
        canvas.put(row, 0, fit(said, canvas.width), Ink.FAINT)
