"""The labs: one step after another, the question before the answer; runs are done in a thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from textual import events
from textual.worker import get_current_worker

from tui.lessons import Lesson, LessonError
from tui.player.grid import Grid
from tui.player.lab import WORDS, Progress, asks, draw_lab, pages, step_at, wanted
from tui.screens.base import GridScreen, Shell
from tui.snapshot import Snapshot
from tui.stagecraft import stages_of
from tui.words import say


class LabScreen(GridScreen):
    """The list of labs, or a page of one."""

    NAME = "lab"

    def __init__(self, snapshot: Snapshot, shell: Shell) -> None:
        super().__init__(snapshot, shell)
        self.state = Progress(snapshot.services.lab)

    @cached_property
    def lessons(self) -> Sequence[Lesson]:
        """Every lab."""
        labs = self.snapshot.services.labs
        return labs() if labs is not None else ()

    @property
    def lesson(self) -> Lesson | None:
        """The one that is gone through."""
        return next((one for one in self.lessons if one.name == self.state.lab), None)

    def grid(self, width: int, height: int) -> Grid:
        """Draw the list or the page."""
        language = self.snapshot.options.language
        return draw_lab(self.lessons, self.lesson, self.state, (width, height), language)

    def arrive(self, snapshot: Snapshot) -> None:
        """Begin the lab that was asked for, if it is another one."""
        asked = snapshot.services.lab
        if asked and asked != self.snapshot.services.lab:
            self.become(lab=asked, page=0, answers={}, error="", done=frozenset())
        super().arrive(snapshot)

    def become(self, **changes: Any) -> None:
        """Go on with another state; what its page shows is run."""
        self.state = replace(self.state, **changes)
        self.draw_soon()
        self._run_wanted()

    def act(self, action: str) -> None:
        """Turn a page, answer, choose a lab."""
        if self.lesson is None:
            self._in_list(action)
        elif action.startswith("answer_"):
            self._answer(int(action.removeprefix("answer_")) - 1)
        elif action in _ACTIONS:
            _ACTIONS[action](self)

    def _in_list(self, action: str) -> None:
        steps = {"row_down": 1, "row_up": -1}.get(action, 0)
        if steps and self.lessons:
            self.become(chosen=min(max(self.state.chosen + steps, 0), len(self.lessons) - 1))
        elif action in ("go_on", "watch") and self.lessons:
            self._begin(self.state.chosen)

    def _begin(self, number: int) -> None:
        self.become(
            lab=self.lessons[number].name, page=0, answers={}, error="", done=frozenset(), chosen=number
        )

    def _answer(self, choice: int) -> None:
        lesson = self.lesson
        step = step_at(lesson, self.state) if lesson else None
        if (
            lesson
            and step
            and step.question
            and asks(lesson, self.state)
            and choice < len(step.question.choices)
        ):
            self.become(answers={**self.state.answers, self.state.page: choice})

    def go_on(self) -> None:
        """Turn to the next page; an answer that was not given is shown first."""
        lesson = self.lesson
        if lesson is not None and asks(lesson, self.state):
            self.become(answers={**self.state.answers, self.state.page: -1})
        elif lesson is not None and self.state.page < pages(lesson) - 1:
            self.become(page=self.state.page + 1, error="")

    def go_back(self) -> None:
        """Turn to the page before."""
        self.become(page=max(0, self.state.page - 1), error="")

    def leave(self) -> None:
        """Go back to the list."""
        self.become(lab="", error="", running="")

    def show_both(self) -> None:
        """Show the two runs on the Stage at the end; before it, go on."""
        lesson = self.lesson
        if lesson is None or self.state.page < pages(lesson) - 1:
            self.go_on()
        elif not wanted(lesson, self.state):
            chapters = lesson.chapters()
            if chapters:
                self.shell.load(stages_of(chapters), ())
            else:
                self.become(error=say(WORDS, self.snapshot.options.language, "no watch"))

    # Running.

    def on_mount(self) -> None:
        """Run what the first page shows."""
        self._run_wanted()

    def _run_wanted(self) -> None:
        lesson = self.lesson
        names = wanted(lesson, self.state) if lesson and not self.state.error else []
        if lesson and names and not self.state.running and self.is_running:
            self.state = replace(self.state, running=names[0])
            self.run_worker(lambda: self._measure(lesson, names[0]), thread=True)

    def _measure(self, lesson: Lesson, name: str) -> None:
        worker, error = get_current_worker(), ""
        try:
            lesson.measure(name)
        except LessonError as failed:
            error = str(failed)
        if not worker.is_cancelled:
            self.app.call_from_thread(self._measured, lesson, name, error)

    def _measured(self, lesson: Lesson, name: str, error: str) -> None:
        if lesson.name != self.state.lab:
            self.become(running="")
        elif error:
            self.become(running="", error=error)
        else:
            self.become(running="", done=self.state.done | {name})

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Choose a lab; one that is chosen already begins."""
        here = self.canvas.grid.at(event.y, event.x) if self.canvas.grid is not None else None
        if self.close_overlays() or here is None or here.noun != "item" or self.lesson is not None:
            return
        if here.id == self.state.chosen:
            self._begin(here.id)
        else:
            self.become(chosen=here.id)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Go on, in the list or in the lab."""
        event.stop()
        self.act("row_down" if self.lesson is None else "go_on")

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Go back."""
        event.stop()
        self.act("row_up" if self.lesson is None else "go_back")


_ACTIONS: dict[str, Callable[[LabScreen], None]] = {
    "go_on": LabScreen.go_on,
    "go_back": LabScreen.go_back,
    "leave": LabScreen.leave,
    "watch": LabScreen.show_both,
}
