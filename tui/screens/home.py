"""Home: what was opened last, samples, labs, and how to begin. It opens recordings in a thread."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from textual import events
from textual.worker import Worker, get_current_worker

from tui.player.grid import Grid
from tui.player.home import SUFFIXES, WORDS, Entry, Home, Item, command_of, draw_home
from tui.screens.base import GridScreen, Shell
from tui.snapshot import OpenError, Snapshot
from tui.stagecraft import stages_of
from tui.words import said, say

MOST = 5000  # entries of a folder


class HomeScreen(GridScreen):
    """A list of what can be opened; a folder or a form in its place while one is wanted."""

    NAME = "home"

    def __init__(self, snapshot: Snapshot, shell: Shell) -> None:
        super().__init__(snapshot, shell)
        self.state = Home()
        self._items: tuple[Item, ...] | None = None
        self._worker: Worker[None] | None = None

    @property
    def items(self) -> tuple[Item, ...]:
        """What can be chosen from the list."""
        if self._items is None:
            self._items = tuple(self._listed())
        return self._items

    def _say(self, key: str, **values: object) -> str:
        return say(WORDS, self.snapshot.options.language, key, **values)

    def _listed(self) -> list[Item]:
        services, language = self.snapshot.services, self.snapshot.options.language
        begin = [Item("do", kind, self._say(key), self._say(f"{key} more")) for kind, key in _BEGIN]
        begin.append(Item("do", "terms", self._say("terms"), "F9"))
        recent = [
            Item(
                "recent", "open", "  ".join(_name(file) for file in files), _folder_of(files[0]), tuple(files)
            )
            for files in (services.recent() if services.recent else ())[:6]
        ]
        labs = [
            Item("labs", "lab", f"{lab.number:2} {said(lab.title, language)}", lab.name, (lab.name,))
            for lab in (services.labs() if services.labs else ())
        ]
        samples = [
            Item("samples", "open", name, told, (f"sample:{name}",))
            for name, told in (services.samples() if services.samples else ())
        ]
        return [*begin, *recent, *labs, *samples]

    def grid(self, width: int, height: int) -> Grid:
        """Draw the list, the folder or the form."""
        return draw_home(self.state, self.items, (width, height), self.snapshot.options.language)

    def arrive(self, snapshot: Snapshot) -> None:
        """List anew: something may have been opened, or the language is another."""
        super().arrive(snapshot)
        self._items = None
        self.become(mode="list", said="", chosen=min(self.state.chosen, len(self.items) - 1))

    def need_recording(self) -> None:
        """Say that a screen was asked for that has nothing to show."""
        self.become(said=self._say("no recording"))

    def become(self, **changes: Any) -> None:
        """Go on with another state."""
        self.state = replace(self.state, **changes)
        self.draw_soon()

    def act(self, action: str) -> None:
        """Choose, mark, open."""
        count = len(self.items if self.state.mode == "list" else self.state.entries)
        if action in _STEPS:
            self.become(chosen=min(max(self.state.chosen + _STEPS[action], 0), max(count - 1, 0)), said="")
        else:
            _ACTIONS[action](self)

    def choose(self) -> None:
        """Do what the chosen line says; files that are marked are opened together."""
        if self.state.mode == "folder":
            self._enter()
            return
        if len(self.state.marked) > 1:
            self.open(self.state.marked)
            return
        item = self.items[self.state.chosen]
        if item.kind == "open":
            self.open(item.value)
        elif item.kind == "lab":
            self.shell.ask(f"lab {item.value[0]}")
        elif item.kind == "terms":
            self.shell.ask("open glossary")
        else:
            _ACTIONS[item.kind](self)

    def mark(self) -> None:
        """Mark what is chosen, to be opened together with another; at most two, the last two."""
        file = self._chosen_file()
        if file:
            rest = tuple(one for one in self.state.marked if one != file)
            self.become(marked=(*rest, file)[-2:] if file not in self.state.marked else rest, said="")

    def _chosen_file(self) -> str:
        if self.state.mode == "folder":
            entry = self.state.entries[self.state.chosen]
            return "" if entry.folder else str(Path(self.state.folder) / entry.name)
        item = self.items[self.state.chosen] if self.state.mode == "list" else None
        return item.value[0] if item and item.kind == "open" and len(item.value) == 1 else ""

    # A folder.

    def browse(self, folder: Path | None = None) -> None:
        """Show a folder: the one shown last, else the working directory."""
        there = (folder or Path(self.state.folder or ".")).resolve()
        try:
            entries = listed(there)
        except OSError as error:
            self.become(said=f"{there}: {error.strerror}")
            return
        self.become(mode="folder", folder=str(there), entries=entries, chosen=0, said="")

    def _enter(self) -> None:
        entry = self.state.entries[self.state.chosen]
        path = Path(self.state.folder) / entry.name
        if entry.folder:
            self.browse(path)
        elif len(self.state.marked) > 1:
            self.open(self.state.marked)
        else:
            self.open((str(path),))

    def back(self) -> None:
        """Leave what is being opened, the folder or the form; then take the marks off."""
        if self.state.opening:
            if self._worker is not None:
                self._worker.cancel()
            self.become(opening=())
        elif self.state.mode != "list":
            self.become(mode="list", chosen=0, said="")
        else:
            self.become(marked=(), said="")

    def compare(self) -> None:
        """Say how two are compared."""
        self.become(said=self._say("compare more"))

    # The form.

    def record(self) -> None:
        """Ask for the command of a server."""
        self.become(mode="record", said="")

    def read_key(self, key: str, character: str | None) -> bool:
        """Read the command of a server."""
        if self.state.mode != "record":
            return False
        if key == "escape":
            self.back()
        elif key == "enter":
            self._copy()
        elif key == "backspace":
            self.become(typed=self.state.typed[:-1])
        elif character and character.isprintable():
            self.become(typed=self.state.typed + character)
        else:
            return False
        return True

    def on_paste(self, event: events.Paste) -> None:
        """Take a command that is pasted."""
        event.stop()
        if self.state.mode == "record":
            self.become(typed=self.state.typed + " ".join(event.text.split()))

    def _copy(self) -> None:
        try:
            command = command_of(self.state.typed)
        except ValueError:
            return
        if command:
            self.app.copy_to_clipboard(command)
            self.become(said=self._say("copied", command=command))

    # Opening.

    def open(self, files: Sequence[str]) -> None:
        """Open files in a thread; what is wrong with them is said in a sentence."""
        if self.snapshot.services.open_files is None:
            self.become(said=self._say("no services"))
        elif not self.state.opening:
            self.become(opening=tuple(files), said="")
            self._worker = self.run_worker(lambda: self._open(tuple(files)), thread=True)

    def _open(self, files: tuple[str, ...]) -> None:
        worker, open_files = get_current_worker(), self.snapshot.services.open_files
        assert open_files is not None
        try:
            chapters = open_files(files)
        except OpenError as error:
            told = str(error)
            if not worker.is_cancelled:
                self.app.call_from_thread(self.become, opening=(), said=told)
            return
        if not worker.is_cancelled:
            self.app.call_from_thread(self._opened, chapters, files)

    def _opened(self, chapters: Sequence[Any], files: tuple[str, ...]) -> None:
        self.become(opening=(), marked=(), mode="list")
        self.shell.load(stages_of(chapters), files)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Choose a line; one that is chosen already is opened."""
        here = self.canvas.grid.at(event.y, event.x) if self.canvas.grid is not None else None
        if self.close_overlays() or here is None or here.noun != "item":
            return
        again = here.id == self.state.chosen
        self.become(chosen=here.id, said="")
        if again:
            self.choose()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Choose a line further up."""
        event.stop()
        self.act("row_up")

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Choose a line further down."""
        event.stop()
        self.act("row_down")


def listed(folder: Path) -> tuple[Entry, ...]:
    """List a folder: the one above, its folders, and the files that can be opened. Raises OSError."""
    with os.scandir(folder) as there:
        found = [_entry(one) for one, _ in zip(there, range(MOST), strict=False)]
    shown = sorted((one for one in found if one), key=lambda one: (not one.folder, one.name.lower()))
    return (Entry("..", True), *shown)


def _entry(one: os.DirEntry[str]) -> Entry | None:
    if one.name.startswith("."):
        return None
    if one.name.endswith(".trace.part"):
        return Entry(one.name, False)
    try:
        folder = one.is_dir()
    except OSError:
        return None
    return Entry(one.name, folder) if folder or one.name.endswith(SUFFIXES) else None


def _name(file: str) -> str:
    return file.rpartition("/")[2]


def _folder_of(file: str) -> str:
    return file.rpartition("/")[0]


_BEGIN = (("files", "open"), ("record", "record"), ("compare", "compare"))
_STEPS = {"row_down": 1, "row_up": -1, "page_down": 10, "page_up": -10, "first": -(10**6), "last": 10**6}
_ACTIONS: dict[str, Callable[[HomeScreen], None]] = {
    "choose": HomeScreen.choose,
    "mark": HomeScreen.mark,
    "back": HomeScreen.back,
    "files": HomeScreen.browse,
    "record": HomeScreen.record,
    "compare": HomeScreen.compare,
}
