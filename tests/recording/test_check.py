"""Each invariant can be broken, and check() says which and where: one row here for every rule it has."""

from __future__ import annotations

from dataclasses import replace

import hard_cases as cases
import numpy as np
import pytest
from story import MS, Step, Story

from tracer.recording import Clock, Evidence, LaneKind, MarkKind, Outcome, PhaseKind, Recording, Role
from tracer.recording.check.violation import MOST

INTACT = cases.sync_workers_under_an_arbiter
KILLED = cases.a_worker_is_killed
PREFORK = cases.prefork_keeps_an_idle_connection
HOOKED_GIL = cases.a_thread_wants_the_gil_seen_by_hooks
GIL = cases.a_thread_wants_the_gil
GIVEN_UP = cases.the_client_gives_up
LINGERING = cases.a_lingering_close
RETRY = cases.a_retry_and_a_detached_task
CAPTURE = cases.nginx_in_a_capture
WEBSOCKET = cases.websocket
TWO_CLOCKS = cases.two_clocks
PIPELINING = cases.pipelining
CGI = cases.cgi
HTTP2 = cases.http2


def change(noun, row, **values):
    def broken(story: Story) -> None:
        for column, value in values.items():
            setattr(getattr(story.rows, noun)[row], column, value)

    broken.__name__ = f"{noun}-{row}-" + "-".join(values)
    return broken


def both(*changes):
    def broken(story: Story) -> None:
        for one in changes:
            one(story)

    broken.__name__ = "+".join(one.__name__ for one in changes)
    return broken


def drop_phase(row):
    def broken(story: Story) -> None:
        del story.rows.phases[row]

    broken.__name__ = f"drop-phase-{row}"
    return broken


def drop_phases_of(visit):
    def broken(story: Story) -> None:
        story.rows.phases = [phase for phase in story.rows.phases if phase.visit != visit]

    broken.__name__ = f"drop-phases-of-{visit}"
    return broken


def tell_a_gap_between_clocks(ms):
    def broken(story: Story) -> None:
        story.rows.visits[1].start = story.rows.phases[1].start = 1 * MS - round(ms * MS)

    broken.__name__ = f"{ms}-ms-apart"
    return broken


def late_start(ms):
    """The client's visit is over and well, and the server's starts at `ms`."""

    def broken(story: Story) -> None:
        story.rows.visits[0].outcome = Outcome.OK
        story.rows.visits[1].start = story.rows.phases[2].start = ms * MS

    broken.__name__ = f"start-at-{ms}"
    return broken


def early_start(ms):
    def broken(story: Story) -> None:
        story.rows.visits[1].start = story.rows.phases[4].start = ms * MS

    broken.__name__ = f"start-at-{ms}"
    return broken


def clocks(*told):
    def broken(story: Story) -> None:
        story.clocks = list(told)

    broken.__name__ = f"{len(told)}-clocks"
    return broken


def a_third_request_is_taken_up(story: Story) -> None:
    """A third app visit runs on a third worker while both places of the arbiter are held."""
    extra = story.lane(1, "worker 3", LaneKind.PROCESS, parent=0)
    q = story.request(14, 20)
    story.visit(q, 1, 14, [Step(PhaseKind.BLOCKED, 20, extra)])


def mark_of_another_request(story: Story) -> None:
    story.mark(5, MarkKind.NOTE, visit=0, request=1)


def an_open_phase_holds_the_lane(story: Story) -> None:
    """The killed worker's lane has not ended, so its open phase still counts on the arbiter."""
    story.rows.lanes[1].end = -1


def a_second_boot_while_it_serves(story: Story) -> None:
    story.held(0, 6, 7, "boot")


# Rows of `INTACT`: visits 0, 3, 6 are the client's (4 phases), 1, 4, 7 the server's (3), 2, 5, 8 the app's.
BROKEN = [
    # 1: phases tile the visit
    (1, INTACT, change("phases", 1, start=9.6 * MS), "starts at"),
    (1, INTACT, change("phases", 1, start=9.4 * MS), "starts at"),
    (1, INTACT, change("phases", 0, start=8.9 * MS), "the first of visit 0"),
    (1, INTACT, change("phases", 3, end=31.5 * MS), "the last of visit 0"),
    (1, INTACT, change("phases", 3, end=-1), "-1 is open"),
    (1, INTACT, change("phases", 2, end=-1), "-1 is open"),
    (1, INTACT, drop_phase(1), "starts at"),
    (1, INTACT, drop_phases_of(2), "visit 2 has no phase"),
    (1, KILLED, change("phases", 0, end=30 * MS), "the last of visit 0"),
    # 2: a child inside its parent
    (2, INTACT, early_start(8), "before its parent"),
    (2, INTACT, change("visits", 1, answered=31.5 * MS, end=40 * MS), "not answered by the end"),
    (2, LINGERING, change("visits", 1, answered=12.5 * MS), "not answered by the end"),
    (2, RETRY, change("visits", 3, detached=0), "not answered by the end"),
    (2, GIVEN_UP, late_start(55), "starts after the end"),
    (2, GIVEN_UP, change("visits", 0, outcome=Outcome.OK, end=60 * MS), "not answered"),
    (2, INTACT, change("visits", 2, request=1), "of two requests"),
    (2, INTACT, change("requests", 0, start=9.1 * MS), "starts before its request"),
    (2, TWO_CLOCKS, tell_a_gap_between_clocks(0.6), "before its parent"),
    # 3: capacity, life, and the words for holding
    (3, INTACT, change("phases", 15, end=32 * MS, lane=1), "lane 1 (worker 1) of capacity 1 is held 2 times"),
    (3, INTACT, a_third_request_is_taken_up, "lane 0 (arbiter) of capacity 2 is held 3 times"),
    (3, KILLED, an_open_phase_holds_the_lane, "lane 0 (arbiter) of capacity 1"),
    (3, KILLED, change("lanes", 1, end=32 * MS), "lane 0 (arbiter) of capacity 1"),
    (3, PREFORK, a_second_boot_while_it_serves, "held 2 times"),
    (3, GIL, change("phases", 2, kind=PhaseKind.RUNNING, waits_for=-1), "lane 1 (gil)"),
    (3, GIL, change("lanes", 2, capacity=1), "lane 2 (threads) of capacity 1"),
    (3, HOOKED_GIL, change("lanes", 0, capacity=1), "lane 0 (worker 1)"),
    (3, PIPELINING, change("phases", 1, waits_for=0), "lane 1 (conn 1) of capacity 1 is held 2 times"),
    (3, HTTP2, change("lanes", 1, capacity=2), "by visits 0, 1, 2"),
    (3, CGI, change("lanes", 0, start=6 * MS), "before the lane's start"),
    (3, CGI, change("lanes", 0, end=59 * MS), "after the lane's end"),
    (3, KILLED, change("phases", 1, lane=1), "holds lane 1 after the lane's end"),
    (3, KILLED, change("phases", 1, lane=1, end=-1), "holds lane 1 after"),
    (3, INTACT, change("lanes", 0, end=29 * MS), "holds lane 0 after the lane's end"),
    (3, INTACT, change("lanes", 3, end=29 * MS), "visit 1 holds lane 3 after"),
    (3, INTACT, change("phases", 6, lane=-1), "holds, and names no lane"),
    (3, INTACT, change("phases", 4, lane=1), "is QUEUED and holds nothing"),
    (3, INTACT, change("phases", 4, waits_for=-1), "does not say for which lane"),
    (3, INTACT, change("phases", 6, waits_for=1), "waits for a lane, and is not QUEUED"),
    (3, INTACT, change("phases", 7, holds=0), "does not hold it"),
    (3, INTACT, change("phases", 5, holds=1, lane=1), "is AWAITING or CALLING, and holds"),
    (3, PREFORK, change("phases", 0, kind=PhaseKind.UNSEEN, holds=0), "of no visit"),
    (3, INTACT, change("visits", 1, connection=1), "no connection lane"),
    # 4: nothing ends before it starts
    (4, INTACT, change("phases", 1, end=9 * MS), "phase 1 has its end before its start"),
    (4, INTACT, change("visits", 2, end=10 * MS), "has its end before its start"),
    (4, INTACT, change("requests", 0, end=8 * MS), "request 0 has its end before its start"),
    (4, INTACT, change("lanes", 3, start=9 * MS, end=8 * MS), "lane 3 has its end before its start"),
    (4, INTACT, change("visits", 1, first_byte=30.5 * MS), "has its answered before its first_byte"),
    (4, INTACT, change("visits", 1, answered=31 * MS), "has its end before its answered"),
    (4, INTACT, change("visits", 1, first_byte=9 * MS), "has its first_byte before its start"),
    (4, INTACT, change("requests", 0, start=-1), "request 0 does not say when it starts"),
    (4, INTACT, change("visits", 0, outcome=Outcome.OPEN), "is open, and has an end"),
    (4, INTACT, change("requests", 0, outcome=Outcome.OPEN), "is open, and has an end"),
    (4, INTACT, change("requests", 0, end=-1), "is over, and has no end"),
    (4, INTACT, change("visits", 0, end=-1, answered=-1), "neither answer nor end"),
    (4, INTACT, change("visits", 1, status=500), "is ok, with a status of 500"),
    (4, INTACT, change("requests", 0, status=503), "is ok, with a status of 500"),
    (4, INTACT, change("requests", 0, outcome=Outcome.ERROR), "is an error, with a status below 500"),
    (4, INTACT, change("requests", 0, outcome=Outcome.REFUSED), "was refused, and has a status"),
    (4, WEBSOCKET, change("marks", 0, time=-1), "does not say when it was"),
    # 5: evidence
    (5, INTACT, change("phases", 0, evidence=-1), "which is no Evidence"),
    (5, WEBSOCKET, change("marks", 1, evidence=5), "which is no Evidence"),
    (5, INTACT, change("phases", 0, evidence=Evidence.PACKET), "names no frame"),
    (5, CAPTURE, change("phases", 0, last_frame=3), "last frame before its first"),
    (5, WEBSOCKET, change("marks", 1, evidence=Evidence.PACKET), "mark 1 is known from packets"),
    # 6: one time axis
    (6, INTACT, clocks(), "name no clock"),
    (6, INTACT, clocks(Clock("a", 0, -1)), "does not say its offset_ns and uncertainty_ns"),
    (6, INTACT, clocks(Clock("a"), Clock("b", hops=("nowhere",))), "which is not there"),
    (6, INTACT, clocks(Clock("a", hops=("app",)), Clock("b", hops=("app",))), "goes by two clocks"),
    (6, INTACT, clocks(Clock(None)), "has no name"),
    # 0: what they stand on
    (0, WEBSOCKET, change("marks", 1, kind=18), "which is no MarkKind"),
    (0, PIPELINING, mark_of_another_request, "mark 0 names request 1, its visit 0 another"),
    (0, INTACT, change("lanes", 0, parent=1), "round in a circle"),
    (0, INTACT, change("visits", 0, parent=2), "round in a circle"),
    (0, INTACT, change("phases", 0, holds=2), "can be 0 or 1"),
    (0, INTACT, change("visits", 0, outcome=-1), "which is no Outcome"),
]  # fmt: skip


def as_ints(story: Story) -> None:
    """Times were written as floats of ms; columns are int64."""
    for noun in ("lanes", "requests", "visits", "phases", "marks"):
        for row in getattr(story.rows, noun):
            for column in ("start", "end", "answered", "first_byte", "time"):
                if hasattr(row, column):
                    setattr(row, column, int(getattr(row, column)))


@pytest.mark.parametrize(
    ("invariant", "case", "breaks", "says"),
    BROKEN,
    ids=[f"{i}-{case.__name__}-{b.__name__}" for i, case, b, _ in BROKEN],
)
def test_what_is_broken_is_found(invariant, case, breaks, says):
    story = case()
    assert story.recording().check() == []
    breaks(story)
    as_ints(story)
    told = story.recording().check()
    assert any(v.invariant == invariant and says in v.sentence for v in told), [str(v) for v in told]


@pytest.mark.parametrize("invariant", range(1, 7))
def test_each_invariant_is_broken_in_two_ways_at_least(invariant):
    assert sum(row[0] == invariant for row in BROKEN) >= 2


def test_within_one_clock_nothing_is_allowed():
    story = cases.two_clocks()
    story.clocks = [Clock("one", 0, 10 * MS)]
    assert {v.invariant for v in story.recording().check()} == {2}


def test_a_gap_as_wide_as_both_uncertainties_is_allowed():
    story = cases.two_clocks()
    tell_a_gap_between_clocks(0.5)(story)
    assert story.recording().check() == []


def test_a_holder_counts_once_on_each_ancestor():
    story = cases.a_thread_wants_the_gil_seen_by_hooks()
    story.rows.lanes[0].capacity = 2  # two threads are two holds of the process
    assert story.recording().check() == []
    story.rows.lanes[0].capacity = 1
    assert [(v.noun, v.rows) for v in story.recording().check()] == [("lanes", (0,))]


def test_a_connection_that_parent_and_child_share_is_held_once():
    story = Story()
    client, hop = story.hop("client", Role.CLIENT), story.hop("gunicorn")
    conn = story.lane(hop, "conn", LaneKind.CONNECTION)
    q = story.request(0, 9)
    c = story.visit(q, client, 0, [Step(PhaseKind.AWAITING, 9)], connection=conn)
    v = story.visit(q, hop, 1, [Step(PhaseKind.UNSEEN, 8)], connection=conn, parent=c)
    assert story.recording().check() == []
    story.rows.visits[v].parent = -1
    assert {v.invariant for v in story.recording().check()} == {3}


def test_rows_out_of_order_are_found():
    r = INTACT().recording()
    for name in ("requests", "visits", "phases"):
        table = getattr(r, name)
        start = np.concatenate([table.start[1:], table.start[:1]])
        told = replace(r, **{name: replace(table, start=start)}).check()
        assert any(v.invariant == 0 and v.noun == name for v in told)


def test_columns_of_another_length_or_type_are_found():
    r = INTACT().recording()
    for values in (r.phases.end[1:], r.phases.end.astype(np.int32)):
        told = replace(r, phases=replace(r.phases, end=values)).check()
        assert [(v.invariant, v.noun) for v in told] == [(0, "phases")]


def test_references_that_lead_outside_are_found_and_told_alone():
    r = INTACT().recording()
    lane = r.phases.lane.copy()
    lane[3] = len(r.lanes.hop)
    told = replace(r, phases=replace(r.phases, lane=lane)).check()
    assert [str(v) for v in told] == ["invariant 0: phases.lane of row 3 is 6, outside the 6 lanes"]


def test_many_violations_of_a_kind_are_counted():
    story = cases.nginx_with_many_connections()
    for phase in story.rows.phases:
        phase.evidence = Evidence.PACKET
    told = story.recording().check()
    assert len(told) == MOST + 1
    assert told[-1].sentence == f"and {len(story.rows.phases) - MOST} more phases of the same kind"


def test_an_empty_recording_is_sound():
    assert Recording.of(Story().rows).check() == []
