"""The narration says what the recordings show, and fits under the Stage."""

from __future__ import annotations

import unicodedata

import pytest

from tracer.labs.narration import narrate
from tracer.recording import (
    Hop,
    Lane,
    LaneKind,
    Outcome,
    Phase,
    PhaseKind,
    Recording,
    Request,
    Role,
    Rows,
    Visit,
)

MS = 1_000_000
COLUMNS = 76  # of 80, less the number of the step


def stack(seats: int, number: int, every: int, takes: int, *, waits: bool) -> Recording:
    """Requests `every` so many ms to a server of `seats`, each for `takes` ms; `waits`: outside its seat."""
    kind = PhaseKind.AWAITING if waits else PhaseKind.BLOCKED
    rows = Rows(hops=[Hop(0, "server", Role.GATEWAY)])
    rows.lanes = [Lane(0, 0, "all", LaneKind.POOL, seats)]
    rows.lanes += [Lane(1 + seat, 0, f"worker {seat + 1}", LaneKind.PROCESS, 1, 0) for seat in range(seats)]
    free = [0] * seats
    for i in range(number):
        due = i * every * MS
        seat = free.index(min(free))
        begin = due if waits else max(due, free[seat])
        end = begin + takes * MS
        free[seat] = end
        rows.requests.append(Request(i, due, "GET", "/", 200, end, 0, 0, Outcome.OK))
        rows.visits.append(Visit(i, i, 0, due, status=200, outcome=Outcome.OK, answered=end, end=end))
        if begin > due:
            rows.phases.append(Phase(i, PhaseKind.QUEUED, due, begin, waits_for=0))
        lane, holds = (-1, 0) if waits else (1 + seat, 1)
        rows.phases.append(Phase(i, kind, begin, end, lane, holds))
    return Recording.of(rows)


def lines(told: list[dict]) -> list[str]:
    return [line for step in told for words in (step["en"], step["ko"]) for line in words.split("\n")]


def columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def test_the_line_on_the_left_is_told_with_those_who_stand_in_it():
    told = narrate("waiting", stack(2, 10, 30, 100, waits=False), stack(1, 10, 30, 100, waits=True))
    assert "#3 and #4 cannot start: #1 and #2 wait IN" in told[1]["en"]
    assert "4 stand in line on the left" in told[2]["en"]
    assert "the later, the longer" in told[-1]["en"]


def test_a_line_that_did_not_form_is_not_told():
    told = narrate("waiting", stack(8, 10, 30, 100, waits=False), stack(1, 10, 30, 100, waits=True))
    assert "Nobody stands in line on the left" in " ".join(step["en"] for step in told)
    assert "no line grew" in told[-1]["en"]


def test_computing_says_who_had_more_cores():
    slow, fast = stack(1, 10, 30, 50, waits=False), stack(2, 10, 30, 50, waits=False)
    assert "a loop is one core, two workers two" in narrate("computing", fast, slow)[-1]["en"]
    assert "had no core more" in narrate("computing", slow, slow)[-1]["en"]


@pytest.mark.parametrize("scene", ["waiting", "computing"])
@pytest.mark.parametrize("seats", [1, 2, 8])
def test_every_line_fits_and_steps_are_in_order(scene, seats):
    told = narrate(scene, stack(seats, 40, 30, 1000, waits=False), stack(1, 40, 30, 1000, waits=True))
    assert [step["at"] for step in told] == sorted(step["at"] for step in told)
    assert [(line, columns(line)) for line in lines(told) if columns(line) > COLUMNS] == []
