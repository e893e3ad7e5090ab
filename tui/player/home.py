"""Home: what can be opened, as one list; a folder to choose a file from; a command to record by. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tui.player.canvas import Canvas, fit
from tui.player.grid import BOLD, FILLED, Grid, Ink
from tui.player.pages import PARAGRAPH, Said, draw_foot, draw_lines, draw_title, first_line
from tui.words import Table, say

WORDS: Table = {
    "title": {"en": "home", "ko": "처음"},
    "help": {"en": "? help", "ko": "? 도움말"},
    "recent": {"en": "Opened last", "ko": "최근에 연 것"},
    "do": {"en": "Begin", "ko": "시작"},
    "samples": {"en": "Samples that ship with hopscope", "ko": "함께 온 표본"},
    "labs": {"en": "Labs: a question, then the answer", "ko": "실습: 먼저 묻고 나중에 답을"},
    "open": {"en": "open a file", "ko": "파일 열기"},
    "open more": {"en": ".trace, .pcap, .pcapng, JSON log", "ko": ".trace, .pcap, .pcapng, JSON 로그"},
    "record": {"en": "record a server", "ko": "서버 기록하기"},
    "record more": {"en": "type its command, get ours", "ko": "실행 명령을 넣으면 기록 명령을 만듭니다"},
    "compare": {"en": "compare two", "ko": "둘을 비교하기"},
    "compare more": {"en": "mark two with space, then Enter", "ko": "스페이스로 둘을 고르고 Enter"},
    "terms": {"en": "the words, explained", "ko": "용어 설명"},
    "marked": {"en": "marked: {names}; Enter opens them", "ko": "고른 것: {names}. Enter로 엽니다"},
    "one marked": {"en": "marked: {names}; mark another one", "ko": "고른 것: {names}. 하나 더 고르세요"},
    "opening": {"en": "opening {names}  (Esc: leave it)", "ko": "여는 중: {names}  (Esc: 그만두기)"},
    "no recording": {
        "en": "no recording is open: choose one here first",
        "ko": "열린 기록이 없습니다. 먼저 여기서 하나를 고르세요",
    },
    "folder": {"en": "folder {path}", "ko": "폴더 {path}"},
    "empty": {"en": "nothing here that can be opened", "ko": "여기에는 열 수 있는 것이 없습니다"},
    "command": {
        "en": "The command that starts your server, as you type it in a terminal:",
        "ko": "터미널에서 서버를 시작하는 명령:",
    },
    "ours": {
        "en": "Run this instead: it records until the server ends or Ctrl-C, and changes no code.",
        "ko": "대신 이것을 실행하세요. 서버가 끝나거나 Ctrl-C를 누를 때까지 기록합니다. 코드는 그대로입니다.",
    },
    "load": {
        "en": "To send requests as well, add before the two dashes:",
        "ko": "요청도 보내려면 -- 앞에 덧붙이세요:",
    },
    "copy": {
        "en": "Enter copies it; then open the .trace here",
        "ko": "Enter로 복사. 끝나면 .trace를 여기서 여세요",
    },
    "copied": {"en": "copied: {command}", "ko": "복사함: {command}"},
    "unclosed": {"en": "a quotation mark is not closed", "ko": "따옴표가 닫히지 않았습니다"},
    "small": {"en": "make the window larger", "ko": "창을 더 크게 해 주세요"},
    "no services": {"en": "this cannot be done here", "ko": "여기서는 할 수 없습니다"},
}
SUFFIXES = (".trace", ".trace.part", ".pcap", ".pcapng", ".cap", ".gz", ".zst", ".json", ".log")
"""Names of files that are shown in a folder."""


class Item(NamedTuple):
    """One thing to choose: "open" files, a "lab", or one of the actions."""

    section: str
    kind: str  # "open", "lab", "files", "record", "compare", "terms"
    name: str
    more: str = ""
    value: tuple[str, ...] = ()


class Entry(NamedTuple):
    """One line of a folder."""

    name: str
    folder: bool


@dataclass(frozen=True, slots=True)
class Home:
    """What is shown: the list, a "folder", or the "record" form."""

    mode: str = "list"
    chosen: int = 0
    marked: tuple[str, ...] = ()
    said: str = ""
    folder: str = ""
    entries: tuple[Entry, ...] = ()
    typed: str = ""
    opening: tuple[str, ...] = ()


def command_of(typed: str) -> str:
    """Give the command that records a server; "" for none yet. Raises ValueError where a quote is open."""
    words = shlex.split(typed)
    if not words:
        return ""
    name = words[0].rpartition("/")[2] or "server"
    return f"tracer run -o {shlex.quote(name)}.trace -- {shlex.join(words)}"


def draw_home(home: Home, items: Sequence[Item], size: tuple[int, int], language: str) -> Grid:
    """Draw what is shown."""
    width, height = size
    canvas = Canvas(width, height)
    if width < 60 or height < 16:
        canvas.put(0, 0, fit(say(WORDS, language, "small"), width))
        return canvas.freeze()
    draw_title(canvas, say(WORDS, language, "title"), say(WORDS, language, "help"))
    if home.mode == "record":
        _form(canvas, home, language)
    else:
        lines = _list(home, items, language) if home.mode == "list" else _folder(home, language)
        rows = height - 4
        draw_lines(canvas, lines, (2, 1, width - 2, rows), first_line(lines, home.chosen, rows), home.chosen)
    draw_foot(canvas, "home", language, f" {sentence(home, language)}")
    return canvas.freeze()


def sentence(home: Home, language: str) -> str:
    """Give what is to be said: what is being opened, what went wrong, what is marked."""
    names = " ".join(_short(name) for name in home.opening or home.marked)
    if home.opening:
        return say(WORDS, language, "opening", names=names)
    if home.said or not home.marked:
        return home.said
    return say(WORDS, language, "marked" if len(home.marked) > 1 else "one marked", names=names)


def _short(name: str) -> str:
    return name.rstrip("/").rpartition("/")[2]


def _list(home: Home, items: Sequence[Item], language: str) -> list[Said]:
    lines: list[Said] = []
    for number, item in enumerate(items):
        if number == 0 or items[number - 1].section != item.section:
            lines += [Said("")] if lines else []
            lines.append(Said(say(WORDS, language, item.section), BOLD))
        mark = "+ " if item.value and item.value[0] in home.marked else ""
        lines.append(Said(mark + item.name, id=number, more=item.more))
    return lines


def _folder(home: Home, language: str) -> list[Said]:
    lines = [Said(say(WORDS, language, "folder", path=home.folder), BOLD)]
    for number, entry in enumerate(home.entries):
        mark = "+ " if f"{home.folder.rstrip('/')}/{entry.name}" in home.marked else ""
        lines.append(Said(f"{mark}{entry.name}{'/' if entry.folder else ''}", id=number))
    if len(home.entries) <= 1:
        lines.append(Said(say(WORDS, language, "empty"), int(Ink.FAINT)))
    return lines


def _form(canvas: Canvas, home: Home, language: str) -> None:
    canvas.put(2, 2, say(WORDS, language, "command"))
    canvas.put(3, 2, fit(f"$ {home.typed}_", canvas.width - 3).ljust(canvas.width - 4), FILLED)
    try:
        command = command_of(home.typed)
    except ValueError:
        canvas.put(5, 2, say(WORDS, language, "unclosed"), Ink.BLOCK | BOLD)
        return
    shown = command or "tracer run -o gunicorn.trace -- gunicorn -w 2 shop.wsgi"
    style = int(Ink.TEXT | BOLD) if command else int(Ink.FAINT)
    says = (("ours", shown), ("load", "--load 50 --for 10s --url /"))
    for n, (key, text) in enumerate(says):
        draw_lines(
            canvas, [Said(say(WORDS, language, key), id=PARAGRAPH)], (5 + 3 * n, 2, canvas.width - 3, 1), 0
        )
        canvas.put(6 + 3 * n, 4, fit(text, canvas.width - 5), style)
    canvas.put(12, 2, fit(say(WORDS, language, "copy"), canvas.width - 3), Ink.FAINT)
