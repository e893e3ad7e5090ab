"""How a person wants the app: language, theme, glyphs, speed."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says about the app."""

    language: str = "en"  # "en", "ko"
    theme: str = "dark"  # "dark", "light", "contrast"
    glyphs: str = "narrow"  # "narrow", "ascii"
    borders: str = "ascii"  # "box" where the terminal draws box lines one column wide
    speed: Fraction | None = None  # None: a median request lasts about two seconds
    still: bool = False  # no ghosts
    paused: bool = False
    at: int = 0  # where to open, ns since the chapter's start
