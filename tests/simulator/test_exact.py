"""The laws of the textbook: replications with fixed seeds, |z| < 4, a standard error that means something."""

from __future__ import annotations

import math
from statistics import fmean, stdev

import pytest

from simulator.distributions import parse_distribution
from simulator.scenario import Scenario, simulate
from simulator.stack import Stack, Station
from simulator.workload import Closed, Open
from tracer.recording.nouns import PhaseKind

REPLICATIONS = 20
Z = 4.0


def replicate(stack, workload, measure, engine, replications=REPLICATIONS):
    values = []
    for seed in range(replications):
        (result,) = simulate(Scenario((stack,), workload, seed=seed + 1), engine=engine)
        values.append(measure(result.figures))
    return values


def agrees(values, exact, most_error):
    """z of the mean of the replications; its standard error is at most a share of the exact value."""
    error = stdev(values) / math.sqrt(len(values))
    assert error < most_error * exact, f"standard error {error:.4g} is too large to mean anything"
    z = (fmean(values) - exact) / error
    assert abs(z) < Z, f"mean {fmean(values):.6g}, exact {exact:.6g}, z = {z:.2f}"


def station(lanes=1, service="exp(1s)", **keys):
    return Stack((Station(name="s", lanes=lanes, service=parse_distribution(service), **keys),))


def mean_latency(figures):
    return figures["latency_s"]["mean"]


def load(rate, requests=40_000):
    return Open(rate=rate, requests=requests + 4_000, warmup=4_000)


ERLANG_C = {1: 5, 2: 2.777778, 4: 1.745541, 8: 1.286028, 16: 1.095276}


@pytest.mark.parametrize("lanes", ERLANG_C)
def test_erlang_c(lanes, fastest):
    values = replicate(station(lanes), load(0.8 * lanes), mean_latency, fastest)
    agrees(values, ERLANG_C[lanes], 0.02)


@pytest.mark.parametrize(("name", "exact"), [("p50", 3.4657), ("p95", 14.9787), ("p99", 23.0259)])
def test_mm1_percentiles(name, exact, fastest):
    agrees(replicate(station(), load(0.8), lambda f: f["latency_s"][name], fastest), exact, 0.03)


@pytest.mark.parametrize(
    ("offered", "lanes", "exact"), [(1, 2, 0.2), (8, 10, 0.121661), (10, 10, 0.214582), (100, 117, 0.009790)]
)
def test_erlang_b(offered, lanes, exact, fastest):
    values = replicate(
        station(lanes, queue=0),
        load(float(offered)),
        lambda f: f["outcomes"]["refused"] / f["requests"],
        fastest,
    )
    agrees(values, exact, 0.05)


def test_mm48(fastest):
    stack = station(4, queue=4)
    blocked = replicate(stack, load(3.2), lambda f: f["outcomes"]["refused"] / f["requests"], fastest)
    agrees(blocked, 0.060728, 0.02)
    agrees(replicate(stack, load(3.2), mean_latency, fastest), 1.259188, 0.01)


@pytest.mark.parametrize(
    ("service", "exact"),
    [("1s", 3), ("erlang(4, 1s)", 3.5), ("uniform(0, 2s)", 3.666667), ("hyperexp(1s, 4)", 11)],
)
def test_pollaczek_khinchine(service, exact, fastest):
    agrees(replicate(station(1, service), load(0.8), mean_latency, fastest), exact, 0.04)


@pytest.mark.parametrize("service", ["exp(1s)", "1s", "hyperexp(1s, 4)"])
def test_processor_sharing_is_insensitive(service, fastest):
    stack = station(1, service, discipline="ps")
    agrees(replicate(stack, load(0.8), mean_latency, fastest), 5, 0.04)


def test_jackson_feedback(fastest):
    """Rates 0.4 / 0.75 at both stations: W = (1 / (1/1 - .5333) + 1 / (1/.5 - .5333)) / .75 visits each."""
    first = Station(name="a", service=parse_distribution("exp(1s)"))
    second = Station(name="b", service=parse_distribution("exp(500ms)"), again=0.25)
    agrees(replicate(Stack((first, second)), load(0.4), mean_latency, fastest), 3.76623, 0.02)


@pytest.mark.parametrize(("clients", "rate", "response"), [(5, 3.310466, 0.510362), (20, 4.999647, 3.000283)])
def test_mean_value_analysis(clients, rate, response, fastest):
    """Demands .2 and .1, think time 1."""
    stack = Stack((
        Station(name="a", service=parse_distribution("exp(200ms)")),
        Station(name="b", service=parse_distribution("exp(100ms)")),
    ))  # fmt: skip
    workload = Closed(clients=clients, think=parse_distribution("exp(1s)"), requests=40_000, warmup=4_000)
    agrees(replicate(stack, workload, mean_latency, fastest), response, 0.01)
    agrees(replicate(stack, workload, lambda f: f["throughput"], fastest), rate, 0.01)


def test_the_utilisation_law(fastest):
    """A lane is busy for arrival rate times service time."""
    values = replicate(station(4), load(3.2), lambda f: f["hops"][0]["utilisation"], fastest)
    agrees(values, 0.8, 0.01)


def test_constant_arrivals_and_service_never_queue():
    workload = Open(rate=1.0, arrivals="constant", requests=500)
    (result,) = simulate(Scenario((station(1, "1s"),), workload), engine="plain")
    assert result.figures["latency_s"]["mean"] == 1
    assert result.figures["hops"][0]["phases_s"][PhaseKind.QUEUED.name] == 0


def test_a_profile_brings_the_arrivals_that_it_says(fastest):
    """Rate 0 to 100 over 10 s, then 20: 500 arrivals in the ramp, of which a quarter in its first half."""
    workload = Open(profile=((0, 0.0), (10 * 10**9, 100.0), (10 * 10**9 + 1, 20.0)), duration=20 * 10**9)
    values = replicate(station(1, "0"), workload, lambda f: f["requests"], fastest)
    agrees(values, 700, 0.02)
