"""Statistics: the spread and the course of a chapter's recordings, by hop and by path, laid over each other.

Measuring is a worker's: it tells how far it is, and ends when something else is wished or Esc is pressed.
"""

from __future__ import annotations

from dataclasses import replace
from threading import Event
from typing import Any, TypeVar

from textual import events

from tracer.analysis.statistics import Choice, Statistics, hop_names, paths, statistics
from tracer.recording import TraceError
from tui.player.chapter import Side
from tui.player.grid import Grid
from tui.player.headline import title
from tui.player.statistics import PLOTS, Measured, View, picture
from tui.screens.base import GridScreen, Shell
from tui.snapshot import Snapshot

T = TypeVar("T")
Hops = tuple[str | None, ...]
"""Of each side the name of a hop that is laid over the others'; None where it has none."""
Key = tuple[int, Hops | None, str | None]
"""What was measured: chapter, hops, path."""


class StoppedError(Exception):
    """Measuring was broken off."""


class StatisticsScreen(GridScreen):
    """Shows figures and plots of the chapter that is open."""

    NAME = "statistics"

    def __init__(self, snapshot: Snapshot, shell: Shell) -> None:
        super().__init__(snapshot, shell)
        self.state = View()
        self.measured = Measured(())
        self.hops: list[Hops] = []  # in path order
        self.paths: list[str] = []
        self._chapter = -1
        self._known: dict[Key, Measured] = {}
        self._stop = Event()

    def on_mount(self) -> None:
        """Measure what is open."""
        self.arrive(self.snapshot)

    def arrive(self, snapshot: Snapshot) -> None:
        """Turn to the chapter that the last screen showed."""
        super().arrive(snapshot)
        options = snapshot.options
        self.state = replace(self.state, language=options.language, glyphs=options.glyphs)
        if self.is_running and (snapshot.place.chapter != self._chapter or not self.measured.sides):
            if snapshot.place.chapter != self._chapter:
                self.state = replace(self.state, hop=None, path=None)
                self.hops, self.paths = [], []
            self._chapter = snapshot.place.chapter
            self._measure()

    def covered(self) -> None:
        """Let measuring go on under help and palette."""

    def grid(self, width: int, height: int) -> Grid:
        """Draw what is known."""
        chapter = self.snapshot.deck.stage(self.snapshot.place.chapter).model.chapter
        return picture(title(chapter, self.state.language), self.state, self.measured, (width, height))

    def act(self, action: str) -> None:
        """Choose a hop, a path, a plot or a chapter."""
        if action in ("hop_on", "hop_back"):
            self._choose(hop=_next(self.hops, self.state.hop, action.endswith("on")))
        elif action in ("path_on", "path_back"):
            self._choose(path=_next(self.paths, self.state.path, action.endswith("on")))
        elif action == "plot_on":
            self.state = replace(self.state, plot=(self.state.plot + 1) % len(PLOTS))
        elif action == "enlarge":
            self.state = replace(self.state, alone=not self.state.alone)
        elif action == "chapter_on":
            place = self.snapshot.place
            chapter = (place.chapter + 1) % len(self.snapshot.deck)
            self.arrive(self.snapshot.at(replace(place, chapter=chapter, t=0, request=None)))
        elif action == "stop":
            self._cancel()
        self.draw_soon()

    def _cancel(self) -> None:
        """Stop measuring, or show all plots again."""
        if self.measured.share < 1:
            self._stop.set()
        else:
            self.state = replace(self.state, alone=False)

    def _choose(self, **changes: Any) -> None:
        self.state = replace(self.state, **changes)
        self._measure()

    def _measure(self) -> None:
        """Measure what is chosen, unless that is known; what is measured now is broken off."""
        self._stop.set()
        self._stop = Event()
        sides = self.snapshot.deck.stage(self._chapter).model.chapter.sides
        hops = self.state.hop or (None,) * len(sides)
        key = self._chapter, self.state.hop, self.state.path
        known = self._known.get(key)
        if known is not None:
            self.measured = known
            return
        self.measured = Measured([side.label for side in sides], share=0.0)
        choices = [None if self.state.hop and hop is None else Choice(hop, self.state.path) for hop in hops]
        job = _Job(self, key, choices, sides, self._stop)
        self.run_worker(job.run, thread=True, group="statistics", exit_on_error=False)

    def hear(self, job: _Job, measured: Measured, hops: list[Hops], found: list[str]) -> None:
        """Take what a worker has found, if that is still wished."""
        if job.stop is not self._stop:
            return
        self.measured = measured
        self.hops, self.paths = hops or self.hops, found or self.paths
        if measured.share >= 1 and not measured.stopped:
            self._known[job.key] = measured
        self.draw_soon()

    def on_click(self, event: events.Click) -> None:
        """Choose the plot that was clicked; the chosen one is enlarged, or made small again."""
        if self.close_overlays() or self.canvas.grid is None:
            return
        hit = self.canvas.grid.at(event.y, event.x)
        if hit is not None and hit.noun == "plot":
            again = hit.id == self.state.plot
            self.state = replace(self.state, plot=hit.id, alone=self.state.alone != again)
            self.draw_soon()


class _Job:
    """One measurement, in a thread of its own; the screen's loop hears of it by messages."""

    def __init__(
        self,
        screen: StatisticsScreen,
        key: Key,
        choices: list[Choice | None],
        sides: tuple[Side, ...],
        stop: Event,
    ) -> None:
        self.screen, self.key, self.sides, self.stop = screen, key, sides, stop
        self._choices = choices
        self._names = [side.label for side in sides]
        self._found: list[Statistics | None] = []
        self._lists: tuple[list[Hops], list[str]] = [], []

    def run(self) -> None:
        """Measure each side; tell how far it is, and the rest."""
        try:
            self._lists = _lists(self.sides)
            for side, choice in zip(self.sides, self._choices, strict=True):
                found = statistics(side.recording, choice, self._tell) if choice else None
                self._found.append(found)
            self._say(Measured(self._names, self._found))
        except StoppedError:
            self._say(Measured(self._names, (), stopped=True))
        except TraceError as error:
            self.screen.app.call_from_thread(self.screen.shell.fail, error)

    def _tell(self, share: float) -> None:
        if self.stop.is_set():
            raise StoppedError
        done = (len(self._found) + share) / len(self.sides)
        self._say(Measured(self._names, (), min(done, 0.99)))

    def _say(self, measured: Measured) -> None:
        if self.screen.is_attached:
            self.screen.app.call_later(self.screen.hear, self, measured, *self._lists)


def _lists(sides: tuple[Side, ...]) -> tuple[list[Hops], list[str]]:
    """List the hops that can be laid over each other, and the paths of all sides, each once."""
    found = dict.fromkeys(path for side in sides for path in paths(side.recording))
    return paired([hop_names(side.recording) for side in sides]), list(found)


def paired(names: list[list[str]]) -> list[Hops]:
    """Pair the hops of two sides: those called alike, and the others (gunicorn | uvicorn) in path order."""
    if len(names) < 2:
        return [(name,) for name in names[0]] if names else []
    left, right = names
    others = iter([name for name in right if name not in left])
    pairs: list[Hops] = [(name, name if name in right else next(others, None)) for name in left]
    return pairs + [(None, name) for name in others]


def _next(names: list[T], now: T | None, on: bool) -> T | None:
    """Give the name after or before one; None, which means all, stands before the first."""
    every = [None, *names]
    place = every.index(now) if now in every else 0
    return every[(place + (1 if on else -1)) % len(every)]
