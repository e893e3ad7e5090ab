"""Statistics against the summary of the same recording, and against counting by hand."""

from __future__ import annotations

import numpy as np
import pytest

from tests.analysis.handmade import loop, workers
from tests.player.reference import waits
from tracer.analysis.course import BINS, Axis
from tracer.analysis.intervals import most_at_once
from tracer.analysis.spread import Spread, log_edges
from tracer.analysis.statistics import Choice, hop_names, paths, statistics
from tracer.analysis.summary import summarise

FOUR = [(0, 100), (10, 100), (20, 100), (30, 100)]


@pytest.mark.parametrize("recording", [workers(FOUR), loop(FOUR), *waits()], ids=list("abcd"))
def test_they_say_what_the_summary_says(recording):
    told, found = summarise(recording), statistics(recording)
    assert found.count == told.requests
    assert len(found.spread) == pytest.approx(told.throughput * told.duration_s)
    for percent, name in ((50, "p50"), (90, "p90"), (99, "p99"), (100, "max")):
        assert found.spread.percentile(percent) / 1e9 == pytest.approx(getattr(told.latency_s, name))
    for hop in told.hops:
        course = statistics(recording, Choice(hop.hop)).course
        assert course.waited[-1] / 1e9 == pytest.approx(hop.phases_s["QUEUED"])
        assert course.peaks.max() == hop.queue_max
        if hop.utilisation is not None:
            assert course.held[-1] / course.life[-1] == pytest.approx(hop.utilisation)


def test_hops_and_paths_are_listed_and_choose():
    recording = workers(FOUR)
    found = paths(recording)
    assert sum(found.values()) == 4
    each = [statistics(recording, Choice(path=path)).count for path in found]
    assert each == list(found.values())
    assert statistics(recording, Choice("no such hop")) is None
    assert statistics(recording, Choice(path="/nowhere")).count == 0
    for hop in hop_names(recording):
        assert statistics(recording, Choice(hop)).count == 4


def test_telling_may_break_off():
    def tell(share):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        statistics(workers(FOUR), tell=tell)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("few", [0, 10**9])
def test_sums_and_peaks_are_those_of_counting(seed, few, monkeypatch):
    monkeypatch.setattr("tracer.analysis.course.FEW", few)
    random = np.random.default_rng(seed)
    origin = 1_700_000_000 * 10**9
    start = np.sort(random.integers(origin - 500, origin + 9 * BINS, 400))
    end = start + random.integers(0, 3000, 400) * random.integers(0, 2, 400)
    axis = Axis.over(origin, origin + 10 * BINS)
    edges = axis.edges + origin
    wanted = [np.maximum(0, np.minimum(end, t) - np.maximum(start, origin)).sum() for t in edges]
    assert np.allclose(axis.covered(start, end), wanted, atol=1)
    peaks = axis.peaks(start, end)
    for n in random.integers(0, BINS, 40):
        inside = (start < edges[n + 1]) & (end > edges[n])
        begins, ends = np.maximum(start[inside], edges[n]), np.minimum(end[inside], edges[n + 1])
        assert peaks[n] == most_at_once(begins, ends)


def test_the_spread_counts_and_ranks():
    spread = Spread.of(np.array([400, 100, 300, 200]))
    assert spread.percentile(50) == 250
    assert spread.counts(np.array([100.0, 200.0, 400.0])).tolist() == [1, 3]
    assert spread.counts(log_edges(100, 400, 8)).sum() == 4
    assert Spread.of(np.array([], np.int64)).percentile(50) is None
    long = Spread.of(np.array([1 << 33, 5]))
    assert long.ns.tolist() == [5, 1 << 33]
