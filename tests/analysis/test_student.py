"""Student's t against the printed tables, and the interval of a mean at its stated rate."""

from __future__ import annotations

import random

import pytest

from tracer.analysis.student import mean_interval, quantile

TABLE = {
    (0.95, 1): 12.7062, (0.95, 2): 4.3027, (0.95, 4): 2.7764, (0.95, 9): 2.2622, (0.95, 19): 2.0930,
    (0.95, 120): 1.9799, (0.99, 1): 63.6567, (0.99, 4): 4.6041, (0.99, 9): 3.2498, (0.99, 1000): 2.5808,
    (0.5, 3): 0.7649,
}  # fmt: skip


@pytest.mark.parametrize(("key", "printed"), TABLE.items())
def test_quantiles_are_those_of_the_tables(key, printed):
    assert quantile(*key) == pytest.approx(printed, abs=6e-5)


def test_the_interval_covers_the_mean_as_often_as_it_says():
    draw = random.Random(1)
    trials = 2000
    covered = 0
    for _ in range(trials):
        low, high = mean_interval([draw.gauss(3, 2) for _ in range(5)], 0.95)
        covered += low <= 3 <= high
    assert abs(covered / trials - 0.95) < 4 * (0.95 * 0.05 / trials) ** 0.5


def test_one_value_has_no_interval():
    assert mean_interval([1.0], 0.95) is None
    assert mean_interval([2.0, 2.0, 2.0], 0.95) == (2.0, 2.0)
