"""The picture of a request: its head, the tabs, and what the chosen tab tells. Pure."""

from __future__ import annotations

from tui.keymap import footer
from tui.player.canvas import Canvas, columns, fit
from tui.player.glyphs import glyphs
from tui.player.grid import BOLD, FILLED, UNDERLINE, Grid, Ink
from tui.player.words import kind_word
from tui.request.ladder import OUTSIDE, Arrow, arrows
from tui.request.ladder_tab import draw_ladder
from tui.request.packets_tab import draw_packets
from tui.request.spent import spent
from tui.request.time_tab import draw_time
from tui.request.told import NUMBER, Told, micros, millis
from tui.request.view import TABS, View
from tui.request.waits_tab import draw_waits, wait_lines
from tui.request.words import WORDS
from tui.table.cells import size as bytes_of
from tui.words import say

_TABS = {"time": draw_time, "ladder": draw_ladder, "waits": draw_waits, "packets": draw_packets}


def detail(told: Told, view: View, size: tuple[int, int], language: str, signs: str = "narrow") -> Grid:
    """Draw a request."""
    canvas = Canvas(*size)
    _head(canvas, told, language)
    _tabs(canvas, view, language)
    _TABS[view.tab](canvas, told, view, language, glyphs(signs).kinds)
    _foot(canvas, view, language)
    return canvas.freeze()


def _head(canvas: Canvas, told: Told, language: str) -> None:
    story = told.story
    canvas.put(0, 0, " " * canvas.width, FILLED)
    title = say(WORDS, language, "title", id=story.id), say(WORDS, language, "of", total=told.total)
    left = f" hopscope  {' '.join(title)}"
    right = f"{say(WORDS, language, 'help')} "
    canvas.put(0, 0, fit(f"{left}  {told.label}", canvas.width - columns(right) - 1), FILLED)
    canvas.put(0, canvas.width - columns(right), right, FILLED)
    took = say(WORDS, language, "open" if story.open else "took", ms=millis(story.length))
    parts = [str(story.status) if story.status >= 0 else "", story.outcome, took]
    parts += [say(WORDS, language, "due", ms=millis(story.due))]
    if max(story.bytes_in, story.bytes_out) >= 0:
        sizes = [bytes_of(one) if one >= 0 else "?" for one in (story.bytes_in, story.bytes_out)]
        parts.append(say(WORDS, language, "bytes", i=sizes[0], o=sizes[1]))
    canvas.put(1, 0, fit(f"{story.method or '?'} {story.target or '?'}", canvas.width), BOLD)
    canvas.put(2, 0, fit("  ".join(part for part in parts if part), canvas.width))


def _tabs(canvas: Canvas, view: View, language: str) -> None:
    left = 0
    for number, tab in enumerate(TABS):
        text = f" {number + 1} {say(WORDS, language, tab)} "
        canvas.put(3, left, text, FILLED | BOLD if tab == view.tab else UNDERLINE)
        canvas.hit(3, left, columns(text), "tab", view.side, number, tab)
        left += columns(text) + 1


def _foot(canvas: Canvas, view: View, language: str) -> None:
    line, left = canvas.height - 1, 0
    if view.said:
        canvas.put(line, 0, fit(view.said, canvas.width), BOLD)
        return
    for told in footer("detail", language):
        if left + columns(told) > canvas.width:
            break
        canvas.put(line, left, told, Ink.FAINT)
        left += columns(told) + 2


def as_text(told: Told, language: str) -> str:
    """Write the request as text, without colours: what is copied, and what a screen reader reads."""
    story = told.story
    made = [f"{story.method or '?'} {story.target or '?'}"]
    made.append(f"{story.status if story.status >= 0 else '?'} {story.outcome}, {millis(story.length)} ms")
    for one in spent(story):
        word = kind_word(language, one.kind) if one.kind >= 0 else say(WORDS, language, "nobody")
        made.append(f"{micros(one.us):>{NUMBER}} ms  {one.hop} {word} {one.what}".rstrip())
    names = {visit.hop: visit.name for visit in story.visits} | {OUTSIDE: say(WORDS, language, "client")}
    made += ["", *(_passed(arrow, names) for arrow in arrows(story))]
    if told.blame is not None:
        made += ["", *(text for text, _, _ in wait_lines(told, language))]
    return "\n".join(made) + "\n"


def _passed(arrow: Arrow, names: dict[int, str]) -> str:
    told = f"{names[arrow.origin]} > {names[arrow.target]}  {arrow.words}"
    return f"{millis(arrow.time):>{NUMBER}} ms  {told}"
