"""Plain Python and compiled code give the same run, column by column; no array is written past its end."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from simulator.distributions import parse_distribution
from simulator.recorded import recording_of
from simulator.run import Run
from simulator.scenario import Scenario, simulate, start
from simulator.stack import Stack, Station
from simulator.toml import read_scenario
from simulator.workload import Closed, Open
from tests.simulator.shapes import scenarios
from tests.simulator.shipped import SHIPPED
from tracer.recording import TABLES

OF_THE_ENGINE = ("engine", "wall_s")


def same(plain, compiled):
    for a, b in zip(plain, compiled, strict=True):
        for name in a.figures.keys() - set(OF_THE_ENGINE):
            assert a.figures[name] == b.figures[name], name
        for table, kind in TABLES.items():
            for field in fields(kind):
                one = getattr(getattr(a.recording, table), field.name)
                other = getattr(getattr(b.recording, table), field.name)
                assert one.dtype == other.dtype
                assert np.array_equal(one, other), f"{table}.{field.name}"
        assert list(a.recording.texts) == list(b.recording.texts)
        assert a.recording.meta == b.recording.meta


def both(scenario):
    plain = simulate(scenario, record=True, engine="plain")
    same(plain, simulate(scenario, record=True, engine="compiled"))


@pytest.fixture(scope="module", autouse=True)
def _compiled(compiled_engine):
    """All tests here need it."""


@settings(max_examples=80, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(scenarios())
def test_any_stack_runs_the_same(scenario):
    both(scenario)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_scenarios_run_the_same(path):
    both(read_scenario(path))


def crowd(requests):
    """So many at once that every column has to grow, and time-outs that pile up in the agenda."""
    hop = Station(name="s", lanes=2, service=parse_distribution("exp(1ms)"))
    workload = Open(rate=4000, requests=requests, timeout=200 * 10**6, retries=1)
    return Scenario((Stack((hop,)),), workload)


def test_what_is_full_grows():
    both(crowd(6000))


def test_a_run_stops_goes_on_and_is_copied():
    whole = start(crowd(2000), crowd(2000).stacks[0], record=True, engine="compiled")
    whole.go()
    parts = start(crowd(2000), crowd(2000).stacks[0], record=True, engine="compiled")
    while not parts.go(parts.now + 100 * 10**6):
        copied: Run = parts.copy()
        copied.go()
        assert copied.events == whole.events
        if parts.now > 300 * 10**6:
            break
    parts.go()
    one, other = (recording_of(run, title="it", seed=1) for run in (whole, parts))
    for field in fields(one.phases):
        assert np.array_equal(getattr(one.phases, field.name), getattr(other.phases, field.name))


def test_100_000_live_requests():
    hop = Station(name="s", lanes=1, service=parse_distribution("exp(1us)"))
    workload = Closed(clients=100_000, think=parse_distribution("exp(1s)"), requests=150_000)
    (result,) = simulate(Scenario((Stack((hop,)),), workload), engine="compiled")
    assert result.figures["outcomes"]["ok"] == 150_000


@pytest.mark.long
@pytest.mark.timeout(600)
def test_no_array_is_written_past_its_end():
    """The tests above, compiled with bounds checks: an index outside raises."""
    chosen = "any_stack or shipped or grows"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", __file__, "-k", chosen]
    environment = {**os.environ, "NUMBA_BOUNDSCHECK": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=580, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
