"""The headline: title, state, time, speed, scale; below it the stacks' names; at the foot the keys."""

from __future__ import annotations

from tui.keymap import footer
from tui.player.canvas import columns, fit
from tui.player.chapter import Chapter
from tui.player.frame import Band, Frame
from tui.player.grid import BOLD, UNDERLINE, Ink
from tui.player.words import told


def span(ns: int) -> str:
    """Write a span of time with the largest unit that keeps it whole enough: `5 ms`, `50 us`, `1 s`."""
    for size, unit in ((10**9, "s"), (10**6, "ms"), (10**3, "us")):
        if ns >= size:
            return f"{ns / size:g} {unit}"
    return f"{ns} ns"


def draw_title(frame: Frame) -> None:
    """Write the first row."""
    state = told(frame.language, "play" if frame.view.playing else "pause")
    values = {"t": frame.time / 1e9, "speed": frame.view.speed, "cell": span(frame.view.cell)}
    right = told(frame.language, "clock", state=state, **values)
    start = frame.plan.width - columns(right)
    room = start - 1
    name = title(frame.model.chapter, frame.language)
    left = f" hopscope  {name}" if columns(name) + 12 <= room else f" {name}"
    frame.canvas.put(0, 0, fit(left, room), Ink.TEXT | BOLD)
    frame.canvas.put(0, start, right)
    shown = columns(right[right.index("?") :])
    frame.canvas.hit(0, frame.plan.width - shown, shown, "key", -1, ord("?"), right[right.index("?") :])


def title(chapter: Chapter, language: str) -> str:
    """Give the chapter's title, with its number if it is one of several."""
    text = chapter.title.get(language) or chapter.title.get("en") or next(iter(chapter.title.values()), "")
    return f"{chapter.number}/{chapter.of} {text}" if chapter.of > 1 else text


def draw_names(frame: Frame) -> None:
    """Write the names of the stacks, the one that keys speak to underlined, and the wall between them."""
    for band in frame.bands:
        stack, half = band.stack, band.half
        name = f"{stack.kind}  {stack.label}" if stack.kind else stack.label
        width = half.label + half.room + 2
        chosen = UNDERLINE if len(frame.bands) > 1 and band.side == frame.view.side else 0
        frame.canvas.put(1, half.left, fit(name, width), Ink.TEXT | BOLD | chosen)
        _connections(band, width - columns(name) - 2)
        frame.canvas.hit(1, half.left, width, "side", band.side, band.side, name)
    if frame.plan.wall >= 0:
        for row in range(1, sum(frame.rows.figures)):
            frame.canvas.put(row, frame.plan.wall, frame.glyphs.wall, Ink.FAINT)


def _connections(band: Band, room: int) -> None:
    """Say at the right of the names how many connections clients keep open, where the source knows them."""
    parts = band.frame.model.parts[band.side]
    known = parts[0].connections
    if known is None:
        return
    opened, busy = (steps.at(band.frame.time) for steps in known)
    said = band.say("connections", all=opened, idle=max(0, opened - busy))
    if columns(said) <= room:
        band.frame.canvas.put(1, band.half.line + 2 - columns(said), said, Ink.FAINT)


def draw_keys(frame: Frame) -> None:
    """Write the keys, as many as there is room for; a click on one presses it."""
    row, rows = frame.rows.keys
    if not rows:
        return
    gap = 3 if frame.plan.width >= 100 else 2
    column = 1
    for key in footer("stage", frame.language, _spared(frame)):
        if column + columns(key) > frame.plan.width:
            break
        frame.canvas.put(row, column, key, Ink.FAINT)
        _hits(frame, row, column, key)
        column += columns(key) + gap


def _spared(frame: Frame) -> set[str]:
    """Choose what there is no room or no use for: hops of a stack of one, steps of a chapter without any."""
    if not any(len(parts) > 1 for parts in frame.model.parts):
        return {"next_hop"} if frame.plan.width >= 100 else {"next_hop", "finer"}
    narrow = {"event_on"} if frame.plan.width < 100 else set()
    return narrow | {"finer", "slower" if frame.model.chapter.steps else "step_on"}


def _hits(frame: Frame, row: int, column: int, words: str) -> None:
    """Each key of `, . event` has a box of its own; its number is the code of the key's character."""
    parts = words.split(" ")[:-1]
    for part in parts:
        code = _CODES.get(part) or ord(part)
        frame.canvas.hit(row, column, len(part), "key", -1, code, words)
        column += len(part) + 1


_CODES = {"space": ord(" "), "Enter": ord("\r")}
