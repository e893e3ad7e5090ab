"""A lab as pages: what to look at, a question before its answer, the figures, the sentence. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tui.lessons import Lesson, Step
from tui.player.canvas import Canvas, columns, fit
from tui.player.grid import BOLD, Grid, Ink
from tui.player.pages import KEPT, Said, draw_foot, draw_lines, draw_title, first_line, laid
from tui.words import Table, Texts, said, say

WORDS: Table = {
    "title": {"en": "labs", "ko": "실습"},
    "help": {"en": "? help", "ko": "? 도움말"},
    "list": {"en": "Labs: a question, then the answer", "ko": "실습: 먼저 묻고 나중에 답을"},
    "step": {"en": "{n} of {all}", "ko": "{all} 중 {n}"},
    "choose": {"en": "What do you think? Press its number.", "ko": "어떻게 될까요? 번호를 누르세요."},
    "right": {"en": "Right: {answer}.", "ko": "맞습니다: {answer}."},
    "wrong": {"en": "You said: {given}. It is: {answer}.", "ko": "고른 답: {given}. 맞는 답: {answer}."},
    "answer": {"en": "Answer: {answer}.", "ko": "답: {answer}."},
    "running": {"en": "running: {run}", "ko": "실행 중: {run}"},
    "later": {"en": "the figures come after your answer", "ko": "수치는 답한 다음에 나옵니다"},
    "watch": {"en": "Enter shows both on the Stage", "ko": "Enter를 누르면 둘을 무대에서 봅니다"},
    "end": {"en": "The sentence to remember", "ko": "기억할 한 문장"},
    "begin": {"en": "n or Enter begins", "ko": "n이나 Enter로 시작"},
    "no labs": {"en": "no labs can be had here", "ko": "여기에는 실습이 없습니다"},
    "no watch": {
        "en": "these runs were measured bare: there is no recording to watch",
        "ko": "맨몸으로 잰 구성이라 볼 기록이 없습니다",
    },
    "small": {"en": "make the window larger", "ko": "창을 더 크게 해 주세요"},
}


@dataclass(frozen=True, slots=True)
class Progress:
    """Where somebody is: the page (the first says what it is about, the last the sentence), and the answers.

    `answers` are page -> choice, -1 where the answer was shown without one.
    """

    lab: str = ""
    page: int = 0
    chosen: int = 0  # of the list
    answers: dict[int, int] = field(default_factory=dict)
    done: frozenset[str] = frozenset()
    running: str = ""
    error: str = ""


def pages(lesson: Lesson) -> int:
    """Count the pages of a lab."""
    return len(lesson.steps) + 2


def wanted(lesson: Lesson, progress: Progress) -> list[str]:
    """List the runs of the page that are not done; none before its question is answered."""
    if progress.page == pages(lesson) - 1:
        return [name for name in lesson.labels if name not in progress.done]
    step = step_at(lesson, progress)
    if step is None or asks(lesson, progress):
        return []
    return [name for name in step.show if name not in progress.done]


def step_at(lesson: Lesson, progress: Progress) -> Step | None:
    """Give the step of the page; None for the first and the last."""
    return lesson.steps[progress.page - 1] if 1 <= progress.page <= len(lesson.steps) else None


def asks(lesson: Lesson, progress: Progress) -> bool:
    """Whether the page waits for an answer."""
    step = step_at(lesson, progress)
    return step is not None and step.question is not None and progress.page not in progress.answers


def draw_lab(
    lessons: Sequence[Lesson], lesson: Lesson | None, progress: Progress, size: tuple[int, int], language: str
) -> Grid:
    """Draw the list of labs, or a page of one."""
    width, height = size
    canvas = Canvas(width, height)
    if width < 60 or height < 16:
        canvas.put(0, 0, fit(say(WORDS, language, "small"), width))
        return canvas.freeze()
    rows, spared = height - 4, ("watch",) if lesson is None else ()
    if lesson is None:
        lines = _list(lessons, language)
        first = first_line(lines, progress.chosen, rows)
        draw_title(canvas, say(WORDS, language, "title"), say(WORDS, language, "help"))
    else:
        lines, first = laid(page(lesson, progress, language), width - 4), 0
        where = say(WORDS, language, "step", n=progress.page + 1, all=pages(lesson))
        right = f"{where}  {say(WORDS, language, 'help')}"
        draw_title(canvas, f"{lesson.number} {said(lesson.title, language)}", right)
    draw_lines(canvas, lines, (2, 2, width - 4, rows), first, progress.chosen)
    draw_foot(canvas, "lab", language, f" {_sentence(lesson, progress, language)}", spared)
    return canvas.freeze()


def _list(lessons: Sequence[Lesson], language: str) -> list[Said]:
    if not lessons:
        return [Said(say(WORDS, language, "no labs"))]
    lines = [Said(say(WORDS, language, "list"), BOLD), Said("")]
    for number, one in enumerate(lessons):
        lines.append(Said(f"{one.number:2} {said(one.title, language)}", id=number, more=one.name))
    return lines


def _sentence(lesson: Lesson | None, progress: Progress, language: str) -> str:
    if progress.error or lesson is None:
        return progress.error
    if progress.running:
        return say(WORDS, language, "running", run=said(lesson.labels[progress.running], language))
    if asks(lesson, progress):
        return say(WORDS, language, "choose")
    if progress.page == pages(lesson) - 1:
        return say(WORDS, language, "watch")
    return say(WORDS, language, "begin") if progress.page == 0 else ""


def page(lesson: Lesson, progress: Progress, language: str) -> list[Said]:
    """Write a page."""
    if progress.page == 0:
        return [Said(said(lesson.title, language), BOLD), Said(""), Said(said(lesson.about, language))]
    step = step_at(lesson, progress)
    if step is None:
        return _end(lesson, progress, language)
    lines = [Said(said(step.say, language)), Said("")]
    if step.question is not None:
        lines += [Said(said(step.question.ask, language), BOLD), Said("")]
        lines += [
            Said(f"{n}  {said(choice, language)}", indent=3)
            for n, choice in enumerate(step.question.choices, 1)
        ]
        lines += [Said(""), Said(*_answer(step, progress, language))]
    ready = not asks(lesson, progress) and not wanted(lesson, progress)
    figures = _table(lesson.table(step.show, language)) if step.show and ready else []
    return [*lines, Said(""), *figures]


def _answer(step: Step, progress: Progress, language: str) -> tuple[str, int]:
    """Say the right choice, once somebody chose; before that only that figures will come."""
    assert step.question is not None
    if progress.page not in progress.answers:
        return (say(WORDS, language, "later") if step.show else "", int(Ink.FAINT))
    given, choices = progress.answers[progress.page], step.question.choices
    right = _bare(choices[step.question.right], language)
    if given < 0:
        return say(WORDS, language, "answer", answer=right), BOLD
    if given == step.question.right:
        return say(WORDS, language, "right", answer=right), Ink.RUN | BOLD
    return say(
        WORDS, language, "wrong", answer=right, given=_bare(choices[given], language)
    ), Ink.BLOCK | BOLD


def _bare(choice: Texts, language: str) -> str:
    return said(choice, language).rstrip(".")


def _table(rows: Sequence[tuple[str, ...]]) -> list[Said]:
    """Set rows in columns: names at the left, figures at the right of theirs."""
    widths = [max(columns(row[n]) for row in rows) for n in range(len(rows[0]))]
    lines = []
    for number, row in enumerate(rows):
        name = row[0] + " " * (widths[0] - columns(row[0]))
        cells = (" " * (widths[n] - columns(row[n])) + row[n] for n in range(1, len(row)))
        lines.append(Said("  ".join((name, *cells)), BOLD if number == 0 else 0, id=KEPT))
    return lines


def _end(lesson: Lesson, progress: Progress, language: str) -> list[Said]:
    lines = [
        Said(say(WORDS, language, "end"), int(Ink.FAINT)),
        Said(said(lesson.sentence, language), BOLD),
        Said(""),
    ]
    if not wanted(lesson, progress):
        lines += [
            Said(lesson.verdict(language)),
            Said(""),
            *_table(lesson.table(list(lesson.labels), language)),
        ]
    return lines
