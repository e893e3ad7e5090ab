from __future__ import annotations

import statistics
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracer.load import constant, poisson


def test_a_seed_gives_the_same_arrivals_on_every_version():
    assert poisson(100.0, 0.05, 7)[:3] == [3913148, 5548333, 16073289]
    assert poisson(100.0, 0.05, 8) != poisson(100.0, 0.05, 7)


def test_poisson_gaps_have_the_mean_and_spread_of_an_exponential():
    arrivals = poisson(1000.0, 100.0, 1)
    gaps = [b - a for a, b in pairwise(arrivals)]
    assert statistics.mean(gaps) == pytest.approx(1e6, rel=0.02)
    assert statistics.stdev(gaps) == pytest.approx(1e6, rel=0.03)


@given(st.floats(0.1, 5000), st.floats(0.001, 0.5), st.integers())
def test_arrivals_rise_and_lie_within_the_duration(rate, duration, seed):
    for arrivals in (poisson(rate, duration, seed), constant(rate, duration)):
        assert arrivals == sorted(arrivals)
        assert all(0 <= due < duration * 1e9 for due in arrivals)


def test_constant_arrivals_are_evenly_spaced():
    assert constant(4.0, 1.0) == [0, 250_000_000, 500_000_000, 750_000_000]
    assert len(constant(0.1, 10.0)) == 1
    assert len(constant(30.0, 0.1)) == 3


@pytest.mark.parametrize(
    ("rate", "duration"), [(0, 1), (-1, 1), (float("nan"), 1), (1, 0), (1, float("inf"))]
)
@pytest.mark.parametrize("schedule", [constant, lambda rate, duration: poisson(rate, duration, 0)])
def test_a_senseless_schedule_is_refused(schedule, rate, duration):
    with pytest.raises(ValueError, match="of a load must be a number above 0"):
        schedule(rate, duration)
