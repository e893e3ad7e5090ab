"""Rows become columns that say the same, in order of time, whatever order they came in."""

from __future__ import annotations

import random

import facts
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_rows import CHANCE, rows

from tracer.recording import Hop, Interner, Lane, Phase, PhaseKind, Recording, Request, Rows, Texts, Visit
from tracer.recording.bounds import in_a_circle


@CHANCE
@given(rows())
def test_nothing_is_lost_or_changed(made):
    recording = Recording.of(made)
    assert facts.of_recording(recording, facts.ids_in_order(made)) == facts.of_rows(made)


@CHANCE
@given(rows())
def test_rows_stand_in_order_of_time(made):
    recording = Recording.of(made)
    for times in (
        recording.requests.start,
        recording.visits.start,
        recording.phases.start,
        recording.marks.time,
    ):
        assert (np.diff(times) >= 0).all()


@CHANCE
@given(rows(), st.randoms(use_true_random=False))
def test_the_order_that_rows_come_in_does_not_matter(made, chance: random.Random):
    twins = {(phase.visit, phase.start, phase.end) for phase in made.phases}
    marks = {mark.time for mark in made.marks}
    if len(twins) < len(made.phases) or len(marks) < len(made.marks):
        return  # of these the order they came in decides
    told = Recording.of(made)
    for name in ("hops", "lanes", "requests", "visits", "phases", "marks"):
        chance.shuffle(getattr(made, name))
    assert facts.same(Recording.of(made), told)


def test_phases_that_start_together_stand_as_they_follow_each_other():
    visits = [Visit(9, 0, 0, 5), Visit(3, 0, 0, 5)]
    phases = [
        Phase(3, PhaseKind.RUNNING, 5),
        Phase(9, PhaseKind.RUNNING, 5, 8),
        Phase(3, PhaseKind.QUEUED, 5, 5),
    ]
    recording = Recording.of(Rows([Hop(0, "h")], [], [Request(0, 5)], visits, phases))
    assert recording.phases.visit.tolist() == [0, 0, 1]
    assert recording.phases.end.tolist() == [5, -1, 8]


def test_texts_are_numbered_as_they_first_occur():
    recording = Recording.of(Rows([Hop(1, "b", software="a"), Hop(0, "c", software="b")]))
    assert list(recording.texts) == ["c", "b", "a"]


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (Rows([Hop(0, "a"), Hop(0, "b")]), "two rows of hops have the id 0"),
        (Rows([], [Lane(0, 7, "a")]), "lanes.hop says 7, and no row of hops has that id"),
        (Rows(requests=[Request(0, 5, status=40_000)]), "a row of requests does not fit its column status"),
        (Rows(requests=[Request(0, None)]), "a row of requests does not fit its column start"),
    ],
)
def test_rows_that_cannot_be_are_refused(rows, says):
    with pytest.raises(ValueError, match=says):
        Recording.of(rows)


@CHANCE
@given(st.lists(st.text()))
def test_texts_give_back_what_they_took(told):
    texts = Texts.of(told)
    assert list(texts) == told
    assert texts[-1] == ""
    backwards = texts.pick(np.arange(len(told))[::-1])
    assert list(backwards) == told[::-1]


@CHANCE
@given(st.lists(st.none() | st.text(max_size=2)))
def test_an_interner_numbers_each_text_once(told):
    intern = Interner()
    numbers = [intern(text) for text in told]
    assert [None if n < 0 else intern.texts()[n] for n in numbers] == told
    assert len(intern) == len({text for text in told if text is not None})
    assert intern.since(1) == list(intern.texts())[1:]


@CHANCE
@given(st.lists(st.integers(-1, 9), min_size=10, max_size=10))
def test_a_circle_is_found_and_a_tree_is_none(parents):
    def runs_in_a_circle(row: int) -> bool:
        for _ in range(11):
            row = parents[row]
            if row < 0:
                return False
        return True

    circle = any(runs_in_a_circle(row) for row in range(10))
    assert (in_a_circle(np.array(parents)) >= 0) == circle
