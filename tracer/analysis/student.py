"""Student's t: quantiles for confidence intervals, without a library of 30 MB for one function."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache


@lru_cache(maxsize=1024)
def quantile(confidence: float, freedom: float) -> float:
    """Give t such that a t variable of so many degrees of freedom lies in [-t, t] with this probability."""
    low, high = 0.0, 2.0
    while _inside(high, freedom) < confidence:
        high *= 2
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if _inside(middle, freedom) < confidence else (low, middle)
    return (low + high) / 2


def mean_interval(values: Sequence[float], confidence: float) -> tuple[float, float] | None:
    """Give the interval of the mean of independent values; None of fewer than two."""
    n = len(values)
    if n < 2:
        return None
    mean = math.fsum(values) / n
    variance = math.fsum((value - mean) ** 2 for value in values) / (n - 1)
    half = quantile(confidence, n - 1) * math.sqrt(variance / n)
    return mean - half, mean + half


def _inside(t: float, freedom: float) -> float:
    """Give the probability of [-t, t]: 1 - I(v / (v + t²); v/2, 1/2)."""
    return 1.0 - _incomplete_beta(freedom / (freedom + t * t), freedom / 2, 0.5)


def _incomplete_beta(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function, by the continued fraction on the side where it converges."""
    if x <= 0.0 or x >= 1.0:
        return min(max(x, 0.0), 1.0)
    if x > (a + 1) / (a + b + 2):
        return 1.0 - _incomplete_beta(1.0 - x, b, a)
    scale = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    return math.exp(scale) / a / _fraction(x, a, b)


def _fraction(x: float, a: float, b: float) -> float:
    """Lentz's method for the continued fraction 1 + d1/(1 + d2/(1 + …))."""
    value, c, d = 1.0, 1.0, 0.0
    for i in range(1, 500):
        m = i // 2
        if i % 2:
            term = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        else:
            term = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d = 1.0 / (1.0 + term * d)
        c = 1.0 + term / c
        value *= c * d
        if abs(c * d - 1.0) < 1e-15:
            break
    return value
