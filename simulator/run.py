"""A run: the state of a simulation that can go on, stop, and be copied."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from typing import Any

from simulator.compiler import Compiled
from simulator.durations import write_duration
from simulator.engine import interpreter, steps
from simulator.engine.state import EVENTS_DONE, NOW, Program, World
from simulator.engine.world import Store, grow, new_world, program_in
from simulator.link import actors

SMALL_RUN = 20_000
"""Requests up to which plain Python is used when nothing else is asked for: under a second or two."""


ENDLESS = "requests follow each other and take no time; give think, service or a step a time above 0"


class StuckError(RuntimeError):
    """A scenario in which no time passes."""


class EngineError(RuntimeError):
    """The compiled engine was asked for and is not there."""


class Run:
    """One stack being sent one workload. `engine`: "plain", "compiled" or "auto"."""

    def __init__(
        self, compiled: Compiled, *, engine: str = "auto", say: Callable[[str], None] | None = None
    ) -> None:
        self.layout = compiled.layout
        self._engine, self._step = _choose(engine, expected(compiled.program), say)
        self._store = Store(arrays=self._engine == "compiled")
        self.program = program_in(self._store, compiled.program)
        self.world = self._begin(compiled)
        self.done = False
        self.wall_s = 0.0

    def _begin(self, compiled: Compiled) -> World:
        layout = compiled.layout
        return new_world(self._store, self.program, layout, actors(layout.pools, len(layout.cores)))

    @property
    def engine(self) -> str:
        """Which engine runs it: "plain" or "compiled"."""
        return self._engine

    @property
    def now(self) -> int:
        """The simulated time in ns."""
        return int(self.world.n[NOW])

    @property
    def events(self) -> int:
        """How many events have happened."""
        return int(self.world.n[EVENTS_DONE])

    def go(self, until: int = -1) -> bool:
        """Go on until a time in ns (-1: to the end); tell whether the end is reached."""
        started = time.perf_counter()
        while not self.done:
            code = self._step(self.program, self.world, until)
            if code == steps.HORIZON:
                break
            if code == steps.DONE:
                self.done = True
            elif code == steps.STUCK:
                raise StuckError(f"the clock stands still at {write_duration(self.now)}: {ENDLESS}")
            elif code != steps.BREATH:
                self.world = grow(self._store, self.program, self.world, code)
        self.wall_s += time.perf_counter() - started
        return self.done

    def copy(self) -> Run:
        """Give a run in the same state that goes on by itself."""
        other = copy.copy(self)
        other.world = copy.deepcopy(self.world)
        return other


def expected(p: Program) -> float:
    """Estimate how many requests a run will have; a closed client is taken to send one a ms at most."""
    if p.requests >= 0:
        return p.requests
    if p.workload == steps.CLOSED:
        return p.clients * p.until / (p.number[2 * p.think] + 1e6)  # type: ignore[no-any-return]
    return max(p.profile[1::2]) * p.until  # type: ignore[no-any-return]


def expected_of(scenario: Any) -> float:
    """Estimate the same of a scenario's first stack."""
    from simulator.scenario import compiled

    return expected(compiled(scenario, scenario.stacks[0], record=False).program)


def chosen(engine: str, requests: float, say: Callable[[str], None] | None) -> str:
    """Say which engine is used for so many requests: "plain" or "compiled"; raise EngineError."""
    return _choose(engine, requests, say)[0]


def _choose(
    engine: str, requests: float, say: Callable[[str], None] | None
) -> tuple[str, Callable[[Any, World, int], int]]:
    if engine == "plain" or (engine == "auto" and requests <= SMALL_RUN):
        return "plain", interpreter.run
    from simulator.engine import compiled

    try:
        if say and not compiled.is_cached():
            say("compiling the engine for this machine, which happens once and takes about half a minute …")
        return "compiled", compiled.load()
    except ImportError:
        if engine == "compiled":
            raise EngineError("the compiled engine needs numba: pip install 'hopscope[fast]'") from None
        if say:
            say("running in plain Python; with pip install 'hopscope[fast]' large runs are 30 times faster")
        return "plain", interpreter.run
