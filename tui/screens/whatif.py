"""What-if: knobs of a scenario, and what the simulation says while they are turned.

Each turn is a wish. A thread simulates the newest one; what was wished before gives up at its next slice.
The simulation itself is lent by the command line (`Services.rerun`); nothing of it runs on this loop.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from threading import Lock
from typing import Any

from textual import events

from tracer.recording import Recording
from tui.player.chapter import Chapter, Side
from tui.player.grid import Grid, Hit
from tui.player.headline import title
from tui.player.whatif import WORDS, View, picture, slider
from tui.screens.base import GridScreen, Shell
from tui.snapshot import Place, Snapshot
from tui.whatif import Answer, Knob, WhatIfError, Where, Workbench
from tui.words import say

_TURNS = {"turn_on": 1, "turn_back": -1, "turns_on": 5, "turns_back": -5}


class WhatIfScreen(GridScreen):
    """Shows the knobs of one side's stack, and figures before and after."""

    NAME = "whatif"

    def __init__(self, snapshot: Snapshot, shell: Shell) -> None:
        super().__init__(snapshot, shell)
        self.state = View()
        self.bench: Workbench | None = None
        self._of: tuple[int, int] | None = None  # chapter and side
        self._wish = 0  # its number; a thread whose number is older gives up
        self._turn = Lock()  # one simulation at a time
        self._place: Place | None = None  # where the Stage is to open
        self._dragged: Hit | None = None

    def on_mount(self) -> None:
        """Make the bench of what is open."""
        self.arrive(self.snapshot)

    def arrive(self, snapshot: Snapshot) -> None:
        """Turn to the side that the last screen showed."""
        super().arrive(snapshot)
        self.state = replace(self.state, language=snapshot.options.language)
        self._place = None
        here = snapshot.place.chapter, snapshot.place.side
        if self.is_running and here != self._of:
            self._open(here)

    def place(self) -> Place:
        """Say where the person is: at a new chapter, if one was recorded here."""
        return self._place or self.snapshot.place

    def grid(self, width: int, height: int) -> Grid:
        """Draw knobs and figures."""
        return picture(self.state, (width, height))

    def _chapter(self) -> Chapter:
        return self.snapshot.deck.stage(self.snapshot.place.chapter).model.chapter

    def _open(self, here: tuple[int, int]) -> None:
        """Ask for the bench of a side, in a thread: a recording has to be read for its demands."""
        self._of, self.bench = here, None
        self._wish += 1
        rerun = self.snapshot.services.rerun
        language = self.snapshot.options.language
        self.state = View(language=language, busy=rerun is not None)
        if rerun is None:
            self._say("no source")
            return
        sides = self._chapter().sides
        recording = sides[min(here[1], len(sides) - 1)].recording
        wish = self._wish
        self._start(lambda: self._opened(rerun, recording, wish))

    def _opened(self, rerun: Callable[[Recording], Workbench], recording: Recording, wish: int) -> None:
        """In a thread: make the bench and the first answer, which is before and after in one."""
        try:
            with self._turn:
                bench = rerun(recording)
                recorded = None if recording.meta.get("source") == "simulation" else _recorded(recording)
                self._hear(wish, lambda: self._take(bench, recorded))
                bench.answer({}, lambda: wish != self._wish, lambda got: self._hear(wish, self._both(got)))
        except WhatIfError as error:
            told = str(error)
            self._hear(wish, lambda: self._fail(told))

    def _both(self, answer: Answer) -> Callable[[], None]:
        return lambda: self._become(before=answer, after=answer, busy=not answer.whole)

    def _take(self, bench: Workbench, recorded: Mapping[str, Any] | None) -> None:
        self.bench = bench
        knobs = tuple(bench.knobs)
        self._become(title=bench.title, note=bench.note, start=knobs, knobs=knobs, recorded=recorded)

    def _fail(self, message: str) -> None:
        self._become(message=message, busy=False)

    def act(self, action: str) -> None:
        """Choose a knob, turn it, or use what came of it."""
        if action == "other_side":
            self._other_side()
        elif self.state.knobs:
            self._act(action)

    def _act(self, action: str) -> None:
        count = len(self.state.knobs)
        if action in ("knob_down", "knob_up"):
            step = 1 if action == "knob_down" else -1
            self._become(chosen=(self.state.chosen + step) % count)
        elif action in _TURNS:
            self._set(self._knob().stepped(_TURNS[action]))
        elif action == "type":
            self._become(typed="")
        elif action == "put_back":
            self._set(self.state.start[self.state.chosen])
        elif action == "put_all_back":
            self._turned(tuple(self.state.start))
        elif action == "on_stage":
            self._on_stage()
        elif action == "export":
            self._export()

    def read_key(self, key: str, character: str | None) -> bool:
        """Take the value that is being typed."""
        typed = self.state.typed
        if typed is None:
            return False
        if key == "enter":
            self._become(typed=None)
            if typed:
                self._typed(typed)
        elif key == "escape":
            self._become(typed=None)
        elif key == "backspace":
            self._become(typed=typed[:-1])
        elif character and character.isprintable():
            self._become(typed=typed + character)
        return True

    def _typed(self, text: str) -> None:
        """Take a typed value; whether the scenario allows it says the simulation."""
        knob = self._knob()
        try:
            taken = replace(knob, text=text)
            if knob.kind == "choice":
                taken = replace(knob, text=next(c for c in knob.choices if c.startswith(text)))
            elif taken.value <= 0:
                raise ValueError(text)
        except (ValueError, StopIteration):
            self._say("wrong", text=text)
            return
        self._set(taken)

    def _knob(self) -> Knob:
        return self.state.knobs[self.state.chosen]

    def _set(self, knob: Knob) -> None:
        knobs = list(self.state.knobs)
        knobs[self.state.chosen] = knob
        self._turned(tuple(knobs))

    def _turned(self, knobs: tuple[Knob, ...]) -> None:
        """Wish for an answer to other values."""
        if knobs == self.state.knobs or self.bench is None:
            return
        self._become(knobs=knobs, busy=True, message="")
        self._wish += 1
        wish, settings, bench = self._wish, self.settings(), self.bench

        def job() -> None:
            with self._turn:
                if wish == self._wish:
                    bench.answer(settings, lambda: wish != self._wish, lambda a: self._hear(wish, heard(a)))

        def heard(answer: Answer) -> Callable[[], None]:
            return lambda: self._become(after=answer, busy=not (answer.whole or bool(answer.error)))

        self._start(job)

    def settings(self) -> dict[Where, str]:
        """Give the values that differ from the scenario's."""
        both = zip(self.state.start, self.state.knobs, strict=True)
        return {now.path: now.text for start, now in both if now.text != start.text}

    def _on_stage(self) -> None:
        """Record before and after, and open the Stage on them."""
        bench, settings = self.bench, self.settings()
        if bench is None:
            return
        self._say("recording")

        def job() -> None:
            try:
                with self._turn:
                    pair = bench.recordings({}, settings)
            except WhatIfError as error:
                told = str(error)
                self._later(lambda: self._fail(told))
                return
            self._later(lambda: self._show(pair))

        self._start(job)

    def _show(self, pair: tuple[Recording, Recording]) -> None:
        from tui.chapters import side_of
        from tui.stagecraft import stage_of

        whats = [say(WORDS, self.snapshot.options.language, word) for word in ("before", "after")]
        named = [(side_of(one), what) for one, what in zip(pair, whats, strict=True)]
        sides = tuple(Side(side.recording, what, side.label) for side, what in named)
        titles = {lang: say(WORDS, lang, "chapter", title=self.state.title) for lang in ("en", "ko")}
        chapter = Chapter(titles, sides)
        number = self.snapshot.deck.add(lambda: stage_of(chapter))
        self._become(message="")
        self._place = Place(number)
        self.shell.ask("open stage")
        self._of = number, 0  # the bench stays: coming back from there, the same knobs stand as they were

    def _export(self) -> None:
        """Write the scenario as it stands."""
        if self.bench is None:
            return
        try:
            self._say("exported", path=self.bench.export(self.settings()))
        except WhatIfError as error:
            self._fail(str(error))

    def _other_side(self) -> None:
        place = self.snapshot.place
        if len(self._chapter().sides) > 1:
            self.arrive(self.snapshot.at(replace(place, side=1 - place.side)))

    def _say(self, word: str, **values: object) -> None:
        self._become(message=say(WORDS, self.snapshot.options.language, word, **values))

    def _become(self, **changes: Any) -> None:
        self.state = replace(self.state, **changes)
        if not self.state.title and self._of is not None:
            words = title(self._chapter(), self.snapshot.options.language)
            self.state = replace(self.state, title=words)
        self.draw_soon()

    # Threads.

    def _start(self, job: Callable[[], None]) -> None:
        self.run_worker(job, thread=True, group="whatif", exit_on_error=True)

    def _hear(self, wish: int, then: Callable[[], None]) -> None:
        """From a thread: go on upon the loop, if nothing newer is wished."""
        self._later(lambda: then() if wish == self._wish else None)

    def _later(self, then: Callable[[], None]) -> None:
        if self.is_attached:
            self.app.call_later(then)

    # The mouse: a slider is dragged, the wheel turns, a click chooses.

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Choose a knob; on its slider, put it there and drag."""
        hit = self._hit(event)
        if self.close_overlays() or hit is None or hit.noun not in ("slider", "knob"):
            return
        self._become(chosen=hit.id, typed=None)
        if hit.noun == "slider":
            self._dragged = hit
            self.canvas.capture_mouse()
            self._slide(event.x)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Drag the slider."""
        if self._dragged is not None:
            self._slide(event.x)

    def on_mouse_up(self, event: events.MouseUp) -> None:  # noqa: ARG002
        """Let go."""
        self._dragged = None
        self.canvas.release_mouse()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Turn the knob under the pointer up."""
        self._wheel(event, 1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Turn the knob under the pointer down."""
        self._wheel(event, -1)

    def _wheel(self, event: events.MouseEvent, step: int) -> None:
        hit = self._hit(event)
        if hit is not None and hit.noun in ("slider", "knob"):
            self._become(chosen=hit.id)
            self._set(self._knob().stepped(step))

    def _slide(self, x: int) -> None:
        at = slider(self.size.width)
        self._set(self._knob().slid((x - at.left) / max(1, at.width - 1)))

    def _hit(self, event: events.MouseEvent) -> Hit | None:
        grid = self.canvas.grid
        return None if grid is None else grid.at(event.y, event.x)


def _recorded(recording: Recording) -> Mapping[str, Any]:
    """Measure what really was."""
    from tracer.analysis.summary import as_json, summarise

    return as_json(summarise(recording))
