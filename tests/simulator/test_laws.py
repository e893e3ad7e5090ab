"""Laws that hold of every run of every stack: what comes in goes out, N = X W, U = X S."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from simulator.scenario import simulate
from tests.simulator.shapes import scenarios
from tests.simulator.test_recordings import area
from tracer.recording import LaneKind, Outcome, Role

EXECUTES = {LaneKind.PROCESS, LaneKind.THREAD, LaneKind.LOOP, LaneKind.GREENLET_HUB}
laws = settings(
    max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)  # fmt: skip


def run(scenario):
    (result,) = simulate(scenario, record=True, engine="plain")
    return result.figures, result.recording


def ended(visits):
    return visits.end >= 0


@laws
@given(scenarios())
def test_littles_law_ties_the_figures_to_the_recording(scenario):
    """The requests present, integrated over the recording, are throughput times latency of the figures."""
    figures, recording = run(scenario)
    requests = recording.requests
    counted = np.arange(len(requests.start)) >= scenario.workload.warmup
    answered = counted & (requests.end >= 0) & np.isin(requests.outcome, (Outcome.OK, Outcome.ERROR))
    answered &= requests.status >= 0
    n_t = area(requests.start[answered], requests.end[answered]) / 1e9
    if figures["throughput"]:
        x_w_t = figures["throughput"] * figures["latency_s"]["mean"] * figures["duration_s"]
        assert n_t == pytest.approx(x_w_t, rel=1e-9)


@laws
@given(scenarios())
def test_the_utilisation_law_holds_at_every_hop(scenario):
    """What lanes are busy is what visits (and boots) held them for: U c T = sum of the holds."""
    figures, recording = run(scenario)
    lanes, phases = recording.lanes, recording.phases
    if (
        np.any(recording.visits.outcome == Outcome.OPEN)
        or scenario.workload.warmup
        or not figures["duration_s"]
    ):
        return
    until = int(recording.requests.end.max(initial=0))
    first = int(recording.requests.start.min(initial=0))
    for number, name in enumerate(recording.hops.name):
        hop = next((hop for hop in figures["hops"] if hop["hop"] == recording.text(name)), None)
        if hop is None or hop["utilisation"] is None:
            continue
        mine = [i for i, kind in enumerate(lanes.kind) if lanes.hop[i] == number and kind in EXECUTES]
        mine = [i for i in mine if lanes.capacity[i] == 1]
        if len(mine) != hop["lanes"]:
            continue  # processes above threads, stations whose lanes are shared
        held = np.isin(phases.lane, mine) & (phases.holds == 1) & (phases.end >= 0)
        starts, ends = np.clip(phases.start[held], first, until), np.clip(phases.end[held], first, until)
        busy = float((ends - starts).sum()) / 1e9
        law = hop["utilisation"] * hop["lanes"] * figures["duration_s"]
        assert busy == pytest.approx(law, rel=1e-9, abs=1e-9)


@laws
@given(scenarios())
def test_flow_is_conserved_at_every_hop(scenario):
    """Each visit has a parent at the hop before, which it lies in; whoever was served passed every hop."""
    _, recording = run(scenario)
    visits, roles = recording.visits, recording.hops.role
    inner = np.flatnonzero(visits.parent >= 0)
    assert np.all(visits.request[inner] == visits.request[visits.parent[inner]])
    assert np.all(visits.attempt[inner] == visits.attempt[visits.parent[inner]])
    assert np.all(visits.parent[visits.hop == 0] == -1)
    assert np.all(visits.parent[visits.hop != 0] >= 0)
    children = Counter(zip(visits.parent[inner].tolist(), visits.hop[inner].tolist(), strict=True))
    again = any(getattr(hop, "again", 0) for hop in scenario.stacks[0].hops)
    for (_, hop), count in children.items():
        assert count == 1 or again or roles[hop] == Role.DATABASE
    served = np.flatnonzero((visits.hop == 0) & (visits.outcome == Outcome.OK))
    assert all(children[int(row), 1] >= 1 for row in served)


@laws
@given(scenarios())
def test_what_a_hop_is_sent_is_what_leaves_it(scenario):
    """Arrivals at each hop are its departures and what is still there, in total and at every instant."""
    _, recording = run(scenario)
    visits = recording.visits
    for hop in range(len(recording.hops.name)):
        here = visits.hop == hop
        starts, ends = np.sort(visits.start[here]), np.sort(visits.end[here & ended(visits)])
        still = int((here & ~ended(visits)).sum())
        assert len(starts) == len(ends) + still
        present = np.searchsorted(starts, ends, side="right") - np.arange(1, len(ends) + 1)
        assert np.all(present >= 0)


@laws
@given(scenarios())
def test_outcomes_add_up(scenario):
    """Of the figures, and as many of each as the recording tells."""
    figures, recording = run(scenario)
    counted = recording.requests.outcome[scenario.workload.warmup :]
    told = Counter(Outcome(int(one)).name.lower() for one in counted)
    assert {name: count for name, count in figures["outcomes"].items() if count} == dict(told)
    assert sum(figures["outcomes"].values()) == figures["requests"] == len(counted)
