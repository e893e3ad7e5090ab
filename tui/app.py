"""The app: the Textual shell around the player. Whatever goes wrong in it is told in one sentence."""

from __future__ import annotations

import asyncio
import gc
import io
import os
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from textual.app import App
from textual.filter import LineFilter

from tracer.recording import TraceError
from tui.memory import Memory
from tui.options import Options
from tui.probe import borders
from tui.recent import Recent
from tui.registry import BY_NAME
from tui.screens.base import GridScreen, screen_class
from tui.snapshot import Place, Services, Snapshot
from tui.stagecraft import Deck, Stagecraft
from tui.themes import Theme, fitting

if TYPE_CHECKING:
    from tui.screens.stage import StageScreen


Now = Callable[[], int]
"""A clock: ns, never going back."""


class HopscopeApp(App[TraceError], inherit_bindings=False):
    """Opens screens over one snapshot. `stages` make what plays each chapter; `now` is the clock, in ns."""

    TITLE = "hopscope"
    ENABLE_COMMAND_PALETTE = False

    def __init__(
        self,
        stages: Sequence[Callable[[], Stagecraft]],
        options: Options | None = None,
        now: Now = time.monotonic_ns,
        *,
        files: Sequence[Path] = (),
        services: Services | None = None,
        memory: Path | None = None,
        first: str = "stage",
    ) -> None:
        super().__init__(ansi_color=True)  # our colours are table entries already
        self.ended_by = 0  # the signal that ended the app
        self.faults = io.StringIO()  # Textual writes here what it would leave on the terminal
        self.error_console = Console(file=self.faults, width=110, color_system=None)
        self._now = now
        options = options or Options()
        theme = self._fitting(options.theme)
        services = replace(services or Services(), recent=self.recent)
        self.snapshot = Snapshot(Deck(stages), options, theme, files, services)
        self._memory_path = memory
        self._memory = Memory(memory, files)
        self._recent = Recent(memory.with_name("recent.json") if memory else None)
        self._recent.add([str(file) for file in files])
        self._told = self._memory.recall()
        self._screens: dict[str, GridScreen] = {}
        self._first = self.open_screen(first)

    def get_default_screen(self) -> GridScreen:
        """Give the screen that is opened first."""
        return self._first

    @property
    def stage_screen(self) -> StageScreen:
        """The Stage."""
        from tui.screens.stage import StageScreen

        found = self.open_screen("stage")
        assert isinstance(found, StageScreen)
        return found

    def open_screen(self, name: str) -> GridScreen:
        """Give the screen of a name; made, as it was left last time, when it is first asked for."""
        if name not in self._screens:
            screen = screen_class(name)(self.snapshot, self)
            self.install_screen(screen, name)
            self._screens[name] = screen
            told = self._told.get(name)
            if isinstance(told, dict):
                screen.recall(told)
        return self._screens[name]

    # What screens ask for.

    def ask(self, action: str) -> None:
        """Do one of the app's own actions: "open NAME", "theme NAME", "language NAME", "quit"."""
        verb, _, name = action.partition(" ")
        if verb == "quit":
            self.exit()
        elif verb == "open":
            self._open(name)
        elif verb == "lab":
            self.snapshot = replace(self.snapshot, services=replace(self.snapshot.services, lab=name))
            self._open("lab")
        elif verb == "theme":
            self._wish(theme=name)
        elif verb == "language":
            self._wish(language=name)

    def now(self) -> int:
        """Read the clock."""
        return self._now()

    def fail(self, error: TraceError) -> None:
        """End the app with the error's sentence."""
        self.exit(error)

    def _open(self, name: str) -> None:
        """Bring another screen to the front, at the place where this one is."""
        here = self.screen
        if isinstance(here, GridScreen):
            here.covered()
            self.snapshot = self.snapshot.at(here.place())
        if BY_NAME[name].plays and not len(self.snapshot.deck):
            self._open("home")
            self._need_recording()
            return
        screen = self.open_screen(name)
        if screen is here:
            return
        screen.arrive(self.snapshot)
        if screen is self._first:  # the one below all others, which Textual does not let us switch
            self.pop_screen()
        elif here is self._first:
            self.push_screen(screen)
        else:
            self.switch_screen(screen)

    def _need_recording(self) -> None:
        from tui.screens.home import HomeScreen

        home = self.open_screen("home")
        if isinstance(home, HomeScreen):
            home.need_recording()

    def recent(self) -> list[tuple[str, ...]]:
        """List what was opened last."""
        return [one.files for one in self._recent.openings()]

    def load(self, stages: Sequence[Callable[[], Stagecraft]], files: Sequence[str]) -> None:
        """Put other chapters in place of those that are open, and show the Stage."""
        self.remember()
        self._recent.add(files)
        paths = [Path(file) for file in files]
        self._memory = Memory(self._memory_path, paths)
        self._told = self._memory.recall()
        services = self.snapshot.services
        services = replace(services, rerun=services.reruns(paths) if services.reruns else None)
        self.snapshot = replace(
            self.snapshot, deck=Deck(stages), files=paths, place=Place(), services=services
        )
        for name in [name for name in self._screens if BY_NAME[name].plays]:
            self._renew(name)
        here = self.screen
        if isinstance(here, GridScreen):  # it says where the person is: at the beginning
            here.snapshot = self.snapshot
        self._open("stage")

    def _renew(self, name: str) -> None:
        """Forget a screen of other recordings; the one below all others begins anew."""
        screen = self._screens[name]
        if screen is not self._first:
            del self._screens[name]
            self.uninstall_screen(screen)
            return
        screen.renew(self.snapshot)
        told = self._told.get(name)
        if isinstance(told, dict):
            screen.recall(told)

    def _wish(self, **wishes: Any) -> None:
        """Look otherwise from now on."""
        options = replace(self.snapshot.options, **wishes)
        self.snapshot = replace(self.snapshot, options=options, theme=self._fitting(options.theme))
        here = self.screen
        if isinstance(here, GridScreen):
            self.snapshot = self.snapshot.at(here.place())
            here.arrive(self.snapshot)
            here.on_screen_resume()

    def _fitting(self, name: str) -> Theme:
        return fitting(name, self.console.color_system, no_color=self.no_color)

    def remember(self) -> None:
        """Write down how the screens were left."""
        self._memory.keep({**self._told, **{name: one.remember() for name, one in self._screens.items()}})

    def on_load(self) -> None:
        """Leave on signals as on `q`, from before the terminal is taken."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
            with suppress(RuntimeError, ValueError):  # not of the main thread: whoever runs us sees to it
                loop.add_signal_handler(number, self._leave, number)

    def on_ready(self) -> None:
        """Let the garbage collector work again, not on what start-up made."""
        gc.freeze()
        gc.enable()

    def _leave(self, number: int) -> None:
        self.ended_by = number
        self.exit()

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Use none: the theme has no colours where NO_COLOR is set, and dims by the terminal's means."""
        return ()


class ScreenError(Exception):
    """A fault of ours ended the app; its notes hold what Textual would have left on the terminal."""


def run(stages: Sequence[Callable[[], Stagecraft]], options: Options, **given: Any) -> int:
    """Run the app on the terminal until the person leaves; give 0, or 128 + n where signal n ended it.

    `given` is handed to the app: the files' paths, the services, where it remembers, the first screen.
    Raises TraceError where a recording turned out to be damaged, ScreenError where we are to blame.
    """
    for stale in ("COLUMNS", "LINES"):  # where they are exported, a resize would go unseen
        os.environ.pop(stale, None)
    if options.glyphs != "ascii":
        options = replace(options, borders=borders())
    app = HopscopeApp(stages, options, **given)
    damage = app.run()
    if damage is not None:
        raise damage
    if app.return_code:
        fault = ScreenError("the screen stopped; the recordings are as they were")
        fault.add_note(app.faults.getvalue())
        raise fault
    app.remember()
    return 128 + app.ended_by if app.ended_by else 0
