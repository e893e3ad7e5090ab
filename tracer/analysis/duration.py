"""Durations as users write them: `250us`, `5ms`, `1.5s`, `2m`; inside they are int ns."""

from __future__ import annotations

import re
from decimal import Decimal

UNITS = {"ns": 1, "us": 10**3, "µs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
_WRITTEN = re.compile(r"(\d+(?:\.\d*)?|\.\d+)\s*(ns|us|µs|ms|s|m|h)", re.ASCII)
_LONGEST = 2**63 - 1


def parse(text: str) -> int:
    """Give a duration in ns; ValueError, in words, for anything else, a number without unit too."""
    match = _WRITTEN.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a duration; write 250us, 5ms, 1.5s or 2m")
    ns = int(Decimal(match[1]) * UNITS[match[2]])
    if ns > _LONGEST:
        raise ValueError(f"{text!r} is longer than 292 years")
    return ns


def show(ns: float) -> str:
    """Write a duration for people, three digits and a unit: `212 ms`, `4.87 s`; `parse` reads it."""
    for unit, size in (("s", 10**9), ("ms", 10**6), ("us", 10**3)):
        if abs(ns) >= 0.9995 * size:
            return f"{_three(ns / size)} {unit}"
    return f"{ns:.0f} ns"


def _three(value: float) -> str:
    """Round to three digits, but never to fewer than the whole part has."""
    whole = len(str(int(abs(value) + 1e-9))) if abs(value) >= 1 else 1
    return f"{value:.{max(0, 3 - whole)}f}"
