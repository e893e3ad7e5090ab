"""What is wrong with an expression: where, why, and what may stand there instead."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from tracer.analysis.where.words import Said


class WhereError(Exception):
    """`text[start:end]` cannot stand there; `why` says so, `expected` what can (see `parser`)."""

    def __init__(self, text: str, span: tuple[int, int], why: Said, expected: Sequence[str] = ()) -> None:
        super().__init__(f"at column {span[0] + 1}: {why()}")
        self.text, self.span, self.why, self.expected = text, span, why, tuple(expected)

    def picture(self) -> tuple[str, str]:
        """Give the expression on one line, and carets below the place: on a terminal they stand under it."""
        line = "".join(char if char.isprintable() else " " for char in self.text)
        start, end = self.span
        before, under = _columns(line[:start]), _columns(line[start:end])
        return line, " " * before + "^" * max(under, 1)


class NoValueError(Exception):
    """What is written cannot be a value; `why` says so."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key)
        self.why = Said(key, **values)


def _columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
