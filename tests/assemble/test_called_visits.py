"""Visits that another visit's handler sent, by hand: rings read in any order. Times in microseconds."""

from __future__ import annotations

import pytest
from ring_script import GTHREAD, SYNC, US, Ring, recording

from tracer.agent import layout
from tracer.agent.layout import PROCESS
from tracer.assemble.assembler import Assembler
from tracer.load.exchange import Exchange
from tracer.recording import Outcome, Recording, Rows

TRACE, OWN, SENT = b"t" * 16, b"o" * 8, b"s" * 8
CALL = layout.MARK_NAMES.index("call")


def caller(*, left: int = 90) -> Ring:
    ring = Ring(GTHREAD)
    ring.lane(PROCESS, "worker 1")
    ring.open(1, 1, 10, 20, 30, 35, trace_id=TRACE, span_id=OWN)
    ring.put(layout.MARK, what=CALL, visit=1, time=40 * US, value=int.from_bytes(SENT, "big", signed=True))
    ring.close(1, left, left + 5, left + 5)
    return ring


def called(*, start: int = 45, answered: int = 80, **fields) -> Ring:
    ring = Ring(SYNC, pid=8)
    ring.lane(PROCESS, "worker 1")
    ring.open(1, 1, start, start, start + 1, start + 2, trace_id=TRACE, span_id=SENT)
    ring.close(1, 70, answered, answered + 5, **fields)
    return ring


def told(made: Recording) -> list[tuple[int, int, int, int]]:
    """Request, attempt, answered and detached of each visit to the server behind, and of those before it."""
    v = made.visits
    hops = [made.text(name) for name in made.hops.name]
    apps = {row for row, hop in enumerate(v.hop) if hops[hop] == "app"}
    below = [row for row, parent in enumerate(v.parent) if parent in apps]
    return [(v.request[row], v.attempt[row], v.answered[row] // US, v.detached[row]) for row in below]


def fed(*rings: Ring, exchanges=()) -> Recording:
    """Read rings one after the other, and fetch what is final between them, as a collector does."""
    assembler, rows = Assembler(0, client=bool(exchanges)), Rows()
    parts = [rows]
    for ring in rings:
        assembler.records(ring.batch(alive=100))
        parts.append(assembler.closed())
    for exchange in exchanges:
        assembler.exchange(exchange)
    return recording(*parts, assembler.finish())


SENT_BY_A_CLIENT = Exchange(
    0, "GET", "/item/1", 5 * US, TRACE, OWN, sending=6 * US, sent=7 * US, first_byte=95 * US, end=99 * US,
    status=200, outcome=Outcome.OK,
)  # fmt: skip


@pytest.mark.parametrize("exchanges", [(), (SENT_BY_A_CLIENT,)], ids=["no client", "a client"])
@pytest.mark.parametrize("turned", [False, True], ids=["caller first", "called first"])
def test_whichever_ring_is_read_first(turned, exchanges):
    rings = [caller(), called()]
    made = fed(*(rings[::-1] if turned else rings), exchanges=exchanges)
    assert len(made.requests.start) == 1
    assert told(made) == [(0, 1, 80, 0)]


def test_a_server_that_stamps_its_last_write_late_had_answered_by_then():
    assert told(fed(caller(), called(answered=99, first_byte=72, last_write=75))) == [(0, 1, 90, 0)]


def test_who_did_not_wait_for_the_answer_leaves_a_detached_visit():
    assert told(fed(caller(), called(answered=99))) == [(0, 1, 99, 1)]


def test_a_parent_id_from_before_the_call_is_another_trace():
    made = fed(caller(), called(start=4))
    assert (len(made.requests.start), told(made)) == (2, [])


def test_calls_of_calls_are_of_the_same_request():
    middle = Ring(SYNC, pid=8)
    middle.lane(PROCESS, "worker 1")
    middle.open(1, 1, 45, 45, 46, 47, trace_id=TRACE, span_id=SENT)
    middle.put(layout.MARK, what=CALL, visit=1, time=50 * US, value=7)
    middle.close(1, 70, 80, 85)
    last = Ring(SYNC, pid=9)
    last.lane(PROCESS, "worker 1")
    last.open(1, 1, 52, 52, 53, 54, trace_id=TRACE, span_id=(7).to_bytes(8, "big"))
    last.close(1, 60, 61, 62)
    for rings in ([caller(), middle, last], [last, middle, caller()], [middle, caller(), last]):
        for ring in rings:
            ring.sent = 0
        made = fed(*rings)
        assert len(made.requests.start) == 1
        assert sorted(told(made)) == [(0, 1, 61, 0), (0, 1, 80, 0)]
