"""The claims of the Korean page, each with the lab that tries it."""

from __future__ import annotations

import statistics
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tracer.labs.lab import Lab, Lesson, Run, Told
from tracer.labs.measures import Measured, value
from tracer.labs.reading import CATALOGUE, read_lab

FILE = Path(__file__).parent / "claims.toml"


@dataclass(frozen=True, slots=True)
class Claim:
    """What the page says, what is to be said of it, and how it is tried.

    `lab` is None where there is nothing to measure. The ratio is that of `measure` of run `of` to `against`.
    """

    id: str
    said: str
    verdict: str  # true, half true, wrong
    why: Told
    lab: Lab | None
    trial: Lesson | None


@dataclass(frozen=True, slots=True)
class Tried:
    """The ratios of a claim's repeats; empty where there was nothing to measure or no server."""

    claim: Claim
    ratios: tuple[float, ...]

    @property
    def median(self) -> float | None:
        """The middle one."""
        return statistics.median(self.ratios) if self.ratios else None


def claims() -> list[Claim]:
    """Read the claims, in the order of the page."""
    return [_claim(name, table) for name, table in tomllib.loads(FILE.read_text("utf-8")).items()]


def _claim(name: str, table: dict[str, object]) -> Claim:
    lab = read_lab(CATALOGUE / f"{table['lab']}.toml") if "lab" in table else None
    trial = None
    if lab is not None:
        base = lab.lesson
        of, against = str(table.get("of", base.of)), str(table.get("against", base.against))
        trial = Lesson(str(table.get("measure", base.measure)), of, against, 0.0, base.path)
    why = {language: str(table[language]) for language in ("en", "ko")}
    return Claim(name, str(table["said"]), str(table["verdict"]), why, lab, trial)


def tried(claim: Claim, runner: Callable[[Lab, Run], Measured], repeats: int) -> Tried:
    """Try a claim: its two runs take turns."""
    return Tried(claim, tuple(_ratios(claim, runner, repeats)))


def _ratios(claim: Claim, runner: Callable[[Lab, Run], Measured], repeats: int) -> Iterator[float]:
    lab, trial = claim.lab, claim.trial
    if lab is None or trial is None:
        return
    for _ in range(repeats):
        of, against = (
            value(runner(lab, lab.run(name)), trial.measure, trial.path) for name in (trial.of, trial.against)
        )
        if of is not None and against:
            yield of / against
