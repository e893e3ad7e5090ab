"""A page of the glossary, and the list of its terms, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tracer.cli.commands import available
from tracer.cli.table import table
from tracer.glossary import LANGUAGES, WAYS, Cell, Term, matrix, picture

if TYPE_CHECKING:
    from collections.abc import Iterable

WORDS = {
    "en": {"term": "term", "kind": "what it is", "gist": "in one sentence", "seed": "The seed said",
           "right": "More exactly", "lab": "Watch it", "place": "Where it sits",
           "simulated": "simulated", "traced": "traced live", "decoded": "decoded", "en": "EN", "ko": "KO",
           "labs": "lab", "yes": "yes", "matrix": "What can be watched, and how"},
    "ko": {"term": "용어", "kind": "종류", "gist": "한 문장으로", "seed": "원래 글",
           "right": "바로잡으면", "lab": "직접 보기", "place": "위치",
           "simulated": "시뮬레이션", "traced": "실시간 추적", "decoded": "패킷 해독", "en": "EN", "ko": "KO",
           "labs": "실습", "yes": "됨", "matrix": "무엇을 어떻게 볼 수 있나"},
}  # fmt: skip
_WIDEST = 88  # columns of running text: longer lines are hard to read


def index(chosen: Iterable[Term], language: str) -> RenderableType:
    """Give the terms with their kind and what they do, a row each."""
    words = WORDS[language]
    made = table("", words["term"], words["kind"], words["gist"], left=3)
    made.columns[0].no_wrap = made.columns[1].no_wrap = True
    for term in chosen:
        made.add_row(term.name, term.kind_in(language), term.short[language])
    return made


def matrix_page(language: str) -> RenderableType:
    """Give the matrix, its empty cells numbered, and under it why they are empty."""
    words, reasons = WORDS[language], list[str]()
    heads = [words["labs" if way == "lab" else way] for way in (*WAYS, *LANGUAGES)]
    made = table(words["matrix"], words["term"], *heads, left=7)
    for term, row in matrix():
        made.add_row(term.name, *(_mark(cell, reasons, language) for cell in row.values()))
    notes = [Text(f"{i}  {reason}") for i, reason in enumerate(reasons, 1)]
    return Group(made, *notes)


def _mark(cell: Cell, reasons: list[str], language: str) -> str:
    """Give yes, or the number of the reason why not."""
    if cell.by:
        return WORDS[language]["yes"]
    reason = cell.why[language]
    if reason not in reasons:
        reasons.append(reason)
    return f"- ({reasons.index(reason) + 1})"


def page(term: Term, language: str) -> RenderableType:
    """Give all that the glossary says of one term."""
    words = WORDS[language]
    title = Text.assemble((term.name, "bold"), f"  {term.long}" if term.long else "")
    parts: list[RenderableType] = [title, Text(term.kind_in(language), "italic"), ""]
    parts += [_text(term.text[language]), "", Text(words["place"], "bold"), _path(term, language)]
    parts += ["", _said(words["seed"], f"“{term.seed.said}”")]
    if language in term.seed.correction:
        parts.append(_said(words["right"], term.seed.correction[language]))
    if term.lab and "lab" in available():
        parts.append(_said(words["lab"], f"tracer lab {term.lab}"))
    return Group(*parts)


def _text(text: str) -> RenderableType:
    grid = Table.grid()
    grid.add_column(max_width=_WIDEST)
    grid.add_row(text)
    return grid


def _path(term: Term, language: str) -> RenderableType:
    """Draw the path of a request; the term's stages are pointed at, not coloured alone."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    for here, label, members in picture(term.place, language):
        style = "bold" if here else "dim"
        grid.add_row("=>" if here else "", Text(label, style), Text(members, style))
    return Padding(grid, (0, 0, 0, 2), expand=False)


def _said(head: str, text: str) -> RenderableType:
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(max_width=_WIDEST - 14)
    grid.add_row(Text(f"{head}:", "bold"), text)
    return grid
