"""A lab: what to start or simulate, what to send, what to look at, and the lesson, as its file says it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

LANGUAGES = ("en", "ko")
MEASURES = {
    "p50": "s",
    "p95": "s",
    "p99": "s",
    "mean": "s",
    "throughput": "/s",
    "queued": "s",
    "cpu": "s",
}
"""What a lesson may be about, and its unit: latency, answers, mean time in line, server CPU a request."""

Told = dict[str, str]
"""Language -> text."""


@dataclass(frozen=True, slots=True)
class Load:
    """What every run is sent: `rate` a second, so many requests, to `paths` in turn."""

    rate: float
    requests: int
    paths: tuple[str, ...] = ("/",)
    arrivals: str = "poisson"
    keepalive: bool = True
    timeout: float = 10.0  # seconds

    @property
    def seconds(self) -> float:
        """How long sending takes."""
        return self.requests / self.rate


@dataclass(frozen=True, slots=True)
class Run:
    """One configuration: as a real command, and as a scenario of the simulator."""

    name: str
    label: Told
    load: Load
    command: tuple[str, ...] = ()
    front: str | None = None  # nginx, before the command's server
    stalled: int = 0  # sockets that send half a request and stop
    bare: bool = False  # without the agent: its CPU time is measured
    scenario: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """Something to read and look at; a question first, where there is one."""

    say: Told
    ask: Told | None = None
    choices: tuple[Told, ...] = ()
    right: int = 0  # of the choices, from 0
    show: tuple[str, ...] = ()  # runs


@dataclass(frozen=True, slots=True)
class Lesson:
    """`measure` of run `of` is at least `at_least` times that of run `against`, on `path` alone if given.

    `reason` says why simulation and reality may be further apart than a factor of two.
    """

    measure: str
    of: str
    against: str
    at_least: float
    path: str | None = None
    reason: Told | None = None


@dataclass(frozen=True, slots=True)
class Lab:
    """One lab, whole."""

    name: str
    number: int
    terms: tuple[str, ...]
    title: Told
    about: Told
    sentence: Told
    runs: tuple[Run, ...]
    steps: tuple[Step, ...]
    lesson: Lesson
    needs: tuple[str, ...] = ()  # modules of real servers

    def run(self, name: str) -> Run:
        """Give a run by its name."""
        return next(run for run in self.runs if run.name == name)
