"""The base of every screen: one canvas, keys by the keymap, `?` and the palette laid over what it draws.

A screen says what it looks like (`grid`), and what an action does (`act`). It keeps its state in frozen
values, and asks pure functions for both; nothing here or there reads a file or computes for long.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from textual import events
from textual.app import ComposeResult
from textual.screen import Screen
from textual.timer import Timer

from tracer.recording import TraceError
from tui.keymap import GLOBAL, actions_of
from tui.player.grid import Grid
from tui.player.plan import SMALLEST
from tui.registry import BY_NAME
from tui.snapshot import Place, Snapshot
from tui.stagecraft import Stagecraft
from tui.widgets.canvas import Canvas

if TYPE_CHECKING:
    from tui.palette import Palette

FRAME = 1 / 30  # seconds


class Shell(Protocol):
    """What a screen may ask of the app."""

    def ask(self, action: str) -> None:
        """Do one of the app's own actions: "open NAME", "theme NAME", "language NAME", "quit"."""

    def load(self, stages: Sequence[Callable[[], Stagecraft]], files: Sequence[str]) -> None:
        """Put other chapters in place of those that are open, and show the Stage."""

    def fail(self, error: TraceError) -> None:
        """End the app with the error's sentence: a recording turned out to be damaged."""

    def now(self) -> int:
        """Read the clock: ns, never going back."""


class GridScreen(Screen[None], inherit_bindings=False):
    """A screen that is one grid. Subclasses give NAME, `grid` and `act`, and what else they need."""

    ALLOW_SELECT = False
    NAME: ClassVar[str]

    def __init__(self, snapshot: Snapshot, shell: Shell) -> None:
        super().__init__()
        self.snapshot = snapshot
        self.shell = shell
        self.canvas = Canvas(snapshot.theme)
        self.help = False
        self.palette: Palette | None = None
        self._late: Timer | None = None
        self._drawn = -1.0
        self._actions = actions_of(self.NAME)

    # What a subclass says.

    def grid(self, width: int, height: int) -> Grid:
        """Draw the screen at a size. May raise TraceError: a column is looked at when it is first touched."""
        raise NotImplementedError

    def act(self, action: str) -> None:
        """Do one of the screen's own actions, by its name in the keymap."""
        raise NotImplementedError

    def arrive(self, snapshot: Snapshot) -> None:
        """Take over what other screens changed: the place, the language, the theme."""
        self.snapshot = snapshot

    def renew(self, snapshot: Snapshot) -> None:
        """Begin anew: other recordings are open."""
        self.arrive(snapshot)

    def covered(self) -> None:
        """Rest: the help or the palette is laid over the screen, or another screen is opened."""

    def place(self) -> Place:
        """Say where the person is, for the screens that are opened next."""
        return self.snapshot.place

    def remember(self) -> dict[str, Any]:
        """Say what should be found again when the files are opened next time, in words of JSON."""
        return {}

    def recall(self, told: dict[str, Any]) -> None:
        """Take up what `remember` said; what does not fit any more is passed over."""

    def read_key(self, key: str, character: str | None) -> bool:  # noqa: ARG002
        """Take a key before the keymap does, while text or a number is typed; say whether it was taken."""
        return False

    # What all have.

    def compose(self) -> ComposeResult:
        """Give the one widget."""
        yield self.canvas

    def press(self, key: str, character: str | None = None) -> None:
        """Obey a key: the palette's while it is open, the screen's own, then those that work everywhere."""
        if self.palette is not None:
            self.palette, action = self.palette.press(key, character)
            self.draw_soon()
            if action:
                self.do(action)
            return
        if not self.help and self.read_key(key, character):
            return
        action = GLOBAL.get(key) if self.help else self._actions.get(key) or GLOBAL.get(key)
        if self.help and key == "escape":
            action = "help"
        if action:
            self.do(action)

    def do(self, action: str) -> None:
        """Do an action, the screen's or the app's."""
        if action in _OVERLAYS:
            self.covered()
            self.help = action == "help" and not self.help
            self.palette = self._opened_palette() if action == "palette" else None
            self.draw_soon()
        elif action in _APP or " " in action:
            self.shell.ask(action)
        else:
            self.help = False
            self.act(action)

    def _opened_palette(self) -> Palette:
        from tui.palette import Palette

        return Palette(self.NAME, self.snapshot.options.language)

    def close_overlays(self) -> bool:
        """Close the help and the palette; say whether one was open."""
        were = self.help or self.palette is not None
        self.help, self.palette = False, None
        if were:
            self.draw_soon()
        return were

    def draw(self) -> None:
        """Draw at once, if the screen stands already."""
        if not self.is_running:
            return
        if self._late is not None:
            self._late.stop()
            self._late = None
        self._drawn = time.monotonic()
        width, height = self.size
        if not (width and height):
            return
        try:
            self.canvas.display_grid(self._whole(width, height))
        except TraceError as error:
            self.shell.fail(error)

    def _whole(self, width: int, height: int) -> Grid:
        """Draw the screen and what lies over it."""
        fits = width >= SMALLEST[0] and height >= SMALLEST[1]
        grid, options = self.grid(width, height), self.snapshot.options
        if self.help and fits:
            from tui.help import help_over  # when it is first wanted: a start has no 5 ms for it

            return help_over(grid, options.language, options.glyphs, self.NAME)
        return self.palette.over(grid) if self.palette is not None and fits else grid

    def draw_soon(self) -> None:
        """Draw now, or, if a frame was drawn just now, when the next is due."""
        rest = self._drawn + FRAME - time.monotonic()
        if rest <= 0:
            self.draw()
        elif self._late is None and self.is_running:
            self._late = self.set_timer(rest, self.draw)

    def on_resize(self) -> None:
        """Draw again for the new size; nothing of the state is lost."""
        self.draw()

    def on_screen_resume(self) -> None:
        """Draw what may have changed while another screen was shown."""
        self.canvas.palette = self.snapshot.theme
        self.draw()

    def on_key(self, event: events.Key) -> None:
        """Obey a key."""
        event.stop()
        self.press(event.key, event.character)


def screen_class(name: str) -> type[GridScreen]:
    """Import the class of a screen of the registry."""
    module, _, attribute = BY_NAME[name].screen.partition(":")
    found: type[GridScreen] = getattr(import_module(module), attribute)
    return found


_OVERLAYS = ("help", "palette")
_APP = frozenset(GLOBAL.values()) - set(_OVERLAYS)
