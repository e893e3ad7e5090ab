"""The picture of the table: title, filter line, header, the rows that are seen, footer. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from tracer.analysis.where import Columns, Completion, WhereError
from tui.keymap import footer
from tui.overlay import framed, row
from tui.player.canvas import Canvas, columns, fit
from tui.player.grid import BOLD, FILLED, FOLLOW, UNDERLINE, Grid, Ink
from tui.table.cells import Cell, cells, group_cells
from tui.table.fields import BY_NAME, GROUPED, SHOWN, Shown
from tui.table.groups import Groups
from tui.table.line import Line
from tui.table.order import Rows
from tui.table.view import View
from tui.table.words import WORDS
from tui.words import said, say

HEAD = 4  # rows above the first request: title, filter, message, header
FOOT = 1
_PATH = 12  # columns that a path gets at least
_LEAST = 30  # columns that a message is squeezed into
_CHOICES = 7  # completions that are shown


class Typed(NamedTuple):
    """What is known of the filter while it is typed."""

    error: WhereError | None
    completion: Completion


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """What is drawn: the columns of a recording, its name, the rows in their order, or groups of them."""

    columns: Columns
    label: str
    rows: Rows
    groups: Groups | None = None
    busy: tuple[str, float] | None = None  # what is being done, and how much of it is

    @property
    def count(self) -> int:
        """How many lines there are."""
        return len(self.rows if self.groups is None else self.groups)


def room(height: int) -> int:
    """Say how many requests are seen at once."""
    return max(1, height - HEAD - FOOT)


def table(sheet: Sheet, view: View, typed: Typed | None, size: tuple[int, int], language: str) -> Grid:
    """Draw the table."""
    canvas = Canvas(*size)
    _title(canvas, sheet, language)
    _filter(canvas, view, typed, language)
    _message(canvas, sheet, view, typed, language)
    _body(canvas, sheet, view, language)
    _bar(canvas, sheet, view)
    _foot(canvas, language)
    if typed is not None and view.line is not None:
        _completions(canvas, typed.completion, view)
    grid = canvas.freeze()
    return _chooser(grid, view, language) if view.choosing is not None else grid


def _title(canvas: Canvas, sheet: Sheet, language: str) -> None:
    canvas.put(0, 0, " " * canvas.width, FILLED)
    key = "all" if len(sheet.rows) == sheet.rows.total else "some"
    told = say(WORDS, language, key, count=len(sheet.rows), total=sheet.rows.total)
    if sheet.groups is not None:
        by = say(WORDS, language, sheet.groups.by)
        told += ", " + say(WORDS, language, "groups", count=len(sheet.groups), by=by)
    end = say(WORDS, language, "help") + " "
    left = f" hopscope  {say(WORDS, language, 'title')}  {sheet.label}  "
    right = f"{told}  {end}"
    canvas.put(0, 0, fit(left, canvas.width - columns(right)), FILLED)
    canvas.put(0, canvas.width - columns(right), right, FILLED)


def _filter(canvas: Canvas, view: View, typed: Typed | None, language: str) -> None:
    line = view.line or Line.of(view.where)
    canvas.hit(1, 0, canvas.width, "filter", view.side, 0, say(WORDS, language, "filter"))
    if view.line is None and not view.where:
        canvas.put(1, 0, say(WORDS, language, "filter"), Ink.FAINT)
        return
    text, first = _window(line, canvas.width - 3)
    canvas.put(1, 0, "/", BOLD)
    canvas.put(1, 2, text, BOLD if view.line is None else int(Ink.TEXT))
    if view.line is None:
        return
    if typed is not None and typed.error is not None:
        _carets(canvas, line, typed.error, first)
    place = 2 + columns(line.text[first : line.cursor])
    under = line.text[line.cursor : line.cursor + 1] or " "
    canvas.put(1, place, under, FILLED)


def _window(line: Line, width: int) -> tuple[str, int]:
    """Give the part of a line that fits and has the cursor in it, and where it begins."""
    first = 0
    while columns(line.text[first : line.cursor]) >= width:
        first += 1
    return fit(line.text[first:], width), first


def _carets(canvas: Canvas, line: Line, error: WhereError, first: int) -> None:
    """Mark the place that is wrong: underlined, and a caret below it, so that colour is not needed."""
    start, end = (max(place - first, 0) for place in error.span)
    text = line.text[first:]
    begin, width = 2 + columns(text[:start]), max(columns(text[start:end]), 1)
    canvas.paint(1, begin, bytes([Ink.BLOCK | UNDERLINE]) * width)
    canvas.put(2, begin, "^" * min(width, canvas.width - begin), Ink.BLOCK | BOLD)


def _message(canvas: Canvas, sheet: Sheet, view: View, typed: Typed | None, language: str) -> None:
    """Say under the filter what is wrong with it, else what is being done, else what the rows are."""
    text, style = _said(sheet, view, typed, language)
    left, room_ = _beside(canvas, columns(text))
    canvas.put(2, left, fit(text, room_), style)


def _beside(canvas: Canvas, width: int) -> tuple[int, int]:
    """Give where a message stands: beside the carets, where there is room, else over them."""
    carets = canvas.text(2, 0, canvas.width).rstrip()
    if not carets:
        return 0, canvas.width
    after, before = columns(carets) + 1, len(carets) - len(carets.lstrip()) - 1
    right = canvas.width - after
    if right >= min(width, _LEAST) and (right >= width or right >= before):
        return after, right
    return (0, before) if before >= _LEAST else (0, canvas.width)


def _said(sheet: Sheet, view: View, typed: Typed | None, language: str) -> Cell:
    if typed is not None and typed.error is not None:
        error = typed.error
        unfinished = error.span[1] >= len(error.text.rstrip()) and bool(typed.completion.candidates)
        return error.why(language), int(Ink.FAINT) if unfinished else Ink.BLOCK | BOLD
    if sheet.busy is not None:
        what = say(WORDS, language, f"do {sheet.busy[0]}")
        return say(WORDS, language, "progress", what=what, percent=sheet.busy[1] * 100), int(Ink.WAIT)
    if view.line is not None:
        return say(WORDS, language, "typing"), int(Ink.FAINT)
    if not sheet.count:
        return say(WORDS, language, "none" if sheet.rows.total else "empty"), BOLD
    if sheet.groups is not None:
        return say(WORDS, language, "of hop" if sheet.groups.by == "hop" else "of request"), int(Ink.FAINT)
    return "", 0


def widths(names: tuple[str, ...], shown: dict[str, Shown], width: int) -> list[tuple[str, int, int]]:
    """Give (name, left end, width) of the columns that fit; those without a width share what is left."""
    kept: list[str] = []
    used = 0
    for name in names:
        least = (shown[name].width or _PATH) + 1
        if used + least > width:
            break
        kept.append(name)
        used += least
    wide = [name for name in kept if not shown[name].width]
    spare, left, made = width - used, 0, []
    for name in kept:
        size = shown[name].width or _PATH + spare // len(wide)
        made.append((name, left, size))
        left += size + 1
    return made


def places(view: View, width: int) -> list[tuple[str, int, int]]:
    """Give where the columns of the table stand; its last column is the bar's."""
    shown = {one.name: one for one in GROUPED} if view.group else BY_NAME
    return widths(view.fields, shown, width - 1)


def _body(canvas: Canvas, sheet: Sheet, view: View, language: str) -> None:
    first, seen = view.top, room(canvas.height)
    after = min(first + seen, sheet.count)
    ids = sheet.rows.some(first, after) if sheet.groups is None else None
    for place, (name, left, width) in enumerate(places(view, canvas.width)):
        column = (BY_NAME if sheet.groups is None else {one.name: one for one in GROUPED})[name]
        _header(canvas, view, place, column, left, width, language)
        if sheet.groups is not None:
            made = group_cells(sheet.groups, name, first, after, int(sheet.groups.count.sum()))
        else:
            assert ids is not None
            made = list(cells(sheet.columns, name, ids, is_ready(sheet.columns, name)))
        for n, (text, style) in enumerate(made):
            _cell(canvas, HEAD + n, left, width, text, style, column.left)
    for n in range(after - first):
        request = int(ids[n]) if ids is not None else first + n
        noun = "request" if ids is not None else "group"
        canvas.hit(HEAD + n, 0, canvas.width - 1, noun, view.side, first + n, f"{request}")
    if first <= view.cursor < after:
        _light(canvas, HEAD + view.cursor - first)


def is_ready(columns_: Columns, name: str) -> bool:
    """Whether a column that is dear was made."""
    return "journeys" in vars(columns_) if name == "hop" else columns_.made(name)


def make(columns_: Columns, name: str) -> None:
    """Make a column that is dear."""
    _ = columns_.journeys if name == "hop" else columns_[name]


def _header(
    canvas: Canvas, view: View, place: int, column: Shown, left: int, width: int, language: str
) -> None:
    sort, down = view.order
    title = said(column.title, language) or (said(WORDS[view.group], language) if view.group else "")
    sign = ("v" if down else "^") if column.name == sort else ""
    text = fit(title, width - len(sign)) + sign
    style = BOLD | UNDERLINE if place == view.focus else int(BOLD if sign else Ink.FAINT)
    column_left = left if column.left else left + width - columns(text)
    canvas.put(3, column_left, text, style)
    canvas.hit(3, left, width, "column", view.side, place, title)


def _cell(canvas: Canvas, line: int, left: int, width: int, text: str, style: int, to_left: bool) -> None:
    text = fit(text, width)
    canvas.put(line, left if to_left else left + width - columns(text), text, style)


def _light(canvas: Canvas, line: int) -> None:
    """Reverse the row of the cursor, whatever stands in it."""
    canvas.paint(line, 0, bytes([FOLLOW | BOLD]) * (canvas.width - 1))


def _bar(canvas: Canvas, sheet: Sheet, view: View) -> None:
    """Draw at the right where in the whole the rows seen are."""
    seen, count = room(canvas.height), sheet.count
    if count <= seen:
        return
    size = max(1, seen * seen // count)
    top = (seen - size) * view.top // max(count - seen, 1)
    for line in range(seen):
        inside = top <= line < top + size
        canvas.put(
            HEAD + line, canvas.width - 1, " " if inside else "¦", FILLED if inside else int(Ink.FAINT)
        )
        canvas.hit(HEAD + line, canvas.width - 1, 1, "bar", view.side, line, "")


def _foot(canvas: Canvas, language: str) -> None:
    line, left = canvas.height - 1, 0
    for told in footer("requests", language):
        if left + columns(told) > canvas.width:
            break
        canvas.put(line, left, told, Ink.FAINT)
        left += columns(told) + 2


def _completions(canvas: Canvas, completion: Completion, view: View) -> None:
    """List over the first rows what may stand at the cursor."""
    offered = completion.candidates
    if not offered or view.line is None:
        return
    first = max(0, min(view.choice - _CHOICES // 2, len(offered) - _CHOICES))
    listed = offered[first : first + _CHOICES]
    _, begin = _window(view.line, canvas.width - 3)
    left = 2 + columns(view.line.text[begin : completion.start])
    width = max(columns(one.text) for one in listed) + max(columns(one.words) for one in listed) + 4
    left = max(0, min(left, canvas.width - width))
    for n, one in enumerate(listed):
        style = FILLED | BOLD if first + n == view.choice else int(UNDERLINE if n == len(listed) - 1 else 0)
        text = fit(f" {one.text}", width - columns(one.words) - 2)
        gap = " " * (width - columns(text) - columns(one.words) - 1)
        canvas.put(3 + n, left, f"{text}{gap}{one.words} ", style)
        canvas.hit(3 + n, left, width, "completion", view.side, first + n, one.text)


def _chooser(grid: Grid, view: View, language: str) -> Grid:
    lines = [row("", grid.width)]
    for place, column in enumerate(SHOWN):
        mark = "x" if column.name in view.shown else " "
        text = f"  [{mark}] {said(column.title, language)}"
        lines.append(row(text, grid.width, BOLD | FILLED if place == view.choosing else 0))
    return framed(grid, say(WORDS, language, "choose"), say(WORDS, language, "choosing"), lines)
