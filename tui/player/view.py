"""The view: what the person chose to look at. Frozen; pressing a key gives another one."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class View:
    """All that a frame depends on beside the recordings, the time and the size of the screen."""

    cell: int  # ns a cell of a strip stands for (q)
    playing: bool = False
    speed: Fraction = Fraction(1)
    show: str = "both"  # "both", "left", "right"
    swapped: bool = False
    side: int = 0  # the side that keys speak to
    followed: int | None = None  # a request, by its place in order of arrival, from 0
    opened: tuple[int, ...] = ()  # side -> the band that is open; none said or -1: the busiest
    selected: int | None = None  # a lane row of that side
    big: bool = False  # the speaker view
    step: int = -1  # of the narration; -1: not begun
    still: bool = False  # no ghosts
    glyphs: str = "narrow"  # "narrow", "ascii"
    window: tuple[int, int] | None = None  # of the timeline, ns; None: all of it
    bookmarks: tuple[int, ...] = ()
    hover: str = ""
