"""The What-if screen's picture: knobs at the left, figures before and after at the right. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tui.player.canvas import Canvas, columns, fit
from tui.player.grid import BOLD, FILLED, Grid, Ink
from tui.player.plot import number_of, span_of
from tui.player.statistics import foot, head
from tui.whatif import Answer, Knob
from tui.words import Table, say

WORDS: Table = {
    "title": {"en": "what if", "ko": "만약에"},
    "help": {"en": "? help", "ko": "? 도움말"},
    "computing": {"en": "simulating", "ko": "시뮬레이션 중"},
    "of": {"en": "{requests} requests in {ms:.0f} ms", "ko": "요청 {requests}개, {ms:.0f} ms"},
    "first": {"en": "the first {requests} requests, more follows", "ko": "처음 {requests}개, 계속 중"},
    "plain": {"en": "in plain Python", "ko": "순수 Python으로"},
    "recorded": {"en": "recorded", "ko": "기록"},
    "before": {"en": "before", "ko": "전"},
    "after": {"en": "after", "ko": "후"},
    "change": {"en": "change", "ko": "변화"},
    "throughput": {"en": "answers per s", "ko": "초당 응답"},
    "mean": {"en": "mean", "ko": "평균"},
    "max": {"en": "max", "ko": "최대"},
    "not ok": {"en": "not answered ok", "ko": "성공 못한 요청"},
    "held": {"en": "{hop} held", "ko": "{hop} 점유"},
    "queue": {"en": "{hop} queue", "ko": "{hop} 대기열"},
    "exported": {"en": "written to {path}", "ko": "{path}에 썼습니다"},
    "recording": {
        "en": "recording before and after for the Stage",
        "ko": "무대를 위해 전과 후를 기록하는 중",
    },
    "chapter": {"en": "{title}: before and after", "ko": "{title}: 전과 후"},
    "no source": {
        "en": "nothing here can simulate; open a scenario: `tracer tui SCENARIO.toml`",
        "ko": "여기서는 시뮬레이션할 수 없습니다. `tracer tui SCENARIO.toml`로 여세요",
    },
    "wrong": {"en": "{text} is no value for it", "ko": "{text}: 쓸 수 없는 값입니다"},
}

PLACES = {
    "machine": {"en": "machine", "ko": "기계"},
    "workload": {"en": "load", "ko": "부하"},
}


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """What is shown. `knobs` as they stand now, `start` as they stood in the scenario."""

    title: str = ""
    note: str = ""
    start: Sequence[Knob] = ()
    knobs: Sequence[Knob] = ()
    chosen: int = 0
    typed: str | None = None  # a value that is being typed
    recorded: Mapping[str, Any] | None = None
    before: Answer | None = None
    after: Answer | None = None
    busy: bool = False
    message: str = ""
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Slider:
    """Where the sliders of a width stand."""

    left: int
    width: int


def slider(width: int) -> Slider:
    """Place the sliders on a screen of a width."""
    return Slider(20, max(6, _knobs_width(width) - 33))


def _knobs_width(width: int) -> int:
    return min(60, max(34, width - 39))


def picture(view: View, size: tuple[int, int]) -> Grid:
    """Draw the screen."""
    canvas = Canvas(*size)
    language = view.language
    head(canvas, say(WORDS, language, "title"), view.title, say(WORDS, language, "help"))
    _status(canvas, view)
    _draw_knobs(canvas, view)
    _draw_figures(canvas, view)
    canvas.put(canvas.height - 2, 1, fit(view.message, canvas.width - 2), Ink.QUEUE | BOLD)
    foot(canvas, "whatif", language)
    return canvas.freeze()


def _status(canvas: Canvas, view: View) -> None:
    """Say at the top what the figures are of, or that they are on their way."""
    after, language = view.after, view.language
    if after is not None and after.error:
        canvas.put(1, 1, fit(after.error, canvas.width - 2), Ink.BLOCK | BOLD)
        return
    if after is None or (view.busy and after.whole):
        said = say(WORDS, language, "computing") if view.busy else ""
    elif after.whole:
        said = say(WORDS, language, "of", requests=after.requests, ms=1000 * after.seconds)
    else:
        said = say(WORDS, language, "first", requests=after.requests)
    note = say(WORDS, language, view.note) if view.note in WORDS else view.note
    canvas.put(1, 1, fit("; ".join(filter(None, (said, note))), canvas.width - 2), Ink.FAINT)


def _draw_knobs(canvas: Canvas, view: View) -> None:
    """Draw the knobs that fit, the chosen one among them."""
    room = max(1, canvas.height - 5)
    first = max(0, min(view.chosen - room // 2, len(view.knobs) - room))
    for row, number in enumerate(range(first, min(first + room, len(view.knobs))), start=3):
        _draw_knob(canvas, row, view, number)


def _draw_knob(canvas: Canvas, row: int, view: View, number: int) -> None:
    knob, language = view.knobs[number], view.language
    changed = knob.text != view.start[number].text
    chosen = number == view.chosen
    place = PLACES.get(knob.place, {}).get(language, knob.place)
    mark = ">" if chosen else " "
    canvas.put(row, 0, f"{mark}{'*' if changed else ' '}", Ink.QUEUE | BOLD)
    style = Ink.TEXT | (BOLD if chosen else 0)
    canvas.put(row, 2, fit(f"{place} {knob.name}", 17), style)
    at = slider(canvas.width)
    handle = round(knob.share * (at.width - 1))
    canvas.put(row, at.left - 1, "[" + "=" * handle + "|" + "-" * (at.width - 1 - handle) + "]", Ink.FAINT)
    canvas.put(row, at.left + handle, "|", Ink.WAIT | BOLD | (FILLED if chosen else 0))
    text = f"{view.typed}_" if chosen and view.typed is not None else knob.text
    canvas.put(row, at.left + at.width + 2, fit(text, 11), style | (FILLED if chosen and view.typed else 0))
    canvas.hit(row, at.left, at.width, "slider", -1, number, f"{place} {knob.name}")
    canvas.hit(row, 0, _knobs_width(canvas.width), "knob", -1, number, f"{place} {knob.name}")


def _draw_figures(canvas: Canvas, view: View) -> None:
    """Draw the table: what, (recorded,) before, after, and the change."""
    left = _knobs_width(canvas.width) + 1
    room, cell, language = canvas.width - left, 8, view.language
    sides = [view.recorded, _figures(view.before), _figures(view.after)]
    names = ["recorded", "before", "after", "change"]
    if view.recorded is None:
        sides, names = sides[1:], names[1:]
    start = canvas.width - cell * len(names)
    for n, name in enumerate(names):
        words = say(WORDS, language, name)
        canvas.put(2, start + (n + 1) * cell - columns(words) - 1, words, Ink.FAINT)
    rows = list(rows_of(sides, language))
    for row, (name, values, kind) in enumerate(rows[: canvas.height - 5], start=3):
        canvas.put(row, left, fit(name, room - cell * len(names)), Ink.FAINT)
        texts = [*(written(value, kind) for value in values), change(values[-2], values[-1], kind)]
        for n, text in enumerate(texts):
            style = Ink.TEXT | (BOLD if n >= len(texts) - 2 else 0)
            canvas.put(row, start + (n + 1) * cell - columns(text) - 1, text, style)


def _figures(answer: Answer | None) -> Mapping[str, Any] | None:
    return answer.figures if answer is not None and answer.figures else None


Row = tuple[str, list[float | None], str]


def rows_of(sides: Sequence[Mapping[str, Any] | None], language: str) -> Iterator[Row]:
    """Give a row a figure: its name, the value on each side (None: not known), and its kind."""

    def each(get: Any) -> list[float | None]:
        return [None if side is None else get(side) for side in sides]

    yield say(WORDS, language, "throughput"), each(lambda s: s["throughput"]), "number"
    for name in ("mean", "p50", "p90", "p95", "p99", "max"):
        words = say(WORDS, language, name) if name in WORDS else name
        yield words, each(lambda s, name=name: s["latency_s"][name]), "time"
    yield say(WORDS, language, "not ok"), each(_not_ok), "number"
    hops = dict.fromkeys(hop["hop"] for side in sides if side for hop in side["hops"])
    for hop in hops:
        shares = each(lambda s, hop=hop: _of_hop(s, hop, "utilisation"))
        if any(share is not None for share in shares):
            yield say(WORDS, language, "held", hop=hop), shares, "share"
            queues = each(lambda s, hop=hop: _of_hop(s, hop, "queue_max"))
            yield say(WORDS, language, "queue", hop=hop), queues, "number"


def _not_ok(figures: Mapping[str, Any]) -> float:
    return float(sum(count for name, count in figures["outcomes"].items() if name != "ok"))


def _of_hop(figures: Mapping[str, Any], name: str, key: str) -> float | None:
    found: float | None = next((hop[key] for hop in figures["hops"] if hop["hop"] == name), None)
    return found


def written(value: float | None, kind: str) -> str:
    """Write one figure."""
    if value is None:
        return "-"
    if kind == "time":
        return span_of(value * 1e9)
    return f"{100 * value:.0f} %" if kind == "share" else number_of(value)


def change(before: float | None, after: float | None, kind: str) -> str:
    """Write what became of a figure: `+12 %`, `x 3.5`; of shares the difference in points."""
    if before is None or after is None:
        return ""
    if kind == "share":
        return f"{100 * (after - before):+.0f}" if round(100 * (after - before)) else "="
    if before == after or not before:
        return "=" if before == after else f"+{number_of(after)}"
    ratio = after / before
    if ratio >= 2:
        return f"x {number_of(ratio)}"
    percent = 100 * (ratio - 1)
    return f"{percent:+.0f} %" if round(percent) else "="
