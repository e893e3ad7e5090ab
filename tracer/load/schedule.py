"""When requests are due: arrivals drawn before the run, so that no answer can hold one back."""

from __future__ import annotations

import math
from random import Random

SECOND = 1_000_000_000
MOST = 1_000_000
"""Requests of one load: all are drawn before it starts, and more would take the machine's memory."""


def poisson(rate: float, duration: float, seed: int) -> list[int]:
    """Draw Poisson arrivals: `rate` a second, for `duration` seconds.

    Gives ns from the start of the run, rising. The same seed gives the same arrivals on every version of
    Python: `Random.random` is promised to stay, `expovariate` is not.
    """
    _positive(rate, duration)
    draw, mean, end = Random(seed).random, SECOND / rate, round(duration * SECOND)  # noqa: S311
    due = 0
    arrivals: list[int] = []
    while (due := due + round(-math.log(1.0 - draw()) * mean)) < end:
        arrivals.append(due)
    return arrivals


def constant(rate: float, duration: float) -> list[int]:
    """Space arrivals evenly: `rate` a second, for `duration` seconds, the first at 0; ns, rising."""
    _positive(rate, duration)
    return [round(number * SECOND / rate) for number in range(math.ceil(rate * duration - 1e-9))]


def _positive(rate: float, duration: float) -> None:
    for name, value in (("rate", rate), ("duration", duration)):
        if not (math.isfinite(value) and value > 0):
            raise ValueError(f"the {name} of a load must be a number above 0, not {value}")
    if rate * duration > MOST:
        raise ValueError(
            f"a load of {rate:g} requests a second for {duration:g} s is {rate * duration:.3g} requests, "
            f"and {MOST:,} are the most: send slower or shorter"
        )
