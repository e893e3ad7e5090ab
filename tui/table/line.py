"""A line of text that is being typed: the text, where the cursor stands, and what a key does to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

_MOST = 500  # characters


@dataclass(frozen=True, slots=True)
class Line:
    """`cursor` is between 0 and len(text)."""

    text: str = ""
    cursor: int = 0

    @classmethod
    def of(cls, text: str) -> Line:
        """Give a line with the cursor at its end."""
        return cls(text, len(text))

    def press(self, key: str, character: str | None) -> Line | None:
        """Give the line after a key; None: the key does nothing to a line."""
        if key in _MOVES:
            return _MOVES[key](self)
        if character and character.isprintable() and len(self.text) < _MOST:
            return self.put(self.cursor, self.cursor, character)
        return None

    def put(self, start: int, end: int, text: str) -> Line:
        """Replace text[start:end]; the cursor then stands behind what was put there."""
        return Line(self.text[:start] + text + self.text[end:], start + len(text))

    def at(self, cursor: int) -> Line:
        """Move the cursor."""
        return replace(self, cursor=max(0, min(cursor, len(self.text))))

    def word(self) -> int:
        """Say where the word before the cursor begins."""
        return len(self.text[: self.cursor].rstrip().rpartition(" ")[0]) + (
            1 if " " in self.text[: self.cursor].rstrip() else 0
        )


_MOVES: dict[str, Callable[[Line], Line]] = {
    "left": lambda line: line.at(line.cursor - 1),
    "right": lambda line: line.at(line.cursor + 1),
    "home": lambda line: line.at(0),
    "ctrl+a": lambda line: line.at(0),
    "end": lambda line: line.at(len(line.text)),
    "ctrl+e": lambda line: line.at(len(line.text)),
    "backspace": lambda line: line.put(max(line.cursor - 1, 0), line.cursor, ""),
    "delete": lambda line: line.put(line.cursor, line.cursor + 1, ""),
    "ctrl+w": lambda line: line.put(line.word(), line.cursor, ""),
    "ctrl+u": lambda line: line.put(0, line.cursor, ""),
}
