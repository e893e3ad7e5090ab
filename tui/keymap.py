"""The one table of keys: what screens obey, `?`, the palette and the footer list and the tests press."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from tui.registry import SCREENS

EVERYWHERE = "*"


@dataclass(frozen=True, slots=True)
class Key:
    """Keys that do one thing. `keys` are Textual's names, `shown` is what a person reads."""

    keys: tuple[str, ...]
    shown: str
    action: str
    group: str  # a key of GROUPS
    words: dict[str, str]
    screen: str = "stage"  # whose key it is: a name of the registry, or EVERYWHERE


GROUPS = {
    "time": {"en": "Time", "ko": "시간"},
    "mouse": {"en": "Mouse", "ko": "마우스"},
    "place": {"en": "Place", "ko": "자리"},
    "table": {"en": "Table", "ko": "표"},
    "telling": {"en": "Telling", "ko": "설명"},
    "screens": {"en": "Screens", "ko": "화면"},
}


def _of(screen: str, keys: str, shown: str, action: str, group: str, en: str, ko: str) -> Key:
    return Key(tuple(keys.split(" ")), shown, action, group, {"en": en, "ko": ko}, screen)


def _of_statistics(keys: tuple[str, ...], shown: str, action: str, words: dict[str, str]) -> Key:
    return Key(keys, shown, action, "place", words, "statistics")


def _of_whatif(keys: tuple[str, ...], shown: str, action: str, words: dict[str, str]) -> Key:
    return Key(keys, shown, action, "place", words, "whatif")


KEYS = (
    Key(("space",), "space", "play", "time", {"en": "play, pause", "ko": "재생, 멈춤"}),
    Key(("right", "l"), "l Right", "cell_on", "time", {"en": "one cell of time on", "ko": "한 칸 나아가기"}),
    Key(("left", "h"), "h Left", "cell_back", "time", {"en": "one cell back", "ko": "한 칸 되돌리기"}),
    Key(("shift+right", "L"), "L", "cells_on", "time", {"en": "ten cells on", "ko": "열 칸 나아가기"}),
    Key(("shift+left", "H"), "H", "cells_back", "time", {"en": "ten cells back", "ko": "열 칸 되돌리기"}),
    Key(("full_stop", "."), ".", "event_on", "time", {"en": "next event", "ko": "다음 사건"}),
    Key(("comma", ","), ",", "event_back", "time", {"en": "previous event", "ko": "이전 사건"}),
    Key(("right_square_bracket",), "]", "mark_on", "time", {"en": "next mark", "ko": "다음 표시"}),
    Key(("left_square_bracket",), "[", "mark_back", "time", {"en": "previous mark", "ko": "이전 표시"}),
    Key(("plus", "equals_sign"), "+", "faster", "time", {"en": "speed x 2", "ko": "속도 2배"}),
    Key(("minus",), "-", "slower", "time", {"en": "speed / 2", "ko": "속도 1/2"}),
    Key(("1",), "1", "opening_speed", "time", {"en": "opening speed", "ko": "처음 속도"}),
    Key(("0", "home"), "0", "start", "time", {"en": "start", "ko": "처음"}),
    Key(("dollar_sign", "end"), "$", "end", "time", {"en": "end", "ko": "끝"}),
    Key(("z",), "z", "finer", "time", {"en": "finer cells", "ko": "더 잘게"}),
    Key(("Z",), "Z", "coarser", "time", {"en": "coarser cells", "ko": "더 굵게"}),
    Key(("f",), "f 7", "follow", "place", {"en": "follow request 7", "ko": "7번 요청 따라가기"}),
    Key(("escape",), "Esc", "let_go", "place", {"en": "let go", "ko": "놓기"}),
    Key(("tab",), "Tab", "other_side", "place", {"en": "the other side", "ko": "다른 쪽"}),
    Key(("j", "down"), "j Down", "lane_down", "place", {"en": "lane below", "ko": "아래 레인"}),
    Key(("k", "up"), "k Up", "lane_up", "place", {"en": "lane above", "ko": "위 레인"}),
    Key(("enter",), "Enter", "next_hop", "place", {"en": "open the next hop", "ko": "다음 홉 펼치기"}),
    Key(("w",), "w", "sides", "place", {"en": "both, left, right", "ko": "둘 다, 왼쪽, 오른쪽"}),
    Key(("s",), "s", "swap", "place", {"en": "swap sides", "ko": "좌우 바꾸기"}),
    Key(("n",), "n", "step_on", "telling", {"en": "next step, chapter", "ko": "다음 설명, 장"}),
    Key(("p",), "p", "step_back", "telling", {"en": "previous step", "ko": "이전 설명"}),
    Key(("b",), "b", "speaker", "telling", {"en": "large, for a room", "ko": "크게, 강의실용"}),
    Key(("m",), "m", "bookmark", "telling", {"en": "bookmark", "ko": "책갈피"}),
    Key(("t",), "t", "twin", "telling", {"en": "real, simulated", "ko": "실제, 시뮬레이션"}),
    _of_statistics(("p",), "p", "path_on", {"en": "next path", "ko": "다음 경로"}),
    _of_statistics(("P",), "P", "path_back", {"en": "previous path", "ko": "이전 경로"}),
    _of_statistics(("h",), "h", "hop_on", {"en": "next hop", "ko": "다음 홉"}),
    _of_statistics(("H",), "H", "hop_back", {"en": "previous hop", "ko": "이전 홉"}),
    _of_statistics(("tab",), "Tab", "plot_on", {"en": "next plot", "ko": "다음 그림"}),
    _of_statistics(("enter",), "Enter", "enlarge", {"en": "plot alone, all", "ko": "하나만, 모두"}),
    _of_statistics(("n",), "n", "chapter_on", {"en": "next chapter", "ko": "다음 장"}),
    _of_statistics(("escape",), "Esc", "stop", {"en": "stop measuring", "ko": "재기 멈춤"}),
    _of("timeline", "right l", "l Right", "cell_on", "time", "one cell on", "한 칸 나아가기"),
    _of("timeline", "left h", "h Left", "cell_back", "time", "one cell back", "한 칸 되돌리기"),
    _of("timeline", "shift+right L", "L", "cells_on", "time", "ten cells on", "열 칸 나아가기"),
    _of("timeline", "shift+left H", "H", "cells_back", "time", "ten cells back", "열 칸 되돌리기"),
    _of("timeline", "n right_square_bracket", "n ]", "mark_on", "time", "next mark", "다음 표시"),
    _of("timeline", "N left_square_bracket", "N [", "mark_back", "time", "previous mark", "이전 표시"),
    _of("timeline", "plus equals_sign z", "+ z", "zoom_in", "time", "zoom in", "확대"),
    _of("timeline", "minus Z", "- Z", "zoom_out", "time", "zoom out", "축소"),
    _of("timeline", "a", "a", "whole", "time", "all of it", "전체"),
    _of("timeline", "full_stop .", ".", "pan_on", "time", "half a page on", "반 화면 나아가기"),
    _of("timeline", "comma ,", ",", "pan_back", "time", "half a page back", "반 화면 되돌리기"),
    _of("timeline", "0 home", "0", "start", "time", "start", "처음"),
    _of("timeline", "dollar_sign end", "$", "end", "time", "end", "끝"),
    _of("timeline", "v", "v", "by", "place", "lanes, requests", "레인별, 요청별"),
    _of("timeline", "j down", "j Down", "row_down", "place", "row below", "아래 줄"),
    _of("timeline", "k up", "k Up", "row_up", "place", "row above", "위 줄"),
    _of("timeline", "pagedown", "PgDn", "page_down", "place", "page below", "아래 쪽"),
    _of("timeline", "pageup", "PgUp", "page_up", "place", "page above", "위 쪽"),
    _of("timeline", "enter", "Enter", "open_request", "place", "open the request", "요청 열기"),
    _of("timeline", "f", "f", "follow", "place", "follow it", "따라가기"),
    _of("timeline", "slash", "/", "search", "place", "search", "찾기"),
    _of("timeline", "ampersand", "&", "filter", "place", "show only", "이것만 보기"),
    _of("timeline", "escape", "Esc", "let_go", "place", "let go", "놓기"),
    _of("timeline", "tab", "Tab", "other_side", "place", "the other side", "다른 쪽"),
    _of("timeline", "w", "w", "sides", "place", "both, one side", "둘 다, 한쪽씩"),
    _of("timeline", "m", "m", "bookmark", "telling", "bookmark", "책갈피"),
    _of("requests", "down j", "j Down", "row_down", "place", "row below", "아래 줄"),
    _of("requests", "up k", "k Up", "row_up", "place", "row above", "위 줄"),
    _of("requests", "pagedown space", "PgDn", "page_down", "place", "page down, space", "다음 쪽, space"),
    _of("requests", "pageup", "PgUp", "page_up", "place", "page up", "앞 쪽"),
    _of("requests", "home", "Home", "first_row", "place", "first row", "첫 줄"),
    _of("requests", "end G", "End G", "last_row", "place", "last row", "마지막 줄"),
    _of("requests", "left h", "h Left", "column_left", "place", "column to the left", "왼쪽 열"),
    _of("requests", "right l", "l Right", "column_right", "place", "column to the right", "오른쪽 열"),
    _of("requests", "tab", "Tab", "table_side", "place", "the other side", "다른 쪽"),
    _of("requests", "enter", "Enter", "open", "place", "open the request", "요청 열기"),
    _of("requests", "slash", "/", "filter", "table", "filter", "거르기"),
    _of("requests", "s", "s", "sort", "table", "sort by the column", "그 열로 정렬"),
    _of("requests", "g", "g", "group", "table", "by path, status, hop", "경로, 상태, 홉별"),
    _of("requests", "c", "c", "columns", "table", "choose columns", "열 고르기"),
    _of("requests", "escape", "Esc", "leave", "table", "take the filter off", "거르기 끄기"),
    _of_whatif(("j", "down"), "j Down", "knob_down", {"en": "knob below", "ko": "아래 값"}),
    _of_whatif(("k", "up"), "k Up", "knob_up", {"en": "knob above", "ko": "위 값"}),
    _of_whatif(("l", "right"), "l Right", "turn_on", {"en": "more", "ko": "더 크게"}),
    _of_whatif(("h", "left"), "h Left", "turn_back", {"en": "less", "ko": "더 작게"}),
    _of_whatif(("L", "shift+right"), "L", "turns_on", {"en": "much more", "ko": "훨씬 크게"}),
    _of_whatif(("H", "shift+left"), "H", "turns_back", {"en": "much less", "ko": "훨씬 작게"}),
    _of_whatif(("enter",), "Enter", "type", {"en": "type a value", "ko": "값 치기"}),
    _of_whatif(("u",), "u", "put_back", {"en": "put it back", "ko": "되돌리기"}),
    _of_whatif(("U",), "U", "put_all_back", {"en": "put all back", "ko": "모두 되돌리기"}),
    _of_whatif(("tab",), "Tab", "other_side", {"en": "the other stack", "ko": "다른 스택"}),
    _of_whatif(("o",), "o", "on_stage", {"en": "Stage: before | after", "ko": "무대: 전 | 후"}),
    _of_whatif(("e",), "e", "export", {"en": "export as scenario", "ko": "시나리오로 내보내기"}),
    _of("glossary", "j down", "j Down", "row_down", "place", "next term", "다음 용어"),
    _of("glossary", "k up", "k Up", "row_up", "place", "previous term", "이전 용어"),
    _of("glossary", "0 home", "0", "first", "place", "first term", "처음 용어"),
    _of("glossary", "dollar_sign end", "$", "last", "place", "last term", "마지막 용어"),
    _of("glossary", "pagedown space", "PgDn", "page_down", "place", "on in the page", "아래로"),
    _of("glossary", "pageup", "PgUp", "page_up", "place", "back in the page", "위로"),
    _of("glossary", "slash", "/", "find", "place", "find a term", "용어 찾기"),
    _of("glossary", "escape", "Esc", "let_go", "place", "all terms", "모든 용어"),
    _of("glossary", "enter", "Enter", "open_lab", "place", "open its lab", "실습 열기"),
    _of("home", "enter", "Enter", "choose", "place", "open it", "열기"),
    _of("home", "space", "space", "mark", "place", "mark to compare", "비교할 것 고르기"),
    _of("home", "j down", "j Down", "row_down", "place", "next", "다음"),
    _of("home", "k up", "k Up", "row_up", "place", "previous", "이전"),
    _of("home", "pagedown", "PgDn", "page_down", "place", "ten on", "열 줄 아래"),
    _of("home", "pageup", "PgUp", "page_up", "place", "ten back", "열 줄 위"),
    _of("home", "0 home", "0", "first", "place", "first", "처음 줄"),
    _of("home", "dollar_sign end", "$", "last", "place", "last", "마지막 줄"),
    _of("home", "o", "o", "files", "place", "open a file", "파일 열기"),
    _of("home", "r", "r", "record", "place", "record a server", "서버 기록하기"),
    _of("home", "c", "c", "compare", "place", "compare two", "둘을 비교하기"),
    _of("home", "escape", "Esc", "back", "place", "back", "뒤로"),
    _of("lab", "n right l", "n Right", "go_on", "telling", "next page", "다음 쪽"),
    _of("lab", "p left h", "p Left", "go_back", "telling", "page before", "이전 쪽"),
    *(_of("lab", n, n, f"answer_{n}", "telling", f"answer {n}", f"답 {n}") for n in "1234"),
    _of("lab", "enter", "Enter", "watch", "telling", "open; watch", "열기, 무대에서"),
    _of("lab", "j down", "j Down", "row_down", "place", "next lab", "다음 실습"),
    _of("lab", "k up", "k Up", "row_up", "place", "previous lab", "이전 실습"),
    _of("lab", "escape", "Esc", "leave", "place", "all labs", "모든 실습"),
    _of("detail", "tab", "Tab", "tabs_on", "place", "next view", "다음 보기"),
    _of("detail", "shift+tab", "S-Tab", "tabs_back", "place", "view before", "앞 보기"),
    _of("detail", "1", "1", "tab_1", "place", "time", "시간"),
    _of("detail", "2", "2", "tab_2", "place", "ladder", "사다리"),
    _of("detail", "3", "3", "tab_3", "place", "waits", "기다림"),
    _of("detail", "4", "4", "tab_4", "place", "packets", "패킷"),
    _of("detail", "down j", "j Down", "line_down", "place", "line below", "아래 줄"),
    _of("detail", "up k", "k Up", "line_up", "place", "line above", "위 줄"),
    _of("detail", "pagedown space", "PgDn", "lines_down", "place", "ten lines down", "열 줄 아래"),
    _of("detail", "pageup", "PgUp", "lines_up", "place", "ten lines up", "열 줄 위"),
    _of("detail", "n right l", "n Right", "request_on", "table", "next request", "다음 요청"),
    _of("detail", "p left h", "p Left", "request_back", "table", "request before", "앞 요청"),
    _of("detail", "right_square_bracket", "]", "packet_on", "table", "next packet", "다음 패킷"),
    _of("detail", "left_square_bracket", "[", "packet_back", "table", "packet before", "앞 패킷"),
    _of("detail", "enter", "Enter", "open_waiter", "table", "open that request", "그 요청 열기"),
    _of("detail", "y", "y", "copy_curl", "table", "copy as curl", "curl로 복사"),
    _of("detail", "Y", "Y", "copy_text", "table", "copy as text", "글로 복사"),
    _of("detail", "escape", "Esc", "to_table", "table", "back to the table", "표로 돌아가기"),
    _of("live", "space", "space", "hold", "time", "hold, follow", "멈추기, 따라가기"),
    Key(("question_mark", "f1"), "?", "help", "telling", {"en": "this help", "ko": "도움말"}, EVERYWHERE),
    Key(("colon", "ctrl+p"), ": ^P", "palette", "telling", {"en": "all actions", "ko": "모두"}, EVERYWHERE),
    Key(("q", "ctrl+q", "ctrl+c"), "q", "quit", "telling", {"en": "quit", "ko": "끝내기"}, EVERYWHERE),
    *(
        Key(
            (entry.key,),
            entry.key.upper(),
            f"open {entry.name}",
            "screens",
            {language: words.lower() for language, words in entry.title.items()},
            EVERYWHERE,
        )
        for entry in SCREENS
        if len(SCREENS) > 1
    ),
)

MOUSE = (
    ({"en": "click", "ko": "클릭"}, {"en": "follow, select, seek", "ko": "따라가기, 고르기, 이동"}),
    ({"en": "drag", "ko": "끌기"}, {"en": "scrub; Shift: slowly", "ko": "훑기, Shift: 천천히"}),
    ({"en": "wheel", "ko": "휠"}, {"en": "a cell; timeline: zoom", "ko": "한 칸, 시간줄: 확대"}),
)
"""What the mouse does, in words: (what, does)."""

BUILT_ON = {"live": "stage"}
"""Screen -> the one whose keys it has too, but for those that it has of its own."""

FOOTER = {
    "stage": (
        (("play",), {"en": "play", "ko": "재생"}),
        (("event_back", "event_on"), {"en": "event", "ko": "사건"}),
        (("cell_back", "cell_on"), {"en": "time", "ko": "시간"}),
        (("mark_back", "mark_on"), {"en": "mark", "ko": "표시"}),
        (("slower", "faster"), {"en": "speed", "ko": "속도"}),
        (("follow",), {"en": "follow", "ko": "추적"}),
        (("finer",), {"en": "zoom", "ko": "확대"}),
        (("next_hop",), {"en": "hop", "ko": "홉"}),
        (("step_on",), {"en": "next", "ko": "다음"}),
        (("help",), {"en": "help", "ko": "도움말"}),
    ),
    "statistics": (
        (("hop_on",), {"en": "hop", "ko": "홉"}),
        (("path_on",), {"en": "path", "ko": "경로"}),
        (("plot_on",), {"en": "plot", "ko": "그림"}),
        (("enlarge",), {"en": "enlarge", "ko": "크게"}),
        (("stop",), {"en": "stop", "ko": "멈춤"}),
        (("open stage",), {"en": "stage", "ko": "무대"}),
        (("help",), {"en": "help", "ko": "도움말"}),
    ),
    "timeline": (
        (("zoom_in", "zoom_out"), {"en": "zoom", "ko": "확대"}),
        (("cell_back", "cell_on"), {"en": "time", "ko": "시간"}),
        (("row_down", "row_up"), {"en": "row", "ko": "줄"}),
        (("mark_on", "mark_back"), {"en": "mark", "ko": "표시"}),
        (("by",), {"en": "view", "ko": "보기"}),
        (("search",), {"en": "search", "ko": "찾기"}),
        (("filter",), {"en": "only", "ko": "이것만"}),
        (("open_request",), {"en": "open", "ko": "열기"}),
    ),
    "detail": (
        (("tabs_on",), {"en": "view", "ko": "보기"}),
        (("request_back", "request_on"), {"en": "request", "ko": "요청"}),
        (("packet_back", "packet_on"), {"en": "packet", "ko": "패킷"}),
        (("copy_curl",), {"en": "curl", "ko": "curl"}),
        (("copy_text",), {"en": "text", "ko": "글"}),
        (("to_table",), {"en": "table", "ko": "표"}),
        (("help",), {"en": "help", "ko": "도움말"}),
    ),
    "requests": (
        (("filter",), {"en": "filter", "ko": "거르기"}),
        (("sort",), {"en": "sort", "ko": "정렬"}),
        (("group",), {"en": "group", "ko": "묶기"}),
        (("columns",), {"en": "columns", "ko": "열"}),
        (("open",), {"en": "open", "ko": "열기"}),
        (("table_side",), {"en": "side", "ko": "다른 쪽"}),
        (("leave",), {"en": "back", "ko": "뒤로"}),
        (("help",), {"en": "help", "ko": "도움말"}),
    ),
    "whatif": (
        (("knob_down", "knob_up"), {"en": "choose", "ko": "고르기"}),
        (("turn_back", "turn_on"), {"en": "turn", "ko": "돌리기"}),
        (("type",), {"en": "type", "ko": "치기"}),
        (("put_back",), {"en": "back", "ko": "되돌림"}),
        (("on_stage",), {"en": "on stage", "ko": "무대"}),
        (("export",), {"en": "export", "ko": "내보냄"}),
        (("help",), {"en": "help", "ko": "도움말"}),
    ),
    "glossary": (
        (("row_down", "row_up"), {"en": "term", "ko": "용어"}),
        (("page_down", "page_up"), {"en": "page", "ko": "쪽"}),
        (("find",), {"en": "find", "ko": "찾기"}),
        (("open_lab",), {"en": "its lab", "ko": "실습"}),
        (("help",), {"en": "help", "ko": "도움말"}),
    ),
    "home": (
        (("choose",), {"en": "open", "ko": "열기"}),
        (("row_down", "row_up"), {"en": "line", "ko": "줄"}),
        (("files",), {"en": "file", "ko": "파일"}),
        (("mark",), {"en": "mark", "ko": "고르기"}),
        (("record",), {"en": "record", "ko": "기록"}),
        (("back",), {"en": "back", "ko": "뒤로"}),
        (("help",), {"en": "help", "ko": "도움말"}),
    ),
    "lab": (
        (("go_on",), {"en": "next", "ko": "다음"}),
        (("go_back",), {"en": "back", "ko": "이전"}),
        (("answer_1", "answer_2"), {"en": "answer", "ko": "답"}),
        (("watch",), {"en": "open", "ko": "열기"}),
        (("row_down", "row_up"), {"en": "lab", "ko": "실습"}),
        (("leave",), {"en": "all labs", "ko": "모든 실습"}),
        (("help",), {"en": "help", "ko": "도움말"}),
    ),
}
"""Screen -> what stands at its foot: actions, and a word for them."""


def footer(screen: str, language: str, spared: Collection[str] = ()) -> list[str]:
    """Write what stands at the foot of a screen: `- + speed`, from the keys of the actions."""
    shown = {key.action: key.shown.split(" ")[0] for key in keys_of(screen)}
    rows = [row for row in FOOTER[screen] if not set(row[0]) & set(spared)]
    return [" ".join([*(shown[action] for action in actions), words[language]]) for actions, words in rows]


def keys_of(screen: str) -> Sequence[Key]:
    """List the keys that work on a screen: its own and those that work everywhere."""
    own = actions_of(screen)
    base = BUILT_ON.get(screen)
    return [
        key
        for key in KEYS
        if key.screen in (screen, EVERYWHERE)
        or (key.screen == base and all(own[k] == key.action for k in key.keys))
    ]


def actions_of(screen: str) -> dict[str, str]:
    """Give Textual's name of each key that works on a screen -> what it does."""
    screens = (BUILT_ON.get(screen), screen)
    return {key: row.action for of in screens for row in KEYS if row.screen == of for key in row.keys}


ACTIONS = actions_of("stage")
GLOBAL = actions_of(EVERYWHERE)
"""Textual's name of a key -> what it does on every screen, unless the screen is reading text."""
