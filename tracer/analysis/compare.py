"""Two recordings, or two sets of replications, hop by hop: what differs, and whether it is more than noise.

A recording is cut into blocks of equal time, long enough that one says little about the next; replications
are one block each. Blocks are drawn with replacement, and every figure computed again: how far it scatters is
its standard error. The ratio b / a gets an interval on the log scale, by Student's t with Welch's degrees of
freedom. A verdict is given where the interval leaves out 1.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tracer.analysis.compare_blocks import Estimate
from tracer.analysis.compare_figures import Key, estimates
from tracer.analysis.student import quantile
from tracer.recording import Recording

CONFIDENCE = 0.95
"""Of an interval: of twenty rows that do not differ one is told as if it did."""

HIGHER, LOWER, CANNOT_TELL = "higher", "lower", "cannot tell"


@dataclass(frozen=True, slots=True)
class Difference:
    """One row: `a`, `b` in seconds, per second, or shares; None where a side has no such figure.

    `ratio` is b / a, `interval` that of the ratio; None where there is none (a is 0, or too few requests).
    """

    hop: str | None
    metric: str
    a: float | None
    b: float | None
    ratio: float | None
    interval: tuple[float, float] | None
    verdict: str


def compare(
    a: Sequence[Recording], b: Sequence[Recording], confidence: float = CONFIDENCE
) -> list[Difference]:
    """Compare two sides, each one recording or several replications; the whole first, then hop by hop."""
    left, right = estimates(a), estimates(b)
    return [_difference(key, left.get(key), right.get(key), confidence) for key in _keys(left, right)]


def _keys(left: dict[Key, Estimate], right: dict[Key, Estimate]) -> Iterator[Key]:
    """Give the rows in the order of the left side, hop by hop; hops of the right alone come last."""
    hops = dict.fromkeys(key.hop for key in (*left, *right))
    for hop in hops:
        yield from dict.fromkeys(key for key in (*left, *right) if key.hop == hop)


def _difference(key: Key, a: Estimate | None, b: Estimate | None, confidence: float) -> Difference:
    first, second = (side.value if side else None for side in (a, b))
    ratio = second / first if first and second is not None else None
    told = (key.hop, key.metric, first, second, ratio)
    if a is None or b is None or a.error is None or b.error is None:
        return Difference(*told, None, CANNOT_TELL)
    if a.value > 0 and b.value > 0:
        interval = _of_ratio(a, b, confidence)
        return Difference(*told, interval, _verdict(interval, 1.0))
    # One side is 0: there is no ratio, but the difference may be more than noise.
    middle, half = b.value - a.value, _half((a.error, a.freedom), (b.error, b.freedom), confidence)
    return Difference(*told, None, _verdict((middle - half, middle + half), 0.0))


def _of_ratio(a: Estimate, b: Estimate, confidence: float) -> tuple[float, float]:
    assert a.error is not None
    assert b.error is not None
    half = _half((a.error / a.value, a.freedom), (b.error / b.value, b.freedom), confidence)
    middle = math.log(b.value / a.value)
    return math.exp(max(middle - half, -700.0)), math.exp(min(middle + half, 700.0))


def _half(a: tuple[float, float], b: tuple[float, float], confidence: float) -> float:
    """Give half the interval's width of a difference of two (standard error, degrees of freedom): Welch."""
    variance = a[0] ** 2 + b[0] ** 2
    if variance == 0:
        return 0.0
    freedom = variance**2 / (a[0] ** 4 / a[1] + b[0] ** 4 / b[1])
    return quantile(confidence, max(1.0, round(freedom, 1))) * math.sqrt(variance)


def _verdict(interval: tuple[float, float], same: float) -> str:
    low, high = interval
    return HIGHER if low > same else LOWER if high < same else CANNOT_TELL
