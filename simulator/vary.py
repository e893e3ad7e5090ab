"""What a sweep varies: `hop.gunicorn.workers=1..16`, and the configurations that several of them make."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from simulator.durations import parse_duration, write_duration

MOST = 100_000
"""Configurations of one sweep."""

FORM = "write KEY=1..16, KEY=1..16..5, KEY=10ms..50ms..10ms or KEY=a,b,c"


class VaryError(ValueError):
    """What cannot be varied, in one sentence."""


@dataclass(frozen=True, slots=True)
class Axis:
    """A key of the scenario and the values that it takes, as they are written after `--set KEY=`."""

    key: str
    values: tuple[str, ...]


Setting = tuple[tuple[str, str], ...]
"""The (key, value) pairs of one configuration."""


def parse_axis(text: str) -> Axis:
    """Read `KEY=FIRST..LAST`, `KEY=FIRST..LAST..STEP` or `KEY=A,B,C`; raise VaryError."""
    key, sign, values = (part.strip() for part in text.partition("="))
    if not sign or not key or not values:
        raise VaryError(f"--vary {text}: names no key and values; {FORM}")
    try:
        found = _range(values) if ".." in values else _split(values)
    except ValueError as error:
        raise VaryError(f"--vary {text}: {error}; {FORM}") from None
    if len(set(found)) < len(found):
        raise VaryError(f"--vary {text}: a value is there twice; leave one out")
    return Axis(key, tuple(found))


def configurations(axes: Sequence[Axis]) -> list[Setting]:
    """Give every combination, the last axis varying fastest; raise VaryError of too many."""
    keys = [axis.key for axis in axes]
    for key in keys:
        if keys.count(key) > 1:
            raise VaryError(f"--vary {key}: is there twice; give all its values at once")
    count = 1
    for axis in axes:
        count *= len(axis.values)
    if count > MOST:
        raise VaryError(f"--vary: {count:,} configurations are more than {MOST:,}; leave values out")
    return [tuple(zip(keys, values, strict=True)) for values in product(*(axis.values for axis in axes))]


def _split(values: str) -> list[str]:
    """Split at commas that stand in no bracket or quotes, such as those of `lognormal(5ms, 0.8)`."""
    parts, depth, quoted = [""], 0, False
    for char in values:
        quoted ^= char == '"'
        depth += (char in "([{") - (char in ")]}")
        if char == "," and depth == 0 and not quoted:
            parts.append("")
        else:
            parts[-1] += char
    if not all(part.strip() for part in parts):
        raise ValueError("a value is empty")
    return [part.strip() for part in parts]


def _range(text: str) -> list[str]:
    parts = [part.strip() for part in text.split("..")]
    if len(parts) not in (2, 3) or not all(parts):
        raise ValueError("is no range")
    if all(re.fullmatch(r"-?\d+(\.\d+)?", part) for part in parts):
        return _numbers(parts)
    durations = [parse_duration(part) for part in parts]
    if len(durations) == 2:
        raise ValueError("a range of durations needs a step")
    return [write_duration(ns) for ns in _steps(*durations)]


def _numbers(parts: list[str]) -> list[str]:
    """Count in whole units of the finest digit written, so that 0.1..0.5..0.1 has five values."""
    digits = max(len(part.partition(".")[2]) for part in parts)
    if len(parts) == 2 and digits:
        raise ValueError("a range of numbers that are not whole needs a step")
    unit = 10**digits
    found = _steps(*(round(float(part) * unit) for part in parts))
    return [f"{number / unit:.{digits}f}" if digits else str(number) for number in found]


def _steps(first: int, last: int, step: int = 1) -> range:
    if step <= 0 or last < first:
        raise ValueError("must go up, by a step above 0")
    if (last - first) // step >= MOST:
        raise ValueError(f"has more than {MOST:,} values")
    return range(first, last + 1, step)
