"""Terms: the glossary as a list and a page beside it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tracer.glossary import Term, find, picture, terms
from tracer.recording import Recording
from tui.player.canvas import Canvas, fit
from tui.player.grid import BOLD, Grid, Ink
from tui.player.pages import KEPT, Said, draw_foot, draw_lines, draw_title, first_line, laid
from tui.words import Table, say

WORDS: Table = {
    "title": {"en": "terms", "ko": "용어"},
    "here": {"en": "in this recording", "ko": "이 기록에 나오는 말"},
    "all": {"en": "all terms", "ko": "모든 용어"},
    "place": {"en": "Where it sits", "ko": "위치"},
    "seed": {"en": "The seed said", "ko": "원래 글"},
    "right": {"en": "More exactly", "ko": "바로잡으면"},
    "lab": {"en": "Watch it: Enter opens the lab {lab}", "ko": "직접 보기: Enter를 누르면 실습 {lab}"},
    "find": {"en": "find: {typed}_", "ko": "찾기: {typed}_"},
    "none": {"en": "no term is called that", "ko": "그런 용어가 없습니다"},
    "small": {"en": "make the window larger", "ko": "창을 더 크게 해 주세요"},
}
LIST = 22
"""Columns of the list."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What is read: the term, by its id, how far the page is scrolled, and what was typed to find it."""

    term: str = ""
    top: int = 0
    typing: bool = False
    typed: str = ""


def occurring(recordings: Sequence[Recording]) -> tuple[str, ...]:
    """List the terms, by id, that recordings speak of: their servers and the protocols between hops."""
    words: dict[str, None] = {}
    for recording in recordings:
        for hop in range(len(recording.hops.name)):
            software = recording.text(int(recording.hops.software[hop])).split()
            name = recording.text(int(recording.hops.name[hop]))
            words |= dict.fromkeys(software or [_SERVERS.get(name, name)])
            words[recording.text(int(recording.hops.protocol[hop]))] = None
        spoken = np.unique(recording.visits.protocol).tolist()
        words |= dict.fromkeys(recording.text(number) for number in spoken)
    found = {term.id for word in words if word for term in find(word)[:1]}
    return tuple(term.id for term in terms() if term.id in found)


_SERVERS = {"uwsgi": "uWSGI"}
"""Hops are named in lower case; this one's name would mean the protocol."""


def listed(reading: Reading, here: Sequence[str]) -> list[Term]:
    """List the terms in the order of the screen: those of the recording first; or those that were typed."""
    every = sorted(terms(), key=lambda term: term.id not in here)
    typed = reading.typed.casefold()
    return [
        one for one in every if any(typed in name.casefold() for name in (one.name, one.long, *one.aliases))
    ]


def chosen(reading: Reading, here: Sequence[str]) -> Term | None:
    """Give the term whose page is shown."""
    there = listed(reading, here)
    return next((one for one in there if one.id == reading.term), there[0] if there else None)


def draw_terms(
    reading: Reading, here: Sequence[str], size: tuple[int, int], language: str, borders: str = "box"
) -> Grid:
    """Draw the list and the page; `borders` "ascii" where lines of boxes may be two columns wide."""
    width, height = size
    canvas = Canvas(width, height)
    if width < 60 or height < 16:
        canvas.put(0, 0, fit(say(WORDS, language, "small"), width))
        return canvas.freeze()
    draw_title(canvas, say(WORDS, language, "title"), "? " + _HELP[language])
    term, rows = chosen(reading, here), height - 4
    lines = _list(reading, here, language)
    number = next((line.id for line in lines if term and _number(term) == line.id), -1)
    draw_lines(canvas, lines, (2, 0, LIST, rows), first_line(lines, number, rows), number)
    if term is not None:
        page = laid(page_of(term, language), width - LIST - 3)
        if borders != "box":
            page = [line._replace(text=line.text.translate(_PLAIN)) for line in page]
        top = min(reading.top, max(0, len(page) - rows))
        draw_lines(canvas, page, (2, LIST + 2, width - LIST - 3, rows), top)
    said = say(WORDS, language, "find", typed=reading.typed) if reading.typing else ""
    draw_foot(canvas, "glossary", language, said if term else f"{said}  {say(WORDS, language, 'none')}")
    return canvas.freeze()


_PLAIN = str.maketrans("│├—", "|+-")
_HELP = {"en": "help", "ko": "도움말"}


def _number(term: Term) -> int:
    return [one.id for one in terms()].index(term.id)


def _list(reading: Reading, here: Sequence[str], language: str) -> list[Said]:
    there = listed(reading, here)
    lines: list[Said] = []
    for key, members in (
        ("here", [one for one in there if one.id in here]),
        ("all", [one for one in there if one.id not in here]),
    ):
        if members:
            lines.append(Said(say(WORDS, language, key), int(Ink.FAINT)))
            lines += [Said(one.name, id=_number(one)) for one in members]
    return lines


def page_of(term: Term, language: str) -> list[Said]:
    """Write all that the glossary says of a term, as `tracer explain` does."""
    said = [
        Said(f"{term.name}  {term.long}".strip(), BOLD),
        Said(term.kind_in(language), int(Ink.FAINT)),
        Said(""),
    ]
    said += [Said(term.text[language]), Said(""), Said(say(WORDS, language, "place"), BOLD)]
    for here, label, members in picture(term.place, language):
        said.append(
            Said(
                f"{'=> ' if here else '   '}{label}", BOLD if here else int(Ink.FAINT), id=KEPT, more=members
            )
        )
    said += [Said(""), Said(say(WORDS, language, "seed"), BOLD), Said(f'"{term.seed.said}"', indent=2)]
    if language in term.seed.correction:
        right = Said(term.seed.correction[language], indent=2)
        said += [Said(say(WORDS, language, "right"), BOLD), right]
    if term.lab:
        said += [Said(""), Said(say(WORDS, language, "lab", lab=term.lab), BOLD)]
    return said
