"""Which engine runs a scenario, and what is said about it."""

from __future__ import annotations

import sys

import pytest

from simulator.compiler import compile_stack
from simulator.run import SMALL_RUN, EngineError, Run, expected
from simulator.stack import Stack, Station
from simulator.workload import Closed, Open

STACK = Stack((Station(name="s"),))


def compiled(workload):
    return compile_stack(STACK, workload, 1, record=False)


def test_a_small_run_waits_for_no_compiler():
    assert Run(compiled(Open(rate=1, requests=SMALL_RUN))).engine == "plain"
    assert Run(compiled(Open(rate=100, duration=10**10))).engine == "plain"


def test_a_large_run_without_numba_says_once_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "numba", None)
    monkeypatch.setattr("simulator.engine.compiled.load", lambda: __import__("numba"))
    monkeypatch.setattr("simulator.engine.compiled.is_cached", lambda: True)
    said = []
    run = Run(compiled(Open(rate=1, requests=SMALL_RUN + 1)), say=said.append)
    assert run.engine == "plain"
    assert len(said) == 1
    assert "hopscope[fast]" in said[0]
    with pytest.raises(EngineError, match=r"hopscope\[fast\]"):
        Run(compiled(Open(rate=1, requests=1)), engine="compiled")


@pytest.mark.parametrize(
    ("workload", "about"),
    [
        (Open(rate=100, duration=10**10), 1000),
        (Open(profile=((0, 10.0), (10**9, 50.0)), duration=2 * 10**9), 100),
        (Closed(clients=5, duration=10**9), 5000),
        (Closed(clients=5, requests=70), 70),
    ],
)
def test_how_many_requests_are_expected(workload, about):
    assert expected(compiled(workload).program) == pytest.approx(about)
