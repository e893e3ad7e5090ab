"""Pages: text that is read, wrapped to the width of the screen, with lists to choose from. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tui.keymap import footer
from tui.player.canvas import Canvas, clean, columns, fit
from tui.player.grid import BOLD, FILLED, Ink

KEPT = -2
PARAGRAPH = -1


class Said(NamedTuple):
    """A paragraph, which is wrapped; `id` >= 0: one line of a list, to be chosen; KEPT: one line as it is."""

    text: str
    style: int = 0
    indent: int = 0
    id: int = PARAGRAPH
    more: str = ""  # beside it, faint


def wrapped(text: str, width: int) -> list[str]:
    """Part a text into lines of at most `width` columns, at spaces where there are any."""
    lines, line = [], ""
    for word in clean(text).split():
        whole = f"{line} {word}" if line else word
        if columns(whole) <= width:
            line = whole
            continue
        if line:
            lines.append(line)
        while columns(word) > width:
            cut = _head(word, width)
            lines.append(cut)
            word = word[len(cut) :]
        line = word
    return [*lines, line] if line else lines


def _head(word: str, width: int) -> str:
    """Cut as much of a word as fits, one character at least."""
    for n in range(1, len(word)):
        if columns(word[: n + 1]) > width:
            return word[:n]
    return word


def laid(said: Sequence[Said], width: int) -> list[Said]:
    """Wrap paragraphs; what can be chosen stays one line."""
    lines: list[Said] = []
    for one in said:
        if one.id != PARAGRAPH or not one.text:
            lines.append(one)
        else:
            room = max(10, min(width, 88) - one.indent)
            lines += [one._replace(text=part) for part in wrapped(one.text, room)]
    return lines


def draw_lines(
    canvas: Canvas, lines: Sequence[Said], place: tuple[int, int, int, int], first: int, chosen: int = -1
) -> None:
    """Draw lines into (row, column, width, rows), from the line `first` on."""
    row, column, width, rows = place
    for n, line in enumerate(lines[first : first + rows]):
        picked = line.id >= 0 and line.id == chosen
        mark = ("> " if picked else "  ") if line.id >= 0 else ""
        text = fit(f"{' ' * line.indent}{mark}{line.text}", width)
        canvas.put(row + n, column, text, line.style | (BOLD | FILLED if picked else 0))
        rest = width - columns(text) - 2
        if line.more and rest > 8:
            canvas.put(row + n, column + columns(text) + 2, fit(line.more, rest), Ink.FAINT)
        if line.id >= 0:
            canvas.hit(row + n, column, width, "item", -1, line.id, line.text)


def draw_title(canvas: Canvas, left: str, right: str) -> None:
    """Write the first row."""
    canvas.put(0, 0, fit(f" hopscope  {left}", canvas.width - columns(right) - 2), Ink.TEXT | BOLD)
    canvas.put(0, canvas.width - columns(right) - 1, right)


def draw_foot(canvas: Canvas, screen: str, language: str, said: str = "", spared: Sequence[str] = ()) -> None:
    """Write a sentence and the keys into the last two rows."""
    canvas.put(canvas.height - 2, 0, fit(said, canvas.width), Ink.TEXT)
    column = 1
    for words in footer(screen, language, spared):
        if column + columns(words) > canvas.width:
            break
        canvas.put(canvas.height - 1, column, words, Ink.FAINT)
        column += columns(words) + 2


def first_line(lines: Sequence[Said], chosen: int, rows: int) -> int:
    """Give the line that stands first, so that the chosen one can be seen."""
    at = next((n for n, line in enumerate(lines) if line.id == chosen), 0)
    return max(0, min(at - rows // 2, len(lines) - rows))
