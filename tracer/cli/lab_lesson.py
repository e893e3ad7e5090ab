"""A lab as the app is told of it: plain values, and functions that run it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from tracer.cli.errors import CliError
from tui.lessons import Lesson, LessonError, Question, Step

if TYPE_CHECKING:
    from tracer.labs.lab import Lab, Run
    from tracer.labs.lab import Step as Told
    from tracer.labs.measures import Measured
    from tui.player.chapter import Chapter


def lesson(lab: Lab, runner: Callable[[Run], Measured] | None = None) -> Lesson:
    """Make a lesson of a lab; without a `runner` its runs are simulated."""
    done = Done(lab, runner)
    return Lesson(
        name=lab.name,
        number=lab.number,
        title=lab.title,
        about=lab.about,
        sentence=lab.sentence,
        steps=tuple(map(_step, lab.steps)),
        labels={run.name: run.label for run in lab.runs},
        measure=done.measure,
        table=done.table,
        verdict=done.verdict,
        chapters=done.chapters,
    )


def _step(step: Told) -> Step:
    asked = Question(step.ask, step.choices, step.right) if step.ask is not None else None
    return Step(step.say, asked, step.show)


class Done:
    """The runs of a lab, each measured once."""

    def __init__(self, lab: Lab, runner: Callable[[Run], Measured] | None) -> None:
        self._lab, self._runner = lab, runner
        self._measured: dict[str, Measured] = {}

    def measure(self, name: str) -> None:
        """Do a run, unless it is done. Raises LessonError."""
        from tracer.labs.reading import LabError
        from tracer.labs.simulated import simulated

        if name in self._measured:
            return
        run = self._lab.run(name)
        try:
            self._measured[name] = self._runner(run) if self._runner else simulated(self._lab, run)
        except (CliError, LabError) as error:
            raise LessonError(str(error)) from None

    def table(self, names: Sequence[str], language: str) -> list[tuple[str, ...]]:
        """Give the figures of runs: a head and a row each."""
        from tracer.cli.lab_text import rows_of

        title, head, rows = rows_of(self._lab, [self._measured[name] for name in names], language)
        first = (f"{head[0]} ({title})" if title else head[0], *head[1:])
        return [first, *(tuple(row) for row in rows)]

    def verdict(self, language: str) -> str:
        """Say what ratio was seen, and whether the lesson held."""
        from tracer.cli.lab_text import verdict
        from tracer.labs.lesson import seen

        return verdict(self._lab, seen(self._lab, self._measured.values()), language)

    def chapters(self) -> list[Chapter]:
        """Give the two runs that the lesson compares, side by side; none where one was not recorded."""
        from tui.chapters import Named, chapters

        names = (self._lab.lesson.of, self._lab.lesson.against)
        recordings = [(name, self._measured[name].recording) for name in names]
        return chapters([Named(name, one) for name, one in recordings if one is not None])
