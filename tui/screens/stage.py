"""The Stage: one chapter played on one clock. It keeps the show, and asks pure functions for the rest."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from textual import events
from textual.timer import Timer

from tracer.recording import TraceError
from tui import pointer
from tui.player.grid import Grid, Hit
from tui.player.model import Model
from tui.reduce import act, read_number
from tui.screens.base import FRAME, GridScreen, Shell
from tui.show import Show, alongside, arrive, look, pause, play_on, seek
from tui.snapshot import Place, Snapshot
from tui.stagecraft import Stagecraft


class StageScreen(GridScreen):
    """Shows a chapter; keys and mouse change the show, a timer runs only while it plays."""

    NAME = "stage"

    def __init__(self, snapshot: Snapshot, shell: Shell) -> None:
        super().__init__(snapshot, shell)
        self._timer: Timer | None = None
        self._began = (0, 0)  # clock, and the show's time then
        self._pressed: Hit | None = None
        self.state = self._opened()

    def _opened(self) -> Show:
        opened = self.stage(0).show_at(self.snapshot.options.at, self.snapshot.options)
        return replace(opened, chapters=len(self.snapshot.deck))

    def renew(self, snapshot: Snapshot) -> None:
        """Begin anew with other recordings."""
        self.snapshot = snapshot
        self._run(playing=False)
        self.state = self._opened()
        self._began = (self.shell.now(), self.state.t)

    def stage(self, chapter: int) -> Stagecraft:
        """Give what plays a chapter."""
        return self.snapshot.deck.stage(chapter)

    @property
    def model(self) -> Model:
        """The model of the chapter that plays."""
        return self.stage(self.state.chapter).model

    def grid(self, width: int, height: int) -> Grid:
        """Draw the show."""
        show = self.state
        return self.stage(show.chapter).frame(
            show.view, show.t, (width, height), self.snapshot.options.language
        )

    def act(self, action: str) -> None:
        """Let an action change the show."""
        self.become(act(self.state, self.model, action))

    def read_key(self, key: str, character: str | None) -> bool:  # noqa: ARG002
        """Read the number of the request to follow."""
        after, taken = read_number(self.state, self.model, key)
        self.become(after)
        return taken

    def covered(self) -> None:
        """Pause while something else is looked at."""
        self.become(pause(self.state))

    def place(self) -> Place:
        """Say where the playhead is, and who is followed."""
        view = self.state.view
        return Place(self.state.chapter, self.state.t, view.side, view.followed)

    def arrive(self, snapshot: Snapshot) -> None:
        """Go where another screen was."""
        super().arrive(snapshot)
        place = snapshot.place
        self.state = replace(self.state, chapters=len(snapshot.deck))  # What-if adds some
        if place == self.place():
            return
        if place.chapter != self.state.chapter:
            self.become(replace(self.state, chapter=place.chapter))
        moved = seek(pause(self.state), self.model, place.t)
        self.become(look(moved, side=place.side, followed=place.request))

    def remember(self) -> dict[str, Any]:
        """Tell the chapter, the instant and the bookmarks; what was left at its end begins anew."""
        show = self.state
        t = 0 if show.t >= self.model.end else show.t
        return {
            "chapter": show.chapter,
            "t": t,
            "bookmarks": list(show.view.bookmarks),
            "followed": show.view.followed,
        }

    def recall(self, told: dict[str, Any]) -> None:
        """Open where it was left."""
        numbers = [told.get("chapter"), told.get("t")]
        if not all(type(one) is int for one in numbers) or not 0 <= told["chapter"] < self.state.chapters:
            return
        if told["chapter"] != self.state.chapter:
            self.become(replace(self.state, chapter=told["chapter"]))
        marks = [one for one in told.get("bookmarks", ()) if type(one) is int]
        who = told.get("followed")
        fits = type(who) is int and 0 <= who < self.model.requests
        playing = self.state.view.playing
        self.become(
            look(
                seek(self.state, self.model, told["t"]),
                bookmarks=tuple(sorted(marks)),
                followed=who if fits else None,
                playing=playing,
            )
        )

    def become(self, after: Show) -> None:
        """Go on with another show: run the clock, or stop it, and draw."""
        before, self.state = self.state, after
        if after.chapter != before.chapter:
            self._arrive(before)
        if (self.state.t, self.state.view.speed) != (before.t, before.view.speed) or not before.view.playing:
            self._began = (self.shell.now(), self.state.t)
        self._run(self.state.view.playing)
        if self.state != before:
            self.draw_soon()

    def _arrive(self, before: Show) -> None:
        """Turn to the chapter that the show names; one that cannot be read ends the app with its sentence."""
        try:
            model = self.model
        except TraceError as error:
            self.state = before
            self.shell.fail(error)
            return
        if self.state.chapter == self.stage(before.chapter).model.chapter.twin:
            self.state = alongside(self.state, model)
            return
        self.state = arrive(self.state, model, backwards=self.state.chapter < before.chapter)

    def _run(self, playing: bool) -> None:
        """Keep a timer while it plays, and none while it does not: a paused screen costs nothing."""
        if playing and self._timer is None and self.is_running:
            self._timer = self.set_interval(FRAME, self._tick)
        elif not playing and self._timer is not None:
            self._timer.stop()
            self._timer = None

    def _tick(self) -> None:
        clock, began = self._began
        self.state = play_on(self.state, self.model, began, self.shell.now() - clock)
        self._run(self.state.view.playing)
        self.draw()

    def on_mount(self) -> None:
        """Start the clock once the screen stands."""
        self._began = (self.shell.now(), self.state.t)
        self._run(self.state.view.playing)

    def _hit(self, event: events.MouseEvent) -> Hit | None:
        grid = self.canvas.grid
        return grid.at(event.y, event.x) if grid is not None else None

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Begin to scrub, where the timeline is pressed."""
        self._pressed = self._hit(event)
        if self._pressed is not None and self._pressed.noun == "time":
            self.canvas.capture_mouse()
            self.become(pointer.grab(self.state, self.model, self._pressed.id))

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Scrub, or say what is under the pointer."""
        grid = self.canvas.grid
        if self._pressed is None or self._pressed.noun != "time" or grid is None:
            self.become(pointer.hover(self.state, self._hit(event)))
            return
        t = pointer.time_at(grid, event.x)
        if t is not None:
            self.become(pointer.drag(self.state, self.model, t, slowly=event.shift))

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """Let go of the timeline, or click what was pressed."""
        pressed, self._pressed = self._pressed, None
        self.canvas.release_mouse()
        if self.close_overlays():
            return
        if pressed is not None and pressed.noun == "time":
            self.become(pointer.release(self.state))
            return
        here = self._hit(event)
        if here == pressed and here is not None and here.noun == "key":
            self.press(pointer.key_of(here))
        elif here == pressed or pressed is None:
            self.become(pointer.click(self.state, self.model, here))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Zoom in on the timeline; elsewhere one cell back."""
        self._wheel(event, -1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Zoom out of the timeline; elsewhere one cell on."""
        self._wheel(event, 1)

    def _wheel(self, event: events.MouseEvent, step: int) -> None:
        self.become(pointer.wheel(self.state, self.model, self._hit(event), step))

    def on_leave(self) -> None:
        """Forget what was hovered over."""
        self.become(look(self.state, hover=""))
