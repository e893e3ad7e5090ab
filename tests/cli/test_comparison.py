"""The table of two stacks says what `tracer summary` says of each."""

from __future__ import annotations

import io

from rich.console import Console

from tracer.cli.comparison import comparison
from tracer.recording import Recording, Rows, sealed


def lines_of(table):
    console = Console(file=io.StringIO(), width=100, color_system=None)
    console.print(table)
    return [line.split() for line in console.file.getvalue().splitlines()]


def test_the_figures_stand_side_by_side(traces):
    table = comparison(sealed.load(traces["left"]), sealed.load(traces["right"]), ("gunicorn", "uvicorn"))
    lines = lines_of(table)
    for expected in (
        "gunicorn uvicorn",
        "requests 4 4",
        "answered per second 18.9 30.3",
        "latency p50 142 ms 102 ms",
        "latency p95 182 ms 102 ms",
        "latency p99 182 ms 102 ms",
        "time queued, mean 40.0 ms 0 ns",
        "time queued, p99 80.0 ms 0 ns",
        "lanes that execute 2 1",
        "utilisation of lanes 94% 0%",
        "not ok 0 0",
    ):
        assert expected.split() in lines


def test_nothing_is_a_dash_and_not_a_zero(traces):
    lines = lines_of(comparison(Recording.of(Rows()), sealed.load(traces["packets"]), ("a", "b")))
    assert ["latency", "p50", "-", "5.00", "ms"] in lines
    assert ["utilisation", "of", "lanes", "-", "-"] in lines
