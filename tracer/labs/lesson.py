"""Whether a lab's lesson holds: the ratio that was seen beside the one that it claims."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tracer.labs.lab import Lab
from tracer.labs.measures import Measured, value


@dataclass(frozen=True, slots=True)
class Seen:
    """The measure of both runs, their ratio (None if it cannot be said), and whether the lesson held."""

    real: bool
    of: float | None
    against: float | None
    ratio: float | None
    held: bool


def seen(lab: Lab, runs: Iterable[Measured]) -> Seen:
    """Compare the runs that the lesson names."""
    by_name = {measured.run: measured for measured in runs}
    lesson = lab.lesson
    of, against = (value(by_name[name], lesson.measure, lesson.path) for name in (lesson.of, lesson.against))
    ratio = of / against if of is not None and against else None
    real = by_name[lesson.of].real
    return Seen(real, of, against, ratio, ratio is not None and ratio >= lesson.at_least)
