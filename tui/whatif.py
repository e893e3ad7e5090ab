"""What-if, as the app sees it: knobs, answers, and the workbench that the command line lends.

The app imports no simulator: whoever runs it hands over `Services.rerun`, a function from a recording to a
`Workbench` (see `tracer.cli.whatif`). It raises `WhatIfError` where there is nothing to simulate.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from tracer.analysis.duration import UNITS, parse
from tracer.recording import Recording

Where = tuple[str | int, ...]
"""Where a value stands in the scenario: ("hop", 0, "workers")."""

NICE = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0)
BY_ONE = 48  # up to which whole numbers are turned by one
_DURATION = re.compile(r"(\d+(?:\.\d*)?|\.\d+)\s*(ns|us|µs|ms|s|m|h)", re.ASCII)


class WhatIfError(Exception):
    """What cannot be simulated, and what to do, in a sentence."""


@dataclass(frozen=True, slots=True)
class Knob:
    """One value of a scenario that can be turned; `text` is as a scenario has it: 2, exp(50ms), sync."""

    path: Where
    place: str  # of what: "gunicorn", "workload", "/item"
    name: str  # "workers"
    text: str
    kind: str  # "whole", "number", "time", "choice"
    choices: tuple[str, ...] = ()
    low: float = 0.0  # the ends of its slider: a number, or ns
    high: float = 0.0

    @property
    def value(self) -> float:
        """Give what the slider shows: the number, the (first) duration in ns, the place of the choice."""
        if self.kind == "choice":
            return float(self.choices.index(self.text)) if self.text in self.choices else 0.0
        if self.kind == "time":
            found = _DURATION.search(self.text)
            return float(parse(found[0])) if found else 0.0
        return float(self.text)

    @property
    def share(self) -> float:
        """Give the place on the slider, 0 to 1; logarithmic but for choices."""
        if self.kind == "choice":
            return self.value / max(1, len(self.choices) - 1)
        low, high = math.log(self.low), math.log(self.high)
        return min(1.0, max(0.0, (math.log(max(self.value, self.low)) - low) / (high - low)))

    def stepped(self, steps: int) -> Knob:
        """Turn by steps: small whole numbers by one, choices to the next, the others to a nice value."""
        if self.kind == "choice":
            place = (round(self.value) + steps) % len(self.choices)
            return replace(self, text=self.choices[place])
        if self.kind == "whole" and self.value + steps < BY_ONE:
            return self.at(self.value + steps)
        value = self.value
        for _ in range(abs(steps)):
            value = _nicer(value, steps > 0)
        return self.at(value)

    def slid(self, share: float) -> Knob:
        """Put the slider at a share of its length."""
        share = min(1.0, max(0.0, share))
        if self.kind == "choice":
            return replace(self, text=self.choices[round(share * (len(self.choices) - 1))])
        return self.at(self.low * (self.high / self.low) ** share)

    def at(self, value: float) -> Knob:
        """Set the value, within the slider's ends."""
        value = min(self.high, max(self.low, value))
        if self.kind == "whole":
            return replace(self, text=str(round(value)))
        if self.kind == "time":
            return self._scaled(value)
        return replace(self, text=f"{value:.3g}" if value < 1000 else f"{value:.0f}")

    def _scaled(self, value: float) -> Knob:
        """Set the first duration; the others of a distribution keep their ratio to it."""
        if not self.value:
            return replace(self, text=written(value))
        factor = value / self.value
        text = _DURATION.sub(lambda found: written(parse(found[0]) * factor), self.text)
        return replace(self, text=text)


def written(ns: float) -> str:
    """Write ns as a scenario does: three digits and a unit."""
    for unit in ("s", "ms", "us"):
        if ns >= UNITS[unit]:
            return f"{float(f'{ns / UNITS[unit]:.3g}'):g}{unit}"
    return f"{max(1, round(ns))}ns"


def _nicer(value: float, up: bool) -> float:
    """Give the next of `NICE` times a power of ten above or below a value."""
    power = 10.0 ** math.floor(math.log10(value) + 1e-9)
    near = [n * power * ten for ten in (0.1, 1.0, 10.0) for n in NICE]
    if up:
        return min(one for one in near if one > value * 1.0001)
    return max(one for one in near if one < value * 0.9999)


Settings = Mapping[Where, str]
"""Where -> what stands there now; only what differs from the scenario."""


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What a simulation said: figures as `tracer simulate --format json`, or why there are none."""

    figures: Mapping[str, Any] = field(default_factory=dict)
    requests: int = 0
    whole: bool = True  # False: of the first requests only, the rest follows
    seconds: float = 0.0
    error: str = ""


Stop = Callable[[], bool]
"""Whether somebody wishes something else by now."""


class Workbench(Protocol):
    """A stack that can be changed and simulated. Its methods are called in threads."""

    title: str
    note: str  # what the person should know: a key of the screen's words, or a sentence

    @property
    def knobs(self) -> Sequence[Knob]:
        """What can be turned."""

    def answer(self, settings: Settings, stop: Stop, say: Callable[[Answer], None]) -> None:
        """Simulate, and say what came out: soon the first requests, then all; nothing once `stop` is true."""

    def recordings(self, before: Settings, after: Settings) -> tuple[Recording, Recording]:
        """Record the same requests on both. Raises WhatIfError."""

    def export(self, settings: Settings) -> Path:
        """Write the scenario to a new file in the working directory; give its name. Raises WhatIfError."""
