"""Lessons: what the app is told of a lab, as plain values and functions; the command line makes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tui.player.chapter import Chapter
from tui.words import Texts


class LessonError(Exception):
    """A run of a lab failed: one sentence."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked before the answer is shown; `right` is the place of the right choice, from 0."""

    ask: Texts
    choices: tuple[Texts, ...]
    right: int


@dataclass(frozen=True, slots=True)
class Step:
    """Something to read, a question where there is one, and the runs whose figures are shown after it."""

    say: Texts
    question: Question | None
    show: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lesson:
    """One lab. `measure` does a run once (seconds; it may raise LessonError), the rest needs it done."""

    name: str
    number: int
    title: Texts
    about: Texts
    sentence: Texts
    steps: tuple[Step, ...]
    labels: Mapping[str, Texts]  # of each run
    measure: Callable[[str], None]
    table: Callable[[Sequence[str], str], list[tuple[str, ...]]]  # runs, language -> head and rows
    verdict: Callable[[str], str]  # language -> what was seen, when all runs are done
    chapters: Callable[[], Sequence[Chapter]]  # the runs compared, to watch; none where none was recorded
