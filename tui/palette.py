"""The palette: every action of a screen and of the app, found by typing. A frozen value, and its picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tui.keymap import keys_of
from tui.overlay import framed, row
from tui.player.grid import BOLD, FILLED, Grid, Ink
from tui.themes import THEMES
from tui.widths import fitted
from tui.words import LANGUAGES, said, say

WORDS = {
    "title": {"en": "All actions", "ko": "모든 기능"},
    "close": {"en": "Enter does it  Esc closes", "ko": "Enter 실행  Esc 닫기"},
    "type": {"en": "type to find", "ko": "찾을 말을 치세요"},
    "none": {"en": "nothing is called that", "ko": "그런 이름의 기능이 없습니다"},
    "theme": {"en": "theme: {name}", "ko": "테마: {name}"},
    "language": {"en": "language: {name}", "ko": "언어: {name}"},
    "dark": {"en": "dark", "ko": "어둡게"},
    "light": {"en": "light, for a projector", "ko": "밝게, 프로젝터용"},
    "contrast": {"en": "high contrast", "ko": "고대비"},
}

_KEY = 10  # columns of a key's name


@dataclass(frozen=True, slots=True)
class Item:
    """One action: what it is called, the key that does it too (or ""), its name."""

    words: str
    shown: str
    action: str


@dataclass(frozen=True, slots=True)
class Palette:
    """What was typed so far, and which of the items that are left is chosen."""

    screen: str
    language: str
    typed: str = ""
    chosen: int = 0

    def found(self) -> list[Item]:
        """List the items that have all the words typed, in any order; one that is called just so is first."""
        wanted = self.typed.lower().split()
        found = [item for item in items(self.screen, self.language) if _has(item, wanted)]
        return sorted(found, key=lambda item: item.words.lower().split() != wanted)

    def press(self, key: str, character: str | None) -> tuple[Palette | None, str | None]:
        """Give the palette after a key (None: closed), and the action to do, if one was chosen."""
        found = self.found()
        if key == "escape":
            return None, None
        if key == "enter":
            return (None, found[self.chosen].action) if found else (self, None)
        if key in ("up", "down"):
            step = 1 if key == "down" else -1
            return replace(self, chosen=(self.chosen + step) % max(len(found), 1)), None
        if key == "backspace":
            return replace(self, typed=self.typed[:-1], chosen=0), None
        if character and character.isprintable():
            return replace(self, typed=self.typed + character, chosen=0), None
        return self, None

    def over(self, grid: Grid) -> Grid:
        """Lay the palette over a grid."""
        language, width = self.language, grid.width
        head = f" {say(WORDS, language, 'title')}: {self.typed}_"
        head += "" if self.typed else f"  {say(WORDS, language, 'type')}"
        lines = [row(f" {text}", width, style) for text, style in self._rows(grid.height - 3, width - 1)]
        return framed(grid, head, say(WORDS, language, "close"), [row("", width), *lines])

    def _rows(self, room: int, width: int) -> list[tuple[str, int]]:
        found = self.found()
        if not found:
            return [(say(WORDS, self.language, "none"), int(Ink.FAINT))]
        first = max(0, min(self.chosen - room // 2, len(found) - room))
        shown = enumerate(found[first : first + room], start=first)
        return [(_line(item, width), BOLD | FILLED if n == self.chosen else 0) for n, item in shown]


def _line(item: Item, width: int) -> str:
    return fitted(f" {fitted(item.shown, _KEY)}{item.words}", max(width, 0))


def items(screen: str, language: str) -> Sequence[Item]:
    """List every action of a screen and of the app."""
    listed = [Item(said(key.words, language), key.shown, key.action) for key in keys_of(screen)]
    for name in THEMES:
        words = say(WORDS, language, "theme", name=say(WORDS, language, name))
        listed.append(Item(words, "", f"theme {name}"))
    for name, own in LANGUAGES.items():
        listed.append(Item(say(WORDS, language, "language", name=own), "", f"language {name}"))
    return listed


def _has(item: Item, wanted: Sequence[str]) -> bool:
    text = f"{item.words} {item.shown} {item.action}".lower()
    return all(word in text for word in wanted)
