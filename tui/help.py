"""The help overlay: the table of keys and the glyphs, laid over a grid. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from tracer.recording import PhaseKind
from tui.keymap import GROUPS, MOUSE, keys_of
from tui.overlay import framed
from tui.player.glyphs import glyphs as kinds
from tui.player.grid import BOLD, Grid, Ink, Line, Span
from tui.widths import fitted, width_of

_TITLE = {"en": " Keys", "ko": " 키"}
_CLOSE = {"en": "Esc closes", "ko": "Esc 닫기"}
_LEGEND = (
    (PhaseKind.QUEUED, Ink.QUEUE, {"en": "waits in line", "ko": "줄에서 기다림"}),
    (PhaseKind.RUNNING, Ink.RUN, {"en": "computes", "ko": "계산함"}),
    (PhaseKind.BLOCKED, Ink.BLOCK, {"en": "waits, holds its lane", "ko": "레인을 잡고 기다림"}),
    (PhaseKind.AWAITING, Ink.WAIT, {"en": "waits, lane free", "ko": "레인을 놓고 기다림"}),
)
_KEY = 8  # columns of a key's name

Row = tuple[str, str]  # what to press, what it does; a heading has no words


def help_over(grid: Grid, language: str, glyphs: str = "narrow", screen: str = "stage") -> Grid:
    """Lay the help of a screen over a whole grid; as many columns as its rows need."""
    room = grid.height - 2
    columns = _columns(list(_blocks(screen, language)), max(room, 1))
    widths = _widths(columns, grid.width)
    rows = [_row(columns, number, widths) for number in range(max(room, 0))]
    legend = _legend(language, kinds(glyphs).kinds, grid.width)
    return framed(grid, _TITLE[language], _CLOSE[language], [*rows, legend])


def _blocks(screen: str, language: str) -> Iterable[list[Row]]:
    for group, heading in GROUPS.items():
        rows = [(key.shown, key.words[language]) for key in keys_of(screen) if key.group == group]
        if group == "mouse":
            rows = [(shown[language], words[language]) for shown, words in MOUSE]
        if rows:
            yield [(heading[language], ""), *rows]


def _columns(blocks: list[list[Row]], room: int) -> list[list[Row]]:
    """Put blocks into columns of `room` rows; a block goes to the next column rather than be parted."""
    columns: list[list[Row]] = [[]]
    for block in blocks:
        gap = 1 if columns[-1] else 0
        if len(columns[-1]) + gap + len(block) > room and gap:
            columns.append([])
        elif gap:
            columns[-1].append(("", ""))
        for row in block:
            if len(columns[-1]) == room:
                columns.append([])
            columns[-1].append(row)
    return columns


def _widths(columns: list[list[Row]], width: int) -> list[int]:
    """Share out a width: a column takes what its longest row needs; the widest give where it is too much."""
    wanted = [max(_KEY + 3 + width_of(words) for _, words in column or [("", "")]) for column in columns]
    while sum(wanted) > width:
        wanted[wanted.index(max(wanted))] -= 1
    spare = width - sum(wanted)
    return [one + (n + 1) * spare // len(wanted) - n * spare // len(wanted) for n, one in enumerate(wanted)]


def _row(columns: list[list[Row]], number: int, widths: list[int]) -> Line:
    spans: list[Span] = []
    for column, width in zip(columns, widths, strict=True):
        pressed, words = column[number] if number < len(column) else ("", "")
        if words:
            spans += [Span(fitted(f"  {pressed}", _KEY + 2), BOLD), Span(fitted(words, width - _KEY - 2), 0)]
        else:
            spans.append(Span(fitted(f" {pressed}", width), Ink.FAINT))
    return tuple(spans)


def _legend(language: str, glyphs: str, width: int) -> Line:
    spans = []
    for kind, ink, words in _LEGEND:
        spans += [Span(f" {glyphs[kind]} ", int(ink)), Span(f"{words[language]}  ", 0)]
    return _clipped(spans, width)


def _clipped(spans: list[Span], width: int) -> Line:
    """Cut or fill a line to a width."""
    kept, left = [], width
    for span in spans:
        text = fitted(span.text, min(width_of(span.text), left))
        kept.append(Span(text, span.style))
        left -= width_of(text)
    return (*kept, Span(" " * left, 0))
