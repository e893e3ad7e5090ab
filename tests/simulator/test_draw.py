"""Demands: by hash, the right law, and the same wherever they are drawn."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator import draw
from simulator.distributions import parse_distribution
from simulator.engine.compiled import MODULES
from simulator.link import link
from simulator.program import Assembler
from simulator.workload import Open

N = 20_000
KEYS = st.integers(0, draw.MASK)
CASES = {
    # text: (mean ms, variance ms^2)
    "5ms": (5, 0),
    "exp(5ms)": (5, 25),
    "uniform(1ms, 9ms)": (5, 64 / 12),
    "erlang(4, 5ms)": (5, 25 / 4),
    "lognormal(5ms, 0.8)": (5, 25 * (math.exp(0.64) - 1)),
    "hyperexp(5ms, 4)": (5, 100),
    "quantiles([0, 2ms, 10ms])": (3.5, None),
}


def drawn(text, seed=5):
    asm = Assembler()
    asm.entries, asm.weights = [0], [1.0]
    which = asm.law(parse_distribution(text), "it")
    program = link(asm, Open(rate=1, requests=1), seed, [], -1, record=False)
    salts = (draw.salt_of(program.seed, key, 0) for key in range(N))
    return np.array([draw.draw(program, which, salt) for salt in salts]) / 1e6


@pytest.mark.parametrize("text", CASES)
def test_a_law_has_its_mean_and_variance(text):
    mean, variance = CASES[text]
    sample = drawn(text)
    assert abs(sample.mean() - mean) <= 4 * sample.std() / math.sqrt(N)
    if variance is not None:
        fourth = ((sample - sample.mean()) ** 4).mean()
        error = math.sqrt(max(fourth - sample.var() ** 2, 0) / N)
        assert abs(sample.var() - variance) <= 4 * error + 1e-9


@pytest.mark.parametrize("u", [1e-9, 0.001, 0.02425, 0.3, 0.5, 0.8, 0.97575, 0.999, 1 - 1e-9])
def test_the_normal_quantile_is_one(u):
    assert 0.5 * math.erfc(-draw.normal(u) / math.sqrt(2)) == pytest.approx(u, rel=1e-7)


@given(KEYS)
def test_the_compilers_hash_is_pythons(x):
    with np.errstate(over="ignore"):
        assert draw.unsigned_mix(x) == draw.mix(x)


@given(KEYS, st.integers(0, 62))
def test_one_bit_of_the_key_changes_about_half_of_the_hash(x, bit):
    changed = (draw.mix(x) ^ draw.mix(x ^ (1 << bit))).bit_count()
    assert 8 <= changed <= 55


def test_hashes_of_neighbours_are_uniform():
    u = np.array([draw.uniform(draw.salt_of(draw.mix(7), key, 0), 3) for key in range(N)])
    expected = N / 50
    chi2 = ((np.histogram(u, 50, (0, 1))[0] - expected) ** 2 / expected).sum()
    assert chi2 < 85.4  # 99.9 % of chi-square with 49 degrees of freedom
    assert abs(np.corrcoef(u[:-1], u[1:])[0, 1]) < 4 / math.sqrt(N)


def test_known_values_stay():
    """Recordings of old seeds must come out again: these numbers are a promise."""
    assert [draw.mix(x) for x in (1, 2, 12345)] == KNOWN
    assert draw.salt_of(7, 3, 1) == KNOWN_SALT


KNOWN = [6157291389303946558, 4590990482918710820, 6913663001615974303]
KNOWN_SALT = 5043172716796501929


def test_every_module_of_the_engine_is_compiled():
    assert {module.__name__.rpartition(".")[2] for module in MODULES} == {
        "draw", "agenda", "tokens", "account", "pools", "cores", "compute", "arrivals", "clients", "faults",
        "interpreter",
    }  # fmt: skip
