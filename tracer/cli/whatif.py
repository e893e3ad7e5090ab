"""What the app's What-if screen turns: scenarios that were opened, and those derived from recordings."""

from __future__ import annotations

import copy
import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulator.run import EngineError, StuckError
from simulator.scenario import Scenario, start
from simulator.settings import value_of
from simulator.toml import ScenarioError, scenario_of
from simulator.validity import InvalidError
from simulator.workload import Replay
from tracer.cli.errors import CliError
from tracer.cli.inputs import opened
from tracer.cli.whatif_knobs import knobs_of
from tracer.recording import TraceError
from tui.whatif import Answer, Settings, Stop, WhatIfError

if TYPE_CHECKING:
    from simulator.run import Run
    from tracer.recording import Recording

MANY, FEW = 10_000, 3_000  # requests that an answer is of: compiled, and in plain Python
SHOWN = 2_000  # requests that are recorded for the Stage
SOON = 0.07  # seconds until the first requests are told of, where all take longer
SLICES = 50  # of a run, between which a newer wish is looked for

_FAULTS = (ScenarioError, InvalidError, EngineError, StuckError, CliError, TraceError)


class Bench:
    """One stack of a scenario (parsed TOML), or a recording's requests on one."""

    def __init__(self, top: Mapping[str, Any], stack: int, name: str, recording: Recording | None = None):
        self._top, self._stack, self._recording = top, stack, recording
        self._name = name
        self.engine = engine()
        self._replayed: Scenario | None = None
        try:
            whole = self._parsed({})
            workload = whole.workload
            if recording is None and isinstance(workload, Replay) and not workload.is_loaded:
                self._recording = opened(workload.recording)
            self._scenario({})
        except _FAULTS as error:
            raise WhatIfError(str(error)) from None
        self.title = whole.stacks[stack].name if len(whole.stacks) > 1 else whole.name
        self.note = "" if self.engine == "compiled" else "plain"
        self.knobs = knobs_of(top, stack, replays=self._recording is not None)

    def answer(self, settings: Settings, stop: Stop, say: Callable[[Answer], None]) -> None:
        """Simulate in slices; see `tui.whatif.Workbench`."""
        began = time.perf_counter()
        try:
            scenario = self._short(self._scenario(settings), MANY if self.engine == "compiled" else FEW)
            run = start(scenario, scenario.stacks[0], record=False, engine=self.engine)
            told = False
            for _ in sliced(run, scenario):
                if stop():
                    return
                if not told and time.perf_counter() - began > SOON:
                    told = True
                    say(_told(run, scenario, began, whole=False))
            say(_told(run, scenario, began, whole=True))
        except _FAULTS as error:
            say(Answer(error=str(error)))

    def recordings(self, before: Settings, after: Settings) -> tuple[Recording, Recording]:
        """Record the same requests on both."""
        return self._record(before), self._record(after)

    def export(self, settings: Settings) -> Path:
        """Write the scenario, the file's own comments kept."""
        import tomlkit

        document = copy.deepcopy(self._top)
        _put(document, settings)
        stem = Path(self._name).name.removesuffix(".toml").removesuffix(".trace") or "scenario"
        for number in range(1, 1000):
            path = Path(f"{stem}-whatif{'' if number == 1 else f'-{number}'}.toml")
            try:
                with path.open("x", encoding="utf-8") as file:
                    file.write(tomlkit.dumps(document))
            except FileExistsError:
                continue
            except OSError as error:
                raise WhatIfError(f"{path} cannot be written: {error.strerror}") from None
            return path
        raise WhatIfError(f"{stem}-whatif.toml and 998 more are there already; move them away")

    def _record(self, settings: Settings) -> Recording:
        from simulator.recorded import recording_of

        try:
            scenario = self._short(self._scenario(settings), SHOWN)
            run = start(scenario, scenario.stacks[0], record=True, engine=self.engine)
            run.go()
        except _FAULTS as error:
            raise WhatIfError(str(error)) from None
        return recording_of(run, title=scenario.name, seed=scenario.seed)

    def _parsed(self, settings: Settings) -> Scenario:
        document = _unwrapped(copy.deepcopy(self._top))
        _put(document, settings)
        return scenario_of(document)

    def _scenario(self, settings: Settings) -> Scenario:
        """Make the scenario of the one stack; a recording's requests are read once."""
        scenario = self._parsed(settings)
        scenario = replace(scenario, stacks=(scenario.stacks[self._stack],))
        if self._recording is None:
            return scenario
        if self._replayed is None:
            from simulator.replay import replayed

            self._replayed = replayed(scenario, self._recording)[0]
        stack = replace(scenario.stacks[0], app=self._replayed.stacks[0].app)
        return replace(scenario, stacks=(stack,), workload=self._replayed.workload)

    def _short(self, scenario: Scenario, most: int) -> Scenario:
        """Leave out requests beyond so many."""
        workload = scenario.workload
        if isinstance(workload, Replay) and workload.due:
            due = workload.due[: 3 * most]
            return replace(scenario, workload=replace(workload, due=due, requests=len(due) // 3))
        requests = min(most, workload.requests or most)
        fewer = replace(workload, requests=requests, warmup=min(workload.warmup, requests // 2))
        return replace(scenario, workload=fewer)


def engine() -> str:
    """Choose the compiled engine where it was compiled before: nobody waits half a minute for a key."""
    import importlib.util

    from simulator.engine import compiled

    return "compiled" if importlib.util.find_spec("numba") and compiled.is_cached() else "plain"


def sliced(run: Run, scenario: Scenario) -> Iterator[None]:
    """Go on slice by slice until the end; yields between two, so other threads have their turn."""
    step = max(1, _length(scenario) // SLICES)
    until = step
    while not run.go(until):
        yield
        until += step
        step += step // 8  # a long tail is not told in thousands of slices


def _length(scenario: Scenario) -> int:
    """Guess how long the scenario lasts, ns."""
    workload = scenario.workload
    if isinstance(workload, Replay) and workload.due:
        return workload.due[-3]
    rates = [rate for _, rate in getattr(workload, "profile", ())]
    rate = getattr(workload, "rate", 0.0) or max([1.0, *rates])
    return int((workload.requests or 1000) / rate * 1e9)


def _told(run: Run, scenario: Scenario, began: float, *, whole: bool) -> Answer:
    from simulator.figures import figures

    found = figures(run, scenario.seed)
    return Answer(found, int(found["requests"]), whole, time.perf_counter() - began)


def _put(document: Any, settings: Settings) -> None:
    for path, text in settings.items():
        table = document
        for place in path[:-1]:
            table = table.setdefault(place, {}) if isinstance(place, str) else table[place]
        table[path[-1]] = value_of(text)


def _unwrapped(document: Any) -> Any:
    """Give plain tables where tomlkit's were read: what is checked looks at exact types."""
    return document.unwrap() if hasattr(document, "unwrap") else document


def parsed(path: Path) -> Any:
    """Read a scenario so that it can be written again with its comments. Raises ScenarioError."""
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    from simulator.toml import text_of

    try:
        return tomlkit.parse(text_of(path))
    except TOMLKitError as error:
        raise ScenarioError(f"{path}: {error}") from None


def rerun_of(recording: Recording, name: str) -> Bench:
    """Make a bench of a recording: its requests on a model of the servers that it shows. WhatIfError."""
    from tracer.cli.whatif_derived import scenario_like

    try:
        return Bench(scenario_like(recording, name, os.cpu_count() or 1), 0, name, recording)
    except _FAULTS as error:
        raise WhatIfError(str(error)) from None
