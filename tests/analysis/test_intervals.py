"""Sets of intervals against the same thing said point by point."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tracer.analysis.intervals import Intervals, intersection, joined, most_at_once, union

TRIPLES = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 20), st.integers(0, 20)), max_size=20)


def made(triples):
    return Intervals.of(*np.array(triples, np.int64).reshape(-1, 3).T)


def points(triples):
    return {(key, point) for key, start, end in triples for point in range(start, end)}


def told(intervals):
    return points(np.array(intervals).T.tolist())


@given(TRIPLES)
def test_a_union_covers_the_same_points_once(triples):
    pieces = union(made(triples))
    assert told(pieces) == points(triples)
    assert pieces.lengths(4).sum() == len(points(triples))


@given(TRIPLES, TRIPLES)
def test_an_intersection_covers_the_points_of_both(left, right):
    pieces = intersection(made(left), made(right))
    assert told(pieces) == points(left) & points(right)
    assert pieces.lengths(4).sum() == len(points(left) & points(right))


@given(TRIPLES, st.integers(0, 20), st.integers(0, 20))
def test_clipping_keeps_what_lies_within(triples, start, end):
    assert told(made(triples).clipped(start, end)) == {p for p in points(triples) if start <= p[1] < end}


@given(TRIPLES, TRIPLES)
def test_joining_keeps_both(left, right):
    assert told(joined(made(left), made(right))) == points(left) | points(right)


@given(TRIPLES)
def test_most_at_once_is_the_highest_count_of_a_point(triples):
    spans = [(start, end) for _, start, end in triples]
    expected = max((sum(s <= p < e for s, e in spans) for p in range(21)), default=0)
    assert most_at_once(*np.array(spans, np.int64).reshape(-1, 2).T) == expected
