"""Many runs: configurations times replications, in batches, through any `concurrent.futures.Executor`.

A process pool here and Dask on a cluster run the same `batch` and, as a run depends on nothing but scenario,
settings and seed, give the same figures in whatever order and company it is done.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass, field
from typing import NamedTuple

from simulator.replications import Figures, runs
from simulator.run import StuckError
from simulator.toml import parse_scenario
from simulator.vary import Setting

BATCH_S = 0.25
"""How long a batch should take: by much longer than it takes to send it, and short enough to stop after."""

MOST_IN_BATCH = 500
AHEAD = 3
"""Batches that each worker has waiting: one runs, the others are at hand."""


class Unit(NamedTuple):
    """One run: which configuration, which replication."""

    configuration: int
    replication: int


@dataclass(frozen=True, slots=True)
class Sweep:
    """What is run: the text of a scenario, what is set in all of it, and what varies."""

    text: str
    source: str
    settings: tuple[str, ...]
    configurations: tuple[Setting, ...]
    replications: int
    engine: str = "plain"

    def units(self) -> list[Unit]:
        """Give all runs, in order."""
        each = range(self.replications)
        return [Unit(c, r) for c in range(len(self.configurations)) for r in each]

    def settings_of(self, configuration: int) -> list[str]:
        """Give the settings of a configuration, as `--set` takes them."""
        return [*self.settings, *(f"{key}={value}" for key, value in self.configurations[configuration])]


Done = tuple[Unit, list[Figures]]
"""A run, and the figures of each of its stacks."""


class Part(NamedTuple):
    """Replications of one configuration: its number, and all of its settings."""

    configuration: int
    settings: list[str]
    replications: list[int]


def batch(text: str, source: str, engine: str, parts: Sequence[Part]) -> tuple[list[Done], float]:
    """Do some runs, wherever this is; give them, and the seconds that they took."""
    started = time.perf_counter()
    done: list[Done] = []
    for number, settings, replications in parts:
        scenario = parse_scenario(text, settings, source)
        try:
            found = runs(scenario, replications, engine)
        except StuckError as error:
            raise StuckError(f"{source} with {', '.join(settings)}: {error}") from None
        done += [(Unit(number, r), one) for r, one in zip(replications, found, strict=True)]
    return done, time.perf_counter() - started


def parts(sweep: Sweep, units: Sequence[Unit]) -> list[Part]:
    """Put units of the same configuration together, for which it is read once."""
    found: dict[int, Part] = {}
    for number, replication in units:
        part = found.setdefault(number, Part(number, sweep.settings_of(number), []))
        part.replications.append(replication)
    return list(found.values())


@dataclass(slots=True)
class Pace:
    """How long a run takes, as measured: how many make a batch."""

    run_s: float = 0.01
    taken_s: float = 0.0
    runs: int = field(default=0)

    def note(self, runs: int, seconds: float) -> None:
        """Learn from a batch."""
        self.taken_s += seconds
        self.runs += runs
        self.run_s = max(self.taken_s / self.runs, 1e-6)

    def batch(self) -> int:
        """Say how many runs the next batch should have."""
        return max(1, min(MOST_IN_BATCH, round(BATCH_S / self.run_s)))


def run_all(
    sweep: Sweep, units: Sequence[Unit], executor: Executor, workers: int, pace: Pace | None = None
) -> Iterator[list[Done]]:
    """Run units on an executor; give each batch as it is done, in whatever order that is.

    What has not begun is cancelled when the iterator is closed or an error comes out of a batch.
    """
    pace = pace or Pace()
    left = list(reversed(units))
    running: set[Future[tuple[list[Done], float]]] = set()
    try:
        while left or running:
            while left and len(running) < AHEAD * workers:
                some = [left.pop() for _ in range(min(pace.batch(), len(left)))]
                running.add(
                    executor.submit(batch, sweep.text, sweep.source, sweep.engine, parts(sweep, some))
                )
            finished, running = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                done, seconds = future.result()
                pace.note(len(done), seconds)
                yield done
    finally:
        for future in running:
            future.cancel()
