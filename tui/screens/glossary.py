"""The terms: the glossary's pages, first of what occurs in the recording that is open."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import Any

from textual import events

from tracer.glossary import terms
from tui.player.grid import Grid
from tui.player.terms import Reading, chosen, draw_terms, listed, occurring
from tui.screens.base import GridScreen, Shell
from tui.snapshot import Snapshot

PAGE = 10  # lines


class GlossaryScreen(GridScreen):
    """A list of terms, and the page of the one chosen beside it."""

    NAME = "glossary"

    def __init__(self, snapshot: Snapshot, shell: Shell) -> None:
        super().__init__(snapshot, shell)
        self.state = Reading()

    @cached_property
    def here(self) -> tuple[str, ...]:
        """The terms that the recordings on the screen speak of."""
        deck, chapter = self.snapshot.deck, self.snapshot.place.chapter
        stacks = deck.stage(chapter).model.stacks if len(deck) else ()
        return occurring([stack.recording for stack in stacks])

    def grid(self, width: int, height: int) -> Grid:
        """Draw list and page."""
        options = self.snapshot.options
        return draw_terms(self.state, self.here, (width, height), options.language, options.borders)

    def arrive(self, snapshot: Snapshot) -> None:
        """Look anew which terms occur."""
        super().arrive(snapshot)
        self.__dict__.pop("here", None)

    def act(self, action: str) -> None:
        """Go to another term or line, or to the term's lab."""
        if action in _STEPS:
            self._step(_STEPS[action])
        elif action in ("page_down", "page_up"):
            self.become(top=max(0, self.state.top + (PAGE if action == "page_down" else -PAGE)))
        elif action == "find":
            self.become(typing=True, typed="")
        elif action == "let_go":
            self.become(typed="", top=0)
        elif action == "open_lab":
            self._open_lab()

    def _step(self, steps: int) -> None:
        there, term = listed(self.state, self.here), chosen(self.state, self.here)
        if term is not None:
            place = min(max(there.index(term) + steps, 0), len(there) - 1)
            self.become(term=there[place].id, top=0)

    def _open_lab(self) -> None:
        term = chosen(self.state, self.here)
        if term is not None and term.lab and self.snapshot.services.labs is not None:
            self.shell.ask(f"lab {term.lab}")

    def read_key(self, key: str, character: str | None) -> bool:
        """Read the name of a term."""
        if not self.state.typing or key in ("up", "down"):
            return False
        if key in ("enter", "escape"):
            self.become(typing=False, typed=self.state.typed if key == "enter" else "")
        elif key == "backspace":
            self.become(typed=self.state.typed[:-1])
        elif character and character.isprintable():
            self.become(typed=self.state.typed + character, top=0)
        return True

    def become(self, **changes: Any) -> None:
        """Go on with another state."""
        self.state = replace(self.state, **changes)
        self.draw_soon()

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Choose a term."""
        here = self.canvas.grid.at(event.y, event.x) if self.canvas.grid is not None else None
        if not self.close_overlays() and here is not None and here.noun == "item":
            self.become(term=terms()[here.id].id, top=0)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll the page back."""
        event.stop()
        self.become(top=max(0, self.state.top - 3))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll the page on."""
        event.stop()
        self.become(top=self.state.top + 3)


_STEPS = {"row_down": 1, "row_up": -1, "first": -99, "last": 99}
