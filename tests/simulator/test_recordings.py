"""Every simulated recording is sound, and the figures of a run are those of its recording."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from simulator.scenario import simulate
from simulator.toml import read_scenario
from tests.simulator.shapes import scenarios
from tests.simulator.shipped import SHIPPED
from tracer.analysis.summary import as_json, summarise
from tracer.recording import Outcome, PhaseKind

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
TOP = ("requests", "duration_s", "throughput", "latency_s", "outcomes")


@settings(max_examples=120, deadline=None, derandomize=True, suppress_health_check=SLOW)
@given(scenarios())
def test_any_stack_leaves_a_sound_recording(scenario):
    (result,) = simulate(scenario, record=True, engine="plain")
    assert result.recording.check() == []


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=SLOW)
@given(scenarios())
def test_the_figures_are_those_of_the_recording(scenario):
    (result,) = simulate(scenario, record=True, engine="plain")
    agree(result)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_scenarios_are_sound(path):
    for result in simulate(read_scenario(path), record=True, engine="plain"):
        assert result.recording.check() == []
        agree(result)


def agree(result):
    told = as_json(summarise(result.recording))
    for name in TOP:
        assert result.figures[name] == told[name], name
    still_open = np.any(result.recording.visits.outcome == Outcome.OPEN)
    for mine, theirs in zip(result.figures["hops"], told["hops"], strict=True):
        assert (mine["hop"], mine["lanes"]) == (theirs["hop"], theirs["lanes"])
        if still_open:
            continue  # what has not ended is not counted yet
        assert mine["phases_s"] == theirs["phases_s"]
        assert mine["queued_s"] == theirs["queued_s"]
        if result.recording.lanes.capacity.min(initial=1) > 0:  # of shared lanes, several are told as one
            share = theirs["utilisation"]
            assert mine["utilisation"] == (share if share is None else pytest.approx(share, rel=1e-9))


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=SLOW)
@given(scenarios())
def test_littles_law_holds_at_every_hop(scenario):
    """The area under the number of visits present is the sum of their times: N = X * W, exactly."""
    (result,) = simulate(scenario, record=True, engine="plain")
    visits = result.recording.visits
    for hop in range(len(result.recording.hops.name)):
        here = (visits.hop == hop) & (visits.end >= 0)
        assert area(visits.start[here], visits.end[here]) == int(
            (visits.end[here] - visits.start[here]).sum()
        )


def area(starts, ends):
    """Integrate the number present over time, event by event."""
    events = sorted([(int(t), 1) for t in starts] + [(int(t), -1) for t in ends])
    total = present = last = 0
    for time, change in events:
        total += present * (time - last)
        present, last = present + change, time
    assert present == 0
    return total


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=SLOW)
@given(scenarios())
def test_flow_is_conserved(scenario):
    """Requests in are requests out, each with one attempt or more, and outcomes add up."""
    (result,) = simulate(scenario, record=True, engine="plain")
    figures, recording = result.figures, result.recording
    assert sum(figures["outcomes"].values()) == figures["requests"]
    assert all(count >= 0 for count in figures["outcomes"].values())
    client = recording.visits.hop == 0
    attempts = np.bincount(recording.visits.request[client], minlength=len(recording.requests.start))
    assert np.all(attempts >= 1)
    assert np.all(attempts <= 1 + scenario.workload.retries)


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=SLOW)
@given(scenarios())
def test_no_lane_is_held_for_longer_than_there_was_time(scenario):
    (result,) = simulate(scenario, engine="plain")
    for hop in result.figures["hops"]:
        assert hop["utilisation"] is None or 0 <= hop["utilisation"] <= 1 + 1e-9


def test_waiting_for_the_gil_is_told_as_such():
    from simulator.scenario import Scenario
    from simulator.stack import App, Endpoint, Gunicorn, cpu
    from simulator.workload import Closed

    stack = Gunicorn("gthread", workers=1, threads=2) >> App(Endpoint("/", [cpu("20ms")]))
    (result,) = simulate(Scenario((stack,), Closed(clients=2, requests=40)), record=True, engine="plain")
    phases, lanes = result.recording.phases, result.recording.lanes
    waits = np.flatnonzero((phases.kind == PhaseKind.QUEUED) & (phases.holds == 1))
    assert len(waits) > 40
    assert {result.recording.text(lanes.label[lane]) for lane in phases.waits_for[waits]} == {"gil"}
    lengths = (phases.end - phases.start)[waits]
    assert math.isclose(np.median(lengths), 5e6, rel_tol=0.01)  # the switch interval
