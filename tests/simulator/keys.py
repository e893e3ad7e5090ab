"""Scenarios in which one key matters, and what to measure there; times in ms."""

from __future__ import annotations

from collections import Counter
from functools import cache

import numpy as np

from simulator.scenario import Result, simulate
from simulator.toml import parse_scenario
from tracer.recording import PhaseKind, Recording

PROXIES = ("nginx", "apache", "iis")

AT_ONCE = 'rate = 1\narrivals = "constant"\nburst = 4\nrequests = 4\n'
"""Four requests at second 1."""

ONE = "rate = 1\nrequests = 1\n"

ONE_BY_ONE = 'kind = "closed"\nrequests = 12\nthink = "1s"\n'
"""One client, twelve times."""


def scenario(
    server: str, *, hop: str = "", workload: str = AT_ONCE, endpoint: str = "", more: str = ""
) -> str:
    """Write a scenario with one hop, or a proxy that serves a file."""
    text = f'[workload]\n{workload}[[hop]]\nserver = "{server}"\n{hop}'
    if server == "station":
        return text + more
    served = f'served_by = "{server}"\n' if server in PROXIES else ""
    return f'{text}[[endpoint]]\npath = "/"\n{served}{endpoint}{more}'


@cache
def run(text: str, *settings: str) -> Result:
    """Run the first stack of a scenario and keep its recording."""
    result = simulate(parse_scenario(text, settings), record=True, engine="plain")[0]
    assert result.recording is not None
    assert result.recording.check() == []
    return result


def recording(text: str, *settings: str) -> Recording:
    """Give the recording of a run."""
    found = run(text, *settings).recording
    assert found is not None
    return found


def latencies(text: str, *settings: str) -> list[float]:
    """Give each request's time."""
    requests = recording(text, *settings).requests
    return [float(ns) / 1e6 for ns in requests.end - requests.start]


def slowest(text: str, *settings: str) -> float:
    """Give the longest time that a request took."""
    return max(latencies(text, *settings))


def starts(text: str, *settings: str) -> list[float]:
    """Give when requests were due."""
    return [float(ns) / 1e6 for ns in recording(text, *settings).requests.start]


def outcome(name: str):
    """Count an outcome."""
    return lambda text, *settings: run(text, *settings).figures["outcomes"][name]


def figure(name: str):
    """Give a figure of the whole run."""
    return lambda text, *settings: run(text, *settings).figures[name]


def lanes(text: str, *settings: str) -> list[int]:
    """Count the requests that each executing lane of the first hop served, most first."""
    found = recording(text, *settings)
    held = (found.phases.kind == PhaseKind.RUNNING) & (found.visits.hop[found.phases.visit] == 1)
    pairs = {(int(found.phases.lane[row]), int(found.phases.visit[row])) for row in np.flatnonzero(held)}
    return sorted(Counter(lane for lane, _ in pairs).values(), reverse=True)


def lane_count(text: str, *settings: str) -> int:
    """Count the lanes of the first hop that execute."""
    return int(run(text, *settings).figures["hops"][0]["lanes"])


def attempts(text: str, *settings: str) -> int:
    """Count the attempts of all requests."""
    return int((recording(text, *settings).visits.hop == 0).sum())


def queued(text: str, *settings: str) -> float:
    """Give how long requests were queued at the last hop but the app, at most."""
    found = recording(text, *settings)
    rows = found.phases.kind == PhaseKind.QUEUED
    return float((found.phases.end - found.phases.start)[rows].max(initial=0)) / 1e6


def targets(text: str, *settings: str) -> Counter[str]:
    """Count what was asked for."""
    found = recording(text, *settings)
    return Counter(found.text(target) for target in found.requests.target)


def statuses(text: str, *settings: str) -> list[int]:
    """Give the status of each request."""
    return [int(status) for status in recording(text, *settings).requests.status]


def hops(text: str, *settings: str) -> list[str]:
    """Name the hops."""
    found = recording(text, *settings)
    return [found.text(name) for name in found.hops.name]


def first_hop(text: str, *settings: str) -> str:
    """Name the first hop."""
    return str(run(text, *settings).figures["hops"][0]["hop"])


def protocol(text: str, *settings: str) -> str:
    """Give what the first hop speaks."""
    found = recording(text, *settings)
    return found.text(found.hops.protocol[1])


def kinds(text: str, *settings: str) -> set[str]:
    """Name the kinds of phases at the app."""
    found = recording(text, *settings)
    app = [found.text(name) for name in found.hops.name].index("app")
    rows = found.visits.hop[found.phases.visit] == app
    return {PhaseKind(int(kind)).name for kind in found.phases.kind[rows]}
