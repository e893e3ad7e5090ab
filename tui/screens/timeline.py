"""The Timeline: a waterfall by lane or by request. It keeps the look; pure functions do the rest."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from textual import events
from textual.worker import get_current_worker

from tui.player.grid import Grid, Hit
from tui.player.waterfall import moves
from tui.player.waterfall.fall import Fall
from tui.player.waterfall.look import Look
from tui.player.waterfall.scene import scene
from tui.player.waterfall.words import WORDS
from tui.registry import BY_NAME
from tui.screens.base import GridScreen, Shell
from tui.snapshot import Place, Snapshot
from tui.words import say


class TimelineScreen(GridScreen):
    """Shows a chapter's waterfall; a long recording is counted by a thread while what is near is seen."""

    NAME = "timeline"

    def __init__(self, snapshot: Snapshot, shell: Shell) -> None:
        super().__init__(snapshot, shell)
        self._falls: dict[int, Fall] = {}
        self.chapter = snapshot.place.chapter
        self.state = Look(glyphs=snapshot.options.glyphs)
        self._scrubs = False
        self._counting: set[tuple[int, int, str]] = set()

    @property
    def fall(self) -> Fall:
        """What is drawn: the chapter's waterfall."""
        if self.chapter not in self._falls:
            self._falls[self.chapter] = Fall(self.snapshot.deck.stage(self.chapter).model)
        return self._falls[self.chapter]

    def grid(self, width: int, height: int) -> Grid:
        """Draw the look."""
        return scene(self.fall, self.state, (width, height), self.snapshot.options.language)

    def act(self, action: str) -> None:
        """Let an action change the look; Enter opens the request where there is a screen for that."""
        if action == "open_request":
            self._open_request()
            return
        size = (self.size.width, self.size.height)
        self.become(moves.act(self.fall, self.state, action, size, self.snapshot.options.language))

    def _open_request(self) -> None:
        followed = replace(self.state, followed=self.state.request)
        if "detail" in BY_NAME:
            self.become(followed)
            self.shell.ask("open detail")
            return
        said = say(WORDS, self.snapshot.options.language, "no detail", n=self.state.request + 1)
        self.become(replace(followed, said=said))

    def read_key(self, key: str, character: str | None) -> bool:
        """Read the words of a search or a filter."""
        if not self.state.typing:
            return False
        self.become(moves.typed(self.fall, self.state, key, character))
        return True

    def become(self, after: Look) -> None:
        """Go on with another look."""
        before, self.state = self.state, after
        if after != before:
            self.draw_soon()
        if after.kept != before.kept:
            self._count()

    def place(self) -> Place:
        """Say where the playhead is, and who is followed."""
        return Place(self.chapter, self.state.t, self.state.side, self.state.followed)

    def arrive(self, snapshot: Snapshot) -> None:
        """Go where another screen was."""
        super().arrive(snapshot)
        place = snapshot.place
        if place.chapter != self.chapter:
            self.chapter = place.chapter
            self.state = Look(glyphs=snapshot.options.glyphs, by=self.state.by)
        side = place.side if place.side < len(self.fall.model.stacks) else 0
        moved = moves.seek(self.fall, replace(self.state, side=side), place.t)
        if place.request is not None and place.request < len(self.fall.stack(side).due):
            moved = replace(moved, request=place.request)
        self.become(replace(moved, followed=place.request))
        self._count()

    def remember(self) -> dict[str, Any]:
        """Tell how it was looked at, and the bookmarks."""
        look = self.state
        return {"chapter": self.chapter, "by": look.by, "window": look.window, "bookmarks": look.bookmarks}

    def recall(self, told: dict[str, Any]) -> None:
        """Look at it as it was left."""
        if told.get("chapter") != self.chapter:
            return
        marks = tuple(sorted(one for one in told.get("bookmarks", ()) if type(one) is int))
        by = "request" if told.get("by") == "request" else "lane"
        self.state = replace(self.state, by=by, bookmarks=marks, window=_window(told, self.fall.model.end))

    # Counting of long recordings.

    def on_mount(self) -> None:
        """Begin to count."""
        self._count()

    def _count(self) -> None:
        """Count in a thread what is too long to be looked at for each picture."""
        if not self.is_running:
            return
        for side in self.fall.uncounted(self.state.kept):
            job = (self.chapter, side, self.state.kept)
            if job not in self._counting:
                self._counting.add(job)
                self.run_worker(lambda job=job: self._counted(*job), thread=True)

    def _counted(self, chapter: int, side: int, words: str) -> None:
        worker = get_current_worker()
        for done in self._falls[chapter].count(side, words):
            if worker.is_cancelled:
                return
            self.app.call_from_thread(self._told, done)
        self._counting.discard((chapter, side, words))
        self.app.call_from_thread(self._told, 1.0)

    def _told(self, done: float) -> None:
        self.state = replace(self.state, counted=done)
        self.draw_soon()

    # The mouse.

    def _hit(self, event: events.MouseEvent) -> Hit | None:
        grid = self.canvas.grid
        return grid.at(event.y, event.x) if grid is not None else None

    def _time(self, event: events.MouseEvent) -> int | None:
        """Give the time of the column under the pointer."""
        grid = self.canvas.grid
        here = grid.at(grid.height - 3, event.x) if grid is not None else None
        return here.id if here is not None and here.noun == "time" else None

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Choose what is pressed; its column is where the playhead goes, and dragging takes it along."""
        if self.close_overlays():
            return
        here = self._hit(event)
        if here is not None and here.noun == "key":
            self.press("question_mark")
        elif here is not None:
            self._choose(here)
            self._scrubs = True
            self.canvas.capture_mouse()
            self._seek(event)

    def _choose(self, here: Hit) -> None:
        look = replace(self.state, side=here.side) if here.side >= 0 else self.state
        if here.noun == "row":
            look = replace(look, row=here.id)
        self.become(replace(look, request=here.id) if here.noun == "request" else look)

    def _seek(self, event: events.MouseEvent) -> None:
        t = self._time(event)
        if t is not None:
            chosen = self.state.request
            self.become(replace(moves.seek(self.fall, self.state, t), request=chosen, said=""))

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Scrub."""
        if self._scrubs:
            self._seek(event)

    def on_mouse_up(self, event: events.MouseUp) -> None:  # noqa: ARG002
        """Let go."""
        self._scrubs = False
        self.canvas.release_mouse()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Zoom in about the pointer; beside the cells, and with Shift, go through the rows or the time."""
        self._wheel(event, -1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Zoom out."""
        self._wheel(event, 1)

    def on_mouse_scroll_left(self, event: events.MouseScrollLeft) -> None:
        """Go back in time."""
        event.stop()
        self.become(moves.pan(self.fall, self.state, -1))

    def on_mouse_scroll_right(self, event: events.MouseScrollRight) -> None:
        """Go on in time."""
        event.stop()
        self.become(moves.pan(self.fall, self.state, 1))

    def _wheel(self, event: events.MouseEvent, step: int) -> None:
        event.stop()
        t = self._time(event)
        if event.shift:
            self.become(moves.pan(self.fall, self.state, step))
        elif t is None:
            self.become(moves.step_row(self.fall, self.state, step))
        else:
            self.become(moves.zoom(self.fall, self.state, t, closer=step < 0))


def _window(told: dict[str, Any], end: int) -> tuple[int, int] | None:
    """Read a window; one that does not fit the recording is all of it."""
    pair = told.get("window")
    if not isinstance(pair, list | tuple) or len(pair) != 2 or not all(type(one) is int for one in pair):
        return None
    return (pair[0], pair[1]) if 0 <= pair[0] < pair[1] <= end else None
