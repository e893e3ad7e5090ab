"""The tab of waits: for whom the request waited in line, and who waited behind it."""

from __future__ import annotations

from tui.player.canvas import Canvas, fit
from tui.player.grid import BOLD, FOLLOW, Ink
from tui.request.spent import rounded
from tui.request.told import BODY, Told, micros, millis, rows
from tui.request.view import View
from tui.request.words import WORDS
from tui.words import say


def wait_lines(told: Told, language: str) -> list[tuple[str, int, int | None]]:
    """Give the lines of the tab of waits: a text, its style, and the request that it leads to."""
    blame = told.blame
    if blame is None:
        return [(say(WORDS, language, "working"), int(Ink.WAIT), None)]
    made: list[tuple[str, int, int | None]] = []
    if told.blind and not blame.queued:
        return [(say(WORDS, language, "unseen line"), int(Ink.TEXT), None)]
    if blame.queued:
        made.append((say(WORDS, language, "for whom", ms=millis(blame.queued)), BOLD, None))
        shares = rounded([*(cause.delay for cause in blame.causes), max(blame.unknown, 0)])
        for cause, us in zip(blame.causes, shares, strict=False):
            who = say(WORDS, language, "idle") if cause.request is None else f"id {cause.request}"
            text = f"  {micros(us):>11} ms  {who:<8} {cause.kind:<8} {cause.what or ''}  {cause.lane or ''}"
            made.append((text, int(Ink.QUEUE), cause.request))
        if shares[-1]:
            text = f"  {micros(shares[-1]):>11} ms  {say(WORDS, language, 'wake-up')}"
            made.append((text, int(Ink.FAINT), None))
    else:
        made.append((say(WORDS, language, "no line"), BOLD, None))
    made.append(("", 0, None))
    if not blame.behind:
        return [*made, (say(WORDS, language, "none behind"), BOLD, None)]
    key = "one behind" if len(blame.behind) == 1 else "behind"
    made.append((say(WORDS, language, key, count=len(blame.behind), ms=millis(blame.cost)), BOLD, None))
    return made + [(f"  id {request}", int(Ink.BLOCK), request) for request in blame.behind]


def draw_waits(canvas: Canvas, told: Told, view: View, language: str, kinds: str) -> None:
    """Draw the lines; that of the cursor leads to its request."""
    made, room = wait_lines(told, language), rows(canvas)
    first = max(0, min(view.cursor - room + 1, len(made) - room))
    for n, (text, style, request) in enumerate(made[first : first + room]):
        lit = first + n == view.cursor
        canvas.put(
            BODY + n, 0, fit(text, canvas.width), FOLLOW | BOLD if lit and request is not None else style
        )
        if request is not None:
            canvas.hit(BODY + n, 0, canvas.width, "request", view.side, request, text.strip())
    del kinds
