"""The ring layout and the six nouns use the same numbers, and every record fills its slot."""

from __future__ import annotations

import pytest

from tracer.agent import layout
from tracer.recording.nouns import LaneKind, PhaseKind


@pytest.mark.parametrize("noun", [LaneKind, PhaseKind])
def test_numbers_are_those_of_the_nouns(noun):
    assert {kind.name: getattr(layout, kind.name) for kind in noun} == {
        kind.name: kind.value for kind in noun
    }


@pytest.mark.parametrize("kind", layout.FIELDS)
def test_a_record_fills_its_slot_and_ends_with_its_number(kind):
    names = [name for name, _ in layout.FIELDS[kind]]
    assert layout.record(kind).size == layout.SLOT
    assert (names[0], names[-1]) == ("kind", "seq")


def test_the_header_fits_its_page():
    assert layout.header().size <= layout.HEADER
