"""Durations as people write them: 250us, 5ms, 1.5s, 2m."""

from __future__ import annotations

import re
from decimal import Decimal

NS = {"ns": 1, "us": 10**3, "µs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
LONGEST = 10**16
"""ns: 115 days. Beyond, sums of times would leave the range that floats count exactly."""

_FORM = re.compile(r"\s*(\d+(?:\.\d*)?|\.\d+)\s*(ns|us|µs|ms|s|m|h)\s*", re.ASCII)


def parse_duration(text: object) -> int:
    """Give the ns of a duration such as "250us", "5ms", "1.5s" or "2m"; raise ValueError."""
    if not isinstance(text, str):
        raise ValueError('must be a duration in quotes, such as "5ms"')
    match = _FORM.fullmatch(text) or _FORM.fullmatch(text.replace("μ", "µ"))
    if match is None:
        zero = text.strip() == "0"
        if not zero:
            raise ValueError("must be a duration, such as 250us, 5ms, 1.5s or 2m")
        return 0
    ns = int((Decimal(match[1]) * NS[match[2]]).to_integral_value())
    if ns > LONGEST:
        raise ValueError("must be at most 100 days")
    return ns


def write_duration(ns: int) -> str:
    """Write ns in the largest unit that keeps it short."""
    for unit in ("s", "ms", "us"):
        if ns % NS[unit] == 0 or ns >= 100 * NS[unit]:
            return f"{ns / NS[unit]:g}{unit}"
    return f"{ns}ns"
