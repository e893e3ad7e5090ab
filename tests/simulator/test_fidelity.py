"""The models against the real servers of the demo's recordings: mean latencies, within stated factors."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import captures
from simulator.replay import replayed
from simulator.scenario import simulate
from simulator.servers.costs import GUNICORN_LINGER
from simulator.toml import read_scenario
from tests.simulator.shipped import SHIPPED
from tracer.recording import PhaseKind, Recording

DEMO = Path(captures.__file__).parent / "demo"
CASES = [(scene, server) for scene in ("waiting", "computing") for server in ("gunicorn", "uvicorn")]
WITHIN = {"waiting": 1.1, "computing": 1.4}
"""The twins' own demands: a handler that should compute 40 ms took 26 to 40 on the machine that recorded."""
REPLAYED_WITHIN = 1.1
"""With the recorded demands what is left is the models' own error."""


def mean(recording):
    return float((recording.requests.end - recording.requests.start).mean())


def twin(scene, server):
    """Give the scenario of one stack, and the real recording that it is the twin of."""
    scenario = read_scenario(next(path for path in SHIPPED if path.stem == f"demo-{scene}"))
    stack = next(stack for stack in scenario.stacks if stack.name == server)
    return replace(scenario, stacks=(stack,)), Recording.open(DEMO / f"{scene}-{server}.trace")


def run(scenario):
    return simulate(scenario, record=True, engine="plain")[0].recording


@pytest.mark.parametrize(("scene", "server"), CASES)
def test_a_twin_is_as_slow_as_the_real_server(scene, server):
    scenario, real = twin(scene, server)
    ratio = mean(run(scenario)) / mean(real)
    assert 1 / WITHIN[scene] < ratio < WITHIN[scene]


@pytest.mark.parametrize(("scene", "server"), CASES)
def test_a_model_with_the_recorded_demands_is_nearer(scene, server):
    scenario, real = twin(scene, server)
    ratio = mean(run(replayed(scenario, real)[0])) / mean(real)
    assert 1 / REPLAYED_WITHIN < ratio < REPLAYED_WITHIN


def lingering(recording):
    phases = recording.phases
    rows = [i for i, what in enumerate(phases.what) if recording.text(what) == "lingering close"]
    assert set(phases.kind[rows]) == {PhaseKind.BLOCKED}
    return (phases.end - phases.start)[rows]


def test_a_sync_worker_lingers_as_the_real_one_does():
    """After the answer, so that the client does not wait for it, and whoever is next in line does."""
    scenario, real = twin("waiting", "gunicorn")
    simulated = run(scenario)
    assert len(lingering(simulated)) == len(lingering(real)) == 40
    assert np.median(lingering(real)) == pytest.approx(GUNICORN_LINGER, rel=0.05)
    assert set(lingering(simulated)) == {GUNICORN_LINGER}
    first = int(simulated.requests.end[0] - simulated.requests.start[0])
    assert first == 100_000_000 + 275_000 // 2 * 2
    assert simulated.requests.end[2] - simulated.requests.end[0] == first + GUNICORN_LINGER
