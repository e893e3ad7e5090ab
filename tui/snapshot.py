"""The snapshot: what every screen is handed, as one frozen value. Whoever changes it makes another one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tui.lessons import Lesson
from tui.options import Options
from tui.player.chapter import Chapter
from tui.stagecraft import Deck
from tui.themes import Theme


@dataclass(frozen=True, slots=True)
class Place:
    """Where the person is, whichever screen shows it: screens open at the place that the last one left."""

    chapter: int = 0
    t: int = 0  # ns since the chapter's start
    side: int = 0
    request: int | None = None  # the one followed: its place in order of arrival on that side, from 0
    lane: int | None = None  # the one selected: its row in the recording of that side


class OpenError(Exception):
    """A file cannot be opened: one sentence."""


@dataclass(frozen=True, slots=True)
class Services:
    """What the command line lends to the app, whose packages import no source. None: not to be had here."""

    dissect: Callable[..., Any] | None = None  # the packets of a request, decoded
    rerun: Callable[..., Any] | None = None  # the requests of a recording, served by another stack
    reruns: Callable[[Sequence[Path]], Callable[..., Any]] | None = None  # files -> their `rerun`
    follow: Callable[..., Any] | None = None  # a server that is being recorded
    labs: Callable[[], Sequence[Lesson]] | None = None  # the demos
    lab: str = ""  # the one to begin with
    open_files: Callable[[Sequence[str]], Sequence[Chapter]] | None = None  # may raise OpenError
    samples: Callable[[], Sequence[tuple[str, str]]] | None = None  # name without "sample:", what it is
    recent: Callable[[], Sequence[tuple[str, ...]]] | None = None  # what was opened last, files by name


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """The recordings that are open, how the person wants the app, and where in it they are."""

    deck: Deck
    options: Options
    theme: Theme
    files: Sequence[Path] = ()
    services: Services = field(default_factory=Services)
    place: Place = field(default_factory=Place)

    def at(self, place: Place) -> Snapshot:
        """Give the snapshot with the person elsewhere."""
        return replace(self, place=place)
