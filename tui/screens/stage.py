"""The Stage: one chapter played on one clock. It keeps the show, and asks pure functions for the rest."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from textual import events
from textual.app import ComposeResult
from textual.screen import Screen
from textual.timer import Timer

from tracer.recording import TraceError
from tui import pointer
from tui.help import help_over
from tui.options import Options
from tui.player.grid import Grid, Hit
from tui.player.model import Model
from tui.player.plan import SMALLEST
from tui.reduce import press
from tui.show import Show, arrive, look, play_on
from tui.stagecraft import Stagecraft
from tui.themes import Theme
from tui.widgets.canvas import Canvas

FRAME = 1 / 30  # seconds

Now = Callable[[], int]
"""A clock: ns, never going back."""


class StageScreen(Screen[None], inherit_bindings=False):
    """Shows a chapter; keys and mouse change the show, a timer runs only while it plays."""

    ALLOW_SELECT = False

    def __init__(
        self, stages: Sequence[Callable[[], Stagecraft]], options: Options, theme: Theme, now: Now
    ) -> None:
        super().__init__()
        self._makers = stages
        self._made: dict[int, Stagecraft] = {}
        self._options = options
        self._now = now
        self._timer: Timer | None = None
        self._late: Timer | None = None
        self._drawn = -1.0
        self._began = (0, 0)  # clock, and the show's time then
        self._pressed: Hit | None = None
        self.canvas = Canvas(theme)
        self.state = replace(self.stage(0).show_at(options.at, options), chapters=len(stages))

    def compose(self) -> ComposeResult:
        """Give the one widget."""
        yield self.canvas

    def stage(self, chapter: int) -> Stagecraft:
        """Give what plays a chapter, made when it is first needed."""
        if chapter not in self._made:
            self._made[chapter] = self._makers[chapter]()
        return self._made[chapter]

    @property
    def model(self) -> Model:
        """The model of the chapter that plays."""
        return self.stage(self.state.chapter).model

    def become(self, after: Show) -> None:
        """Go on with another show: run the clock, or stop it, and draw."""
        before, self.state = self.state, after
        if after.quit:
            self.app.exit()
            return
        if after.chapter != before.chapter:
            self._arrive(before)
        if (self.state.t, self.state.view.speed) != (before.t, before.view.speed) or not before.view.playing:
            self._began = (self._now(), self.state.t)
        self._run(self.state.view.playing)
        if self.state != before:
            self._draw_soon()

    def _arrive(self, before: Show) -> None:
        """Turn to the chapter that the show names; one that cannot be read ends the app with its sentence."""
        try:
            model = self.model
        except TraceError as error:
            self.state = before
            self.app.exit(error)
            return
        self.state = arrive(self.state, model, backwards=self.state.chapter < before.chapter)

    def _run(self, playing: bool) -> None:
        """Keep a timer while it plays, and none while it does not: a paused screen costs nothing."""
        if playing and self._timer is None:
            self._timer = self.set_interval(FRAME, self._tick)
        elif not playing and self._timer is not None:
            self._timer.stop()
            self._timer = None

    def _tick(self) -> None:
        clock, began = self._began
        self.state = play_on(self.state, self.model, began, self._now() - clock)
        self._run(self.state.view.playing)
        self._draw()

    def _draw(self) -> None:
        if self._late is not None:
            self._late.stop()
            self._late = None
        self._drawn = time.monotonic()
        width, height = self.size
        if not (width and height):
            return
        try:
            self.canvas.display_grid(self._grid(width, height))
        except TraceError as error:  # a column is looked at when it is first touched
            self.app.exit(error)

    def _grid(self, width: int, height: int) -> Grid:
        show, language = self.state, self._options.language
        grid = self.stage(show.chapter).frame(show.view, show.t, (width, height), language)
        fits = width >= SMALLEST[0] and height >= SMALLEST[1]
        return help_over(grid, language, show.view.glyphs) if show.view.help and fits else grid

    def _draw_soon(self) -> None:
        """Draw now, or, if a frame was drawn just now, when the next is due."""
        rest = self._drawn + FRAME - time.monotonic()
        if rest <= 0:
            self._draw()
        elif self._late is None:
            self._late = self.set_timer(rest, self._draw)

    def on_mount(self) -> None:
        """Start the clock once the screen stands."""
        self._began = (self._now(), self.state.t)
        self._run(self.state.view.playing)

    def on_resize(self) -> None:
        """Draw again for the new size; nothing of the show is lost."""
        self._draw()

    def on_key(self, event: events.Key) -> None:
        """Obey a key."""
        event.stop()
        self.become(press(self.state, self.model, event.key))

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
        if pressed is not None and pressed.noun == "time":
            self.become(pointer.release(self.state))
            return
        here = self._hit(event)
        if here == pressed or pressed is None:
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
