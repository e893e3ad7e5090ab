"""The look: what the person chose to see of the waterfall. Frozen; a key gives another one."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Look:
    """All that a picture depends on beside the recordings, the size of the screen and the language."""

    t: int = 0  # the playhead, ns
    window: tuple[int, int] | None = None  # ns; None: all of it
    by: str = "lane"  # "lane", "request"
    show: str = "both"  # "both", "left", "right"
    side: int = 0  # the side that keys speak to
    row: int = 0  # the chosen row of that side, by lane
    request: int = 0  # the chosen request, by its place in order of arrival, from 0
    followed: int | None = None
    search: str = ""
    kept: str = ""  # the filter
    typing: str = ""  # "search", "filter": a text is being typed
    typed: str = ""
    bookmarks: tuple[int, ...] = ()
    said: str = ""  # a sentence in place of what is under the playhead
    glyphs: str = "narrow"
    counted: float = 1.0  # of a long recording, how much is counted: what is not cannot be drawn whole
