"""Narration: the sentence of the chapter's step, in the language asked for, and what the pointer is on."""

from __future__ import annotations

from tui.player.canvas import fit
from tui.player.chapter import Step
from tui.player.frame import Frame
from tui.player.grid import Ink


def current(frame: Frame) -> int:
    """Give the step that is told: the view's, or if it has not begun, the last one whose time has come."""
    steps = frame.model.chapter.steps
    if frame.view.step >= 0:
        return min(frame.view.step, len(steps) - 1)
    return max((n for n, step in enumerate(steps) if step.at <= frame.time), default=-1)


def draw_narration(frame: Frame) -> None:
    """Write the step's two lines, and what hovering says in the row below (or in the last line)."""
    row, rows = frame.rows.narration
    steps = frame.model.chapter.steps
    number = current(frame)
    if number >= 0:
        head = f"{number + 1}/{len(steps)} "
        for n, line in enumerate(_lines(steps[number], frame.language, rows)):
            frame.canvas.put(row + n, 0, fit((head if n == 0 else " " * len(head)) + line, frame.plan.width))
    if frame.view.hover:
        _hover(frame, row + rows - 1)


def _lines(step: Step, language: str, rows: int) -> list[str]:
    text = step.text.get(language) or step.text.get("en") or next(iter(step.text.values()), "")
    return text.splitlines()[:rows]


def _hover(frame: Frame, last: int) -> None:
    blank, rows = frame.rows.blank
    row = blank if rows else last
    frame.canvas.put(row, 0, " " * frame.plan.width)
    frame.canvas.put(row, 0, fit(frame.view.hover, frame.plan.width), Ink.FAINT)
