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

from rich.console import Console
from textual.app import App
from textual.filter import LineFilter

from tracer.recording import TraceError
from tui.options import Options
from tui.screens.stage import Now, StageScreen
from tui.stagecraft import Stagecraft
from tui.themes import fitting


class HopscopeApp(App[TraceError], inherit_bindings=False):
    """Plays chapters on the Stage. `stages` make what plays each; `now` is the clock, in ns."""

    TITLE = "hopscope"
    ENABLE_COMMAND_PALETTE = False

    def __init__(
        self,
        stages: Sequence[Callable[[], Stagecraft]],
        options: Options | None = None,
        now: Now = time.monotonic_ns,
    ) -> None:
        super().__init__(ansi_color=True)  # our colours are table entries already
        self._options = options or Options()
        theme = fitting(self._options.theme, self.console.color_system, no_color=self.no_color)
        self.ended_by = 0  # the signal that ended the app
        self.faults = io.StringIO()  # Textual writes here what it would leave on the terminal
        self.error_console = Console(file=self.faults, width=110, color_system=None)
        self.stage_screen = StageScreen(stages, self._options, theme, now)

    def get_default_screen(self) -> StageScreen:
        """Give the Stage."""
        return self.stage_screen

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


def run(stages: Sequence[Callable[[], Stagecraft]], options: Options) -> int:
    """Run the app on the terminal until the person leaves; give 0, or 128 + n where signal n ended it.

    Raises TraceError where a recording turned out to be damaged, ScreenError where we are to blame.
    """
    for stale in ("COLUMNS", "LINES"):  # where they are exported, a resize would go unseen
        os.environ.pop(stale, None)
    app = HopscopeApp(stages, options)
    damage = app.run()
    if damage is not None:
        raise damage
    if app.return_code:
        fault = ScreenError("the screen stopped; the recordings are as they were")
        fault.add_note(app.faults.getvalue())
        raise fault
    return 128 + app.ended_by if app.ended_by else 0
