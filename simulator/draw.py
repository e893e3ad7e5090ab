"""Demands by hash: a request's times come from (seed, request, step, occurrence), whatever happens around it.

So two stacks serve the same requests, and a hop more in one shifts nothing in the other. The hash works on
63-bit integers, which Python and compiled code multiply alike; a time is made of it by scalar log, exp and
sqrt and rounded to ns.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

(
    CONSTANT,
    EXPONENTIAL,
    UNIFORM,
    ERLANG,
    LOGNORMAL,
    HYPEREXPONENTIAL,
    QUANTILES,
    BERNOULLI,
    RECORDED,
) = range(9)

LAW = 4
"""Numbers of a distribution in `Program.law`: law, count or ns, name, place in the table."""

MASK = (1 << 63) - 1
_FIRST = 0x3F58476D1CE4E5B9
_SECOND = 0x14D049BB133111EB
_FIRST_BACK, _SECOND_BACK = pow(_FIRST, -1, 1 << 63), pow(_SECOND, -1, 1 << 63)
UNIT = 2.0**-52
KEYS = (1 << 48) - 1
"""The bits of a request's number; above them stands the occurrence."""

_U_MASK, _U_FIRST, _U_SECOND = np.uint64(MASK), np.uint64(_FIRST), np.uint64(_SECOND)
_U_FIRST_BACK, _U_SECOND_BACK = np.uint64(_FIRST_BACK), np.uint64(_SECOND_BACK)
_29, _31, _32, _58, _62 = (np.uint64(bits) for bits in (29, 31, 32, 58, 62))


def mix(x: int) -> int:
    """Scramble 63 bits (a bijection): two multiplications, each after folding the high bits down."""
    x = ((x ^ (x >> 31)) * _FIRST) & MASK
    x = ((x ^ (x >> 29)) * _SECOND) & MASK
    return x ^ (x >> 32)


def unsigned_mix(x: Any) -> Any:
    """Do the same for the compiler, for which an overflow is only defined of unsigned numbers, and numpy."""
    y = np.uint64(x)
    y = ((y ^ (y >> _31)) * _U_FIRST) & _U_MASK
    y = ((y ^ (y >> _29)) * _U_SECOND) & _U_MASK
    return np.int64(y ^ (y >> _32))


def unmix(x: int) -> int:
    """Give y of which x = mix(y)."""
    x = ((x ^ (x >> 32)) * _SECOND_BACK) & MASK
    x = ((x ^ (x >> 29) ^ (x >> 58)) * _FIRST_BACK) & MASK
    return x ^ (x >> 31) ^ (x >> 62)


def unsigned_unmix(x: int) -> int:
    """Do the same for the compiler."""
    y = np.uint64(x)
    y = ((y ^ (y >> _32)) * _U_SECOND_BACK) & _U_MASK
    y = ((y ^ (y >> _29) ^ (y >> _58)) * _U_FIRST_BACK) & _U_MASK
    return np.int64(y ^ (y >> _31) ^ (y >> _62))  # type: ignore[return-value]


def salt_of(seed: int, key: int, occurrence: int) -> int:
    """What all demands of one occurrence of one request are drawn by; key is the request's number."""
    return mix(seed ^ mix(key + (occurrence << 48)))


def uniform(salt: int, name: int) -> float:
    """Draw from the open interval (0, 1), 52 bits."""
    return ((mix(salt ^ name) >> 11) + 0.5) * UNIT


def name_of(p: Any, which: int) -> int:
    """Give the name by which distribution `which` is drawn."""
    return p.law[which * LAW + 2]  # type: ignore[no-any-return]


def mean_of(p: Any, which: int) -> float:
    """Give the mean of distribution `which` (of a coin its chance)."""
    return p.number[which * 2]  # type: ignore[no-any-return]


def draw(p: Any, which: int, salt: int) -> int:
    """Draw a time in ns from distribution `which` of a program."""
    law = p.law[which * LAW]
    if law == CONSTANT:
        return p.law[which * LAW + 1]  # type: ignore[no-any-return]
    u = uniform(salt, p.law[which * LAW + 2])
    if law == EXPONENTIAL:
        return int(p.number[which * 2] * -math.log(u) + 0.5)
    return int(other(p, which, salt, law, u) + 0.5)


def other(p: Any, which: int, salt: int, law: int, u: float) -> float:
    """Draw from the rarer laws, in ns as a float."""
    mean, shape = p.number[which * 2], p.number[which * 2 + 1]
    if law == UNIFORM:
        return mean + (shape - mean) * u  # type: ignore[no-any-return]
    if law == LOGNORMAL:
        return mean * math.exp(shape * (normal(u) - 0.5 * shape))  # type: ignore[no-any-return]
    if law == ERLANG:
        return erlang(p, which, salt, u)
    if law == HYPEREXPONENTIAL:
        # Two branches with balanced means: `shape` is the chance of the first.
        v = uniform(salt, name_of(p, which) ^ 1)
        share = shape if v < shape else 1.0 - shape
        return mean / (2.0 * share) * -math.log(u)  # type: ignore[no-any-return]
    if law == RECORDED:
        return recorded(p, which, salt)
    return quantile(p, which, u)


def recorded(p: Any, which: int, salt: int) -> float:
    """Look up what a replayed request demanded; its number is what the salt was made of."""
    key = unmix(p.seed ^ unmix(salt)) & KEYS
    return p.table[p.due[3 * key + 2] + p.law[which * LAW + 1]]  # type: ignore[no-any-return]


def erlang(p: Any, which: int, salt: int, u: float) -> float:
    """Add up `fixed` exponentials."""
    total = -math.log(u)
    for i in range(1, p.law[which * LAW + 1]):
        total += -math.log(uniform(mix(salt ^ i), name_of(p, which)))
    return total * mean_of(p, which) / p.law[which * LAW + 1]  # type: ignore[no-any-return]


def quantile(p: Any, which: int, u: float) -> float:
    """Go linearly between equally spaced quantiles, which stand in `table` from `shape` on."""
    first, last = p.law[which * LAW + 3], p.law[which * LAW + 1] - 1
    at = u * last
    i = min(int(at), last - 1)
    low, high = p.table[first + i], p.table[first + i + 1]
    return low + (high - low) * (at - i)  # type: ignore[no-any-return]


def normal(u: float) -> float:
    """Invert the normal distribution: Acklam's rational approximation, relative error 1.2e-9."""
    if u > 0.97575:
        return -_tail(1.0 - u)
    if u < 0.02425:
        return _tail(u)
    q = u - 0.5
    r = q * q
    top = -3.969683028665376e01
    top = top * r + 2.209460984245205e02
    top = top * r - 2.759285104469687e02
    top = top * r + 1.383577518672690e02
    top = top * r - 3.066479806614716e01
    top = top * r + 2.506628277459239e00
    low = -5.447609879822406e01
    low = low * r + 1.615858368580409e02
    low = low * r - 1.556989798598866e02
    low = low * r + 6.680131188771972e01
    low = low * r - 1.328068155288572e01
    return q * top / (low * r + 1.0)


def _tail(u: float) -> float:
    q = math.sqrt(-2.0 * math.log(u))
    top = -7.784894002430293e-03
    top = top * q - 3.223964580411365e-01
    top = top * q - 2.400758277161838e00
    top = top * q - 2.549732539343734e00
    top = top * q + 4.374664141464968e00
    top = top * q + 2.938163982698783e00
    low = 7.784695709041462e-03
    low = low * q + 3.224671290700398e-01
    low = low * q + 2.445134137142996e00
    low = low * q + 3.754408661907416e00
    return top / (low * q + 1.0)
