"""A lab as text: its story step by step, a question before each answer, and what came out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from rich.padding import Padding
from rich.text import Text

from tracer.cli.table import console, number, seconds, table
from tracer.labs.claims import Tried
from tracer.labs.lab import MEASURES, Lab, Run, Step
from tracer.labs.lesson import Seen, seen
from tracer.labs.measures import Measured, value
from tracer.recording import Recording

WORDS = {
    "en": {
        "lab": "lab", "title": "title", "terms": "shows", "sentence": "the sentence",
        "run": "run", "throughput": "answered/s", "p50": "p50", "p95": "p95", "p99": "p99", "mean": "mean",
        "queued": "in line", "cpu": "CPU a request", "your": "Your answer (1 to {0}, Enter for none): ",
        "right": "Right: {0}.", "wrong": "It is {0}.", "answer": "Answer: {0}.", "running": "running: {0}",
        "result": "{0} of “{1}” is {2} times that of “{3}”; the lesson says at least {4}.",
        "held": "The lesson held.", "not": "The lesson did not hold on this machine.",
        "none": "{0} of “{1}” against “{2}” cannot be said: too little was answered.",
        "simulated": "simulated", "real": "real servers", "alone": "of {0} alone",
        "watch": "Watch both on the Stage? (y, or Enter for no) ",
        "said": "the page said", "verdict": "verdict", "ratio": "ratio", "why": "what is seen",
        "true": "true", "half true": "half true", "wrong_claim": "wrong",
        "here": "here", "model": "the model",
    },
    "ko": {
        "lab": "실습", "title": "제목", "terms": "보여 주는 것", "sentence": "한 문장",
        "run": "구성", "throughput": "초당 응답", "p50": "p50", "p95": "p95", "p99": "p99", "mean": "평균",
        "queued": "줄 선 시간", "cpu": "요청당 CPU", "your": "당신의 답 (1~{0}, 건너뛰려면 Enter): ",
        "right": "맞다: {0}.", "wrong": "답은 {0}.", "answer": "답: {0}.", "running": "실행 중: {0}",
        "result": "“{1}”의 {0}은(는) “{3}”의 {2}배다. 이 실습은 {4}배 이상이라고 말한다.",
        "held": "이 실습의 말이 맞았다.", "not": "이 기계에서는 맞지 않았다.",
        "none": "“{1}” 대 “{2}”의 {0}은(는) 말할 수 없다. 응답이 너무 적다.",
        "simulated": "시뮬레이션", "real": "실제 서버", "alone": "{0}만",
        "watch": "둘을 무대에서 볼까? (y, 아니면 Enter) ",
        "said": "원래 글", "verdict": "판정", "ratio": "비율", "why": "본 것",
        "true": "맞음", "half true": "절반만 맞음", "wrong_claim": "틀림", "here": "이 기계", "model": "모델",
    },
}  # fmt: skip
_WIDEST = 84


class Session:
    """Goes through a lab with somebody; `ask` if there is somebody to ask."""

    def __init__(self, lab: Lab, runner: Callable[[Run], Measured], language: str, *, ask: bool) -> None:
        self.lab, self._runner, self._language, self._ask = lab, runner, language, ask
        self._words = WORDS[language]
        self._out = console()
        self._done: dict[str, Measured] = {}

    def run(self) -> tuple[list[Measured], Seen]:
        """Tell the lab from its title to its sentence; give what was measured and whether it held."""
        lab, language = self.lab, self._language
        self._out.print(Text(f"{lab.number}. {lab.title[language]}", "bold"))
        self._say(lab.about[language])
        for step in lab.steps:
            self._step(step)
        measured = [self._measured(run) for run in lab.runs]
        told = seen(lab, measured)
        self._end(told)
        return measured, told

    def _step(self, step: Step) -> None:
        self._out.print()
        self._say(step.say[self._language])
        if step.ask is not None:
            self._question(step)
        if step.show:
            self._show([self.lab.run(name) for name in step.show])

    def _question(self, step: Step) -> None:
        assert step.ask is not None
        language, words = self._language, self._words
        self._say(step.ask[language], "bold")
        for i, choice in enumerate(step.choices, 1):
            self._out.print(f"    {i}  {choice[language]}")
        right = step.choices[step.right][language]
        given = input(words["your"].format(len(step.choices))).strip() if self._ask else ""
        key = "answer" if not given else "right" if given == str(step.right + 1) else "wrong"
        self._say(words[key].format(right))

    def _show(self, runs: list[Run]) -> None:
        measured = [self._measured(run) for run in runs]
        self._out.print(figures(self.lab, measured, self._language))

    def _measured(self, run: Run) -> Measured:
        if run.name not in self._done:
            status = self._words["running"].format(run.label[self._language])
            with self._out.status(status, spinner="line"):
                self._done[run.name] = self._runner(run)
        return self._done[run.name]

    def _say(self, text: str, style: str = "") -> None:
        width = min(_WIDEST, self._out.width)
        self._out.print(Padding(Text(text, style), (0, 0, 0, 0)), width=width)

    def _end(self, told: Seen) -> None:
        lab, language = self.lab, self._language
        self._out.print()
        self._say(verdict(lab, told, language))
        self._out.print(Text(lab.sentence[language], "bold"))
        both = [self._done[name].recording for name in (lab.lesson.against, lab.lesson.of)]
        if self._ask and all(both) and input(self._words["watch"]).strip().lower() in ("y", "yes", "ㅛ"):
            self._watch()

    def _watch(self) -> None:
        """Open the app on the two runs of the lesson."""
        from tracer.cli import tui
        from tui.chapters import Named, chapters
        from tui.options import Options

        names = (self.lab.lesson.of, self.lab.lesson.against)
        recordings = [Named(name, _recording(self._done[name])) for name in names]
        tui.play(chapters(recordings), Options(language=self._language))


def _recording(measured: Measured) -> Recording:
    assert measured.recording is not None
    return measured.recording


def verdict(lab: Lab, told: Seen, language: str) -> str:
    """Say in sentences what ratio was seen and whether the lesson held."""
    words, lesson = WORDS[language], lab.lesson
    measure = words[lesson.measure]
    of, against = (lab.run(name).label[language] for name in (lesson.of, lesson.against))
    if told.ratio is None:
        return f"{words['none'].format(measure, of, against)} {words['not']}"
    ratio, least = f"{told.ratio:.3g}", f"{lesson.at_least:g}"
    mode = words["real" if told.real else "simulated"]
    said = words["result"].format(measure, of, ratio, against, least)
    return f"[{mode}] {said} {words['held' if told.held else 'not']}"


def figures(lab: Lab, measured: Iterable[Measured], language: str) -> Any:
    """Give a table of runs; only the columns that are known."""
    title, head, rows = rows_of(lab, measured, language)
    made = table(title, *head)
    for row in rows:
        made.add_row(*row)
    return made


def rows_of(lab: Lab, measured: Iterable[Measured], language: str) -> tuple[str, list[str], list[list[str]]]:
    """Give the figures of runs as a title ("" for none), a head and rows of cells."""
    words, rows = WORDS[language], list(measured)
    path = lab.lesson.path
    names = ["throughput", "p50", "p95", "queued", "cpu"]
    cells = {name: [value(one, name, path) for one in rows] for name in names}
    known = [name for name in names if any(cell is not None for cell in cells[name])]
    if lab.lesson.measure != "cpu" and "cpu" in known:
        known.remove("cpu")
    title = words["alone"].format(path) if path else ""
    made = [
        [lab.run(one.run).label[language], *(_cell(name, cells[name][i]) for name in known)]
        for i, one in enumerate(rows)
    ]
    return title, [words["run"], *(words[name] for name in known)], made


def _cell(name: str, figure: float | None) -> str:
    return number(figure) if MEASURES[name] == "/s" else seconds(figure)


def index(labs: Iterable[Lab], language: str) -> None:
    """Print the labs, a row each."""
    words, out = WORDS[language], console()
    made = table("", "", words["lab"], words["title"], words["sentence"], left=4)
    made.columns[1].no_wrap = True
    for lab in labs:
        made.add_row(str(lab.number), lab.name, lab.title[language], lab.sentence[language])
    out.print(made)


def claims_table(results: Iterable[Tried], language: str) -> None:
    """Print each claim with its verdict and the ratios that were seen."""
    words = WORDS[language]
    made = table("", words["said"], words["verdict"], words["ratio"], words["why"], left=4)
    for one in results:
        key = {"wrong": "wrong_claim"}.get(one.claim.verdict, one.claim.verdict)
        ratio = "-" if one.median is None else f"{one.median:.3g}"
        if len(one.ratios) > 1:
            ratio += f" ({min(one.ratios):.3g} - {max(one.ratios):.3g})"
        made.add_row(one.claim.said, words[key], ratio, one.claim.why[language])
    console().print(made)


def calibration(records: Iterable[dict[str, Any]], language: str) -> None:
    """Print what servers cost here, beside what the models say."""
    words = WORDS[language]
    made = table(words["cpu"], words["lab"], words["run"], words["here"], words["model"], left=2)
    for one in records:
        made.add_row(one["lab"], one["label"], seconds(one["cpu"]), seconds(one["model"]))
    console().print(made)
