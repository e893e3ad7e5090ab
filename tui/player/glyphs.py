"""The glyphs: how each kind of phase, a request and a count of dots are written (one column each)."""

from __future__ import annotations

from dataclasses import dataclass

from tracer.recording import PhaseKind
from tui.player.grid import BOLD, FILLED, Ink

IDLE = len(PhaseKind)
"""Beside the kinds of phases: a lane held by no request."""

STYLES = {
    PhaseKind.QUEUED: int(Ink.QUEUE),
    PhaseKind.RUNNING: Ink.RUN | FILLED,
    PhaseKind.BLOCKED: Ink.BLOCK | BOLD,
    PhaseKind.AWAITING: int(Ink.WAIT),
    PhaseKind.CALLING: int(Ink.FAINT),
    PhaseKind.TRANSFER: int(Ink.TEXT),
    PhaseKind.UNSEEN: int(Ink.FAINT),
    IDLE: int(Ink.FAINT),
}
"""Kind (or IDLE) -> style of its cells."""

VERBS = ("QUEUED", "RUNNING", "BLOCKED", "AWAITING", "CALLING", "TRANSFER", "UNSEEN")


def style_of(kind: int, holds: bool) -> int:
    """Give the style of a phase; moving bytes is filled if it holds a lane."""
    if kind == PhaseKind.TRANSFER and holds:
        return Ink.TEXT | FILLED
    return STYLES[kind]


@dataclass(frozen=True, slots=True)
class Glyphs:
    """One set of glyphs. `kinds` is by PhaseKind, then IDLE."""

    kinds: str
    going: str = "»"
    coming: str = "«"
    wall: str = "¦"
    braille: bool = True


NARROW = Glyphs("░►▐◦-»?~")
ASCII = Glyphs(":>=o-/?~", going=">", coming="<", wall="|", braille=False)


def glyphs(name: str) -> Glyphs:
    """Give the set of that name: "narrow" or "ascii"."""
    return ASCII if name == "ascii" else NARROW


def number(request: int, followed: bool = False) -> str:
    """Write the number of request `request` (counted from 0): `#7`, `#42`, from 100 on three digits."""
    n = request + 1
    if followed:
        return f"*{n}"
    return f"#{n}" if n < 100 else f"{n % 1000:03d}"
