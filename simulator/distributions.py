"""Distributions of times, as they are written in a scenario: 5ms, exp(5ms), uniform(1ms, 9ms) and so on."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from simulator import draw
from simulator.durations import parse_duration, write_duration


@dataclass(frozen=True, slots=True)
class Distribution:
    """A law with its numbers: `mean` in ns (uniform: the lower end), others as it wants."""

    law: int
    text: str
    fixed: int = 0
    mean: float = 0.0
    shape: float = 0.0
    table: tuple[float, ...] = ()

    def __str__(self) -> str:
        return self.text

    @property
    def expected(self) -> float:
        """Its mean in ns."""
        if self.law == draw.CONSTANT:
            return float(self.fixed)
        if self.law == draw.UNIFORM:
            return (self.mean + self.shape) / 2
        if self.law == draw.QUANTILES:
            ends = (self.table[0] + self.table[-1]) / 2
            return (sum(self.table) - ends) / (len(self.table) - 1)
        return self.mean


def constant(ns: int) -> Distribution:
    """Give a time that is always the same."""
    return Distribution(draw.CONSTANT, write_duration(ns), fixed=ns)


def exponential(ns: float) -> Distribution:
    """Give the exponential distribution of this mean."""
    return Distribution(draw.EXPONENTIAL, f"exp({write_duration(int(ns))})", mean=ns)


def chance(share: float) -> Distribution:
    """Give a coin that falls this way with this probability (for feedback; not a time)."""
    return Distribution(draw.BERNOULLI, f"{share}", mean=share)


def quantiles(values: list[float]) -> Distribution:
    """Give the distribution with these equally spaced quantiles, in ns, linear between them."""
    if len(values) < 2:
        raise ValueError("quantiles needs at least two values")
    if any(b < a for a, b in pairwise(values)):
        raise ValueError("quantiles must not fall")
    return Distribution(draw.QUANTILES, f"quantiles({len(values)})", len(values), table=tuple(values))


def parse_distribution(text: object) -> Distribution:
    """Read a distribution; raise ValueError with what is allowed."""
    if isinstance(text, Distribution):
        return text
    match = re.fullmatch(r"\s*(\w+)\s*\((.*)\)\s*", text, re.DOTALL) if isinstance(text, str) else None
    if match is None:
        return constant(parse_duration(text))
    if match[1] not in _LAWS:
        raise ValueError(f"must be a duration or one of {', '.join(_LAWS)}")
    inner = match[2].strip().removeprefix("[").removesuffix("]")
    arguments = [part.strip() for part in inner.split(",") if part.strip()]
    return _LAWS[match[1]](arguments)


def _expect(arguments: list[str], count: int, form: str) -> None:
    if len(arguments) != count:
        raise ValueError(f"must be written {form}")


def _number(text: str, form: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"must be written {form}") from None
    if not math.isfinite(value):
        raise ValueError(f"must be written {form}")
    return value


def _exp(arguments: list[str]) -> Distribution:
    _expect(arguments, 1, "exp(mean)")
    return exponential(parse_duration(arguments[0]))


def _uniform(arguments: list[str]) -> Distribution:
    _expect(arguments, 2, "uniform(lowest, highest)")
    low, high = map(parse_duration, arguments)
    if high < low:
        raise ValueError("uniform(lowest, highest): the lowest must not be above the highest")
    return Distribution(draw.UNIFORM, f"uniform({arguments[0]}, {arguments[1]})", mean=low, shape=high)


def _erlang(arguments: list[str]) -> Distribution:
    form = "erlang(k, total mean), k a whole number from 1 to 1000"
    _expect(arguments, 2, form)
    k = _number(arguments[0], form)
    if k != int(k) or not 1 <= k <= 1000:
        raise ValueError(f"must be written {form}")
    mean = parse_duration(arguments[1])
    return Distribution(draw.ERLANG, f"erlang({int(k)}, {arguments[1]})", fixed=int(k), mean=mean)


def _lognormal(arguments: list[str]) -> Distribution:
    form = "lognormal(mean, sigma), sigma from 0 to 5"
    _expect(arguments, 2, form)
    sigma = _number(arguments[1], form)
    if not 0 <= sigma <= 5:
        raise ValueError(f"must be written {form}")
    text = f"lognormal({arguments[0]}, {arguments[1]})"
    return Distribution(draw.LOGNORMAL, text, mean=parse_duration(arguments[0]), shape=sigma)


def _hyperexp(arguments: list[str]) -> Distribution:
    form = "hyperexp(mean, squared coefficient of variation), which is from 1 to 10000"
    _expect(arguments, 2, form)
    c2 = _number(arguments[1], form)
    if not 1 <= c2 <= 10_000:
        raise ValueError(f"must be written {form}")
    share = 0.5 * (1 + math.sqrt((c2 - 1) / (c2 + 1)))
    text = f"hyperexp({arguments[0]}, {arguments[1]})"
    return Distribution(draw.HYPEREXPONENTIAL, text, mean=parse_duration(arguments[0]), shape=share)


def _quantiles(arguments: list[str]) -> Distribution:
    return quantiles([float(parse_duration(part)) for part in arguments])


_LAWS: dict[str, Callable[[list[str]], Distribution]] = {
    "exp": _exp,
    "uniform": _uniform,
    "erlang": _erlang,
    "lognormal": _lognormal,
    "hyperexp": _hyperexp,
    "quantiles": _quantiles,
}
