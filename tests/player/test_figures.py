"""The figures under the strip are those that `tracer summary` prints of the same requests."""

from __future__ import annotations

import numpy as np
import pytest

from tests.player.reference import MS
from tracer.analysis.latency import latency
from tracer.recording import Outcome, Recording, Request, Rows
from tui.player.figures import PERCENTILES, figures
from tui.player.ranks import EXACT
from tui.player.stack import FEW, Stack


def answered(latencies: np.ndarray) -> Recording:
    """Requests due 1 ms apart, with these latencies in ns."""
    rows = Rows()
    for n, took in enumerate(latencies.tolist()):
        rows.requests.append(Request(n, n * MS, "GET", "/", 200, n * MS + took, outcome=Outcome.OK))
    return Recording.of(rows)


@pytest.mark.parametrize(("count", "error"), [(FEW, 0), (101, 0), (2500, 0), (EXACT + 400, 0.01)])
def test_percentiles_are_those_of_the_summary(count, error):
    latencies = np.random.default_rng(count).lognormal(17, 0.8, count).astype(np.int64)
    stack = Stack(answered(latencies))
    told, expected = figures(stack, stack.end), latency(latencies)
    assert set(told.percentiles) == {percent for percent, least in PERCENTILES if count >= least}
    for percent, value in told.percentiles.items():
        assert value / 1e9 == pytest.approx(getattr(expected, f"p{percent}"), rel=error, abs=2e-9)
    assert told.longest == latencies.max()


def test_the_median_of_few_is_one_of_them():
    stack = Stack(answered(np.array([3, 1, 9, 4]) * MS))
    assert figures(stack, stack.end).percentiles == {50: 3 * MS}
