"""Scenarios opened in the app: each is simulated, its stacks are the sides of a chapter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from simulator.run import EngineError, StuckError
from simulator.scenario import Result, simulate
from simulator.toml import ScenarioError, parse_scenario, text_of
from simulator.validity import InvalidError
from tracer.cli.errors import CliError
from tracer.cli.inputs import opened
from tracer.cli.streams import tell
from tracer.cli.whatif import Bench, parsed, rerun_of
from tracer.recording import Recording
from tui.chapters import side_of
from tui.player.chapter import Chapter, Side
from tui.whatif import WhatIfError

Benches = dict[int, Callable[[], Bench]]
"""By the identity of a recording: what makes its What-if."""


def read_scenarios(names: Sequence[str]) -> tuple[list[Chapter], Callable[[Recording], Bench]]:
    """Simulate scenarios; give their chapters, and what makes the What-if of each. Raises CliError."""
    others = [name for name in names if not name.endswith(".toml")]
    if others:
        raise CliError(f"{others[0]} is no scenario; give scenarios alone, or recordings alone")
    benches: Benches = {}
    chapters = [chapter for name in names for chapter in _chapters(name, benches)]

    def rerun(recording: Recording) -> Bench:
        make = benches.get(id(recording))
        return make() if make is not None else rerun_of(recording, "recording")

    return [_numbered(one, n, len(chapters)) for n, one in enumerate(chapters, 1)], rerun


def _chapters(name: str, benches: Benches) -> list[Chapter]:
    """Simulate one scenario: two stacks stand side by side, of more each has a chapter."""
    from simulator.replay import loaded

    try:
        scenario = loaded(parse_scenario(text_of(Path(name)), (), name), opened)
        results = simulate(scenario, record=True, say=tell)
    except (ScenarioError, InvalidError, EngineError, StuckError) as error:
        raise CliError(str(error)) from None
    sides = [_side(result, several=len(results) > 1) for result in results]
    for stack, side in enumerate(sides):
        benches[id(side.recording)] = _maker(name, stack)
    groups = [sides] if len(sides) <= 2 else [[side] for side in sides]
    return [Chapter({"en": scenario.name}, tuple(group)) for group in groups]


def _side(result: Result, *, several: bool) -> Side:
    assert result.recording is not None
    side = side_of(result.recording)
    return Side(side.recording, side.kind, result.stack if several else side.label)


def _maker(name: str, stack: int) -> Callable[[], Bench]:
    def make() -> Bench:
        try:
            return Bench(parsed(Path(name)), stack, name)
        except ScenarioError as error:
            raise WhatIfError(str(error)) from None

    return make


def _numbered(chapter: Chapter, number: int, of: int) -> Chapter:
    return Chapter(chapter.title, chapter.sides, chapter.steps, number, of)
