"""The matrix: each term against the ways in which the program shows it."""

from __future__ import annotations

from typing import NamedTuple

from tracer.glossary.term import LANGUAGES, Term, terms

WAYS = ("simulated", "traced", "decoded", "lab")


class Cell(NamedTuple):
    """What shows it, `by` (`server:gunicorn`, `sample:cgi`), or by language `why` nothing can."""

    by: str | None
    why: dict[str, str]


def row(term: Term) -> dict[str, Cell]:
    """Give the cells of a term: the ways, and its page in each language."""
    cells = {way: _cell(term.seen[way]) for way in WAYS}
    return cells | {language: Cell("page" if term.text[language] else None, {}) for language in LANGUAGES}


def matrix() -> list[tuple[Term, dict[str, Cell]]]:
    """Give every term with its row."""
    return [(term, row(term)) for term in terms()]


def _cell(value: str | dict[str, str]) -> Cell:
    return Cell(value, {}) if isinstance(value, str) else Cell(None, value)
