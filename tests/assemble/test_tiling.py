"""Intervals that nest and overlap become phases that cover the time once."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracer.assemble.tiling import FOREVER, tile
from tracer.recording import Phase, PhaseKind

Q, R, B, A, C, T, U = PhaseKind


def told(text: str) -> list[Phase]:
    """Read `kind start end [lane [cpu]]` separated by commas."""
    rows = []
    for part in text.split(", ") if text else []:
        kind, start, end, *more = part.split()
        lane, cpu = [*map(int, more), -1, -1][:2]
        rows.append(
            Phase(0, globals()[kind], int(start), int(end), lane=lane, holds=int(lane >= 0), cpu_ns=cpu)
        )
    return rows


def shown(phases: list[Phase]) -> str:
    return ", ".join(f"{PhaseKind(p.kind).name[0]} {p.start} {p.end}" for p in phases)


def fill(start: int, end: int) -> list[Phase]:
    return [Phase(0, U, start, end)]


@pytest.mark.parametrize(
    ("case", "spans", "expected"),
    [
        ("nothing was told", "", "U 0 100"),
        ("all was told", "R 0 100 1", "R 0 100"),
        ("a wait inside a handler", "B 20 80 1", "U 0 20, B 20 80, U 80 100"),
        ("a sleep inside a step: the inner one counts", "B 20 80 1, R 0 100 1", "R 0 20, B 20 80, R 80 100"),
        (
            "two sleeps inside a step",
            "B 10 20 1, B 30 40 1, R 0 100 1",
            "R 0 10, B 10 20, R 20 30, B 30 40, R 40 100",
        ),
        ("gather: a step on the loop, a thread waits", "R 10 20 1, B 0 100 2", "B 0 10, R 10 20, B 20 100"),
        (
            "gather: a thread waits in a pool, the loop runs",
            "Q 0 50, R 20 30 1",
            "Q 0 20, R 20 30, Q 30 50, U 50 100",
        ),
        ("steps that touch", "R 0 50 1, R 50 100 1", "R 0 50, R 50 100"),
        ("the same start: the shorter is inside", "R 0 100 1, B 0 30 1", "B 0 30, R 30 100"),
        ("outside of the visit", "R -50 -10 1, B -5 5 1, R 95 200 1", "B 0 5, U 5 95, R 95 100"),
        ("an empty interval", "R 10 10 1", "U 0 100"),
    ],
)
def test_what_counts(case, spans, expected):
    assert shown(tile(0, 100, told(spans), fill)) == expected


def test_cpu_is_shared_by_length():
    phases = tile(0, 100, told("B 20 80 1, R 0 100 1 40"), fill)
    assert [phase.cpu_ns for phase in phases] == [20, -1, 20]


def test_an_open_visit_has_an_open_last_phase():
    assert shown(tile(0, FOREVER, told("R 0 10 1"), fill)) == "R 0 10, U 10 -1"


SPAN = st.tuples(
    st.sampled_from(list(PhaseKind)), st.integers(0, 120), st.integers(0, 60), st.integers(-1, 2)
).map(lambda t: Phase(0, t[0], t[1], t[1] + t[2], lane=t[3]))


@given(st.lists(SPAN, max_size=12), st.integers(1, 100))
def test_any_intervals_tile_exactly(spans, end):
    phases = tile(20, 20 + end, spans, fill)
    assert (phases[0].start, phases[-1].end) == (20, 20 + end)
    assert all(a.end == b.start for a, b in pairwise(phases))
    assert all(phase.start < phase.end for phase in phases)
