"""An assembler that goes on from a cursor tells the same as one that was never stopped."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ring_script import SYNC, UVICORN, Ring, recording

from tracer.agent.layout import ASGI, LOOP, ONE_STEP, PROCESS
from tracer.assemble.assembler import Assembler
from tracer.assemble.keys import saved_exchange, unsaved_exchange
from tracer.load.exchange import Exchange
from tracer.observe.rings import Batch
from tracer.recording import Outcome, Recording


def busy_worker() -> Ring:
    ring = Ring(SYNC)
    ring.lane(PROCESS, "worker 1", arbiter=1)
    ring.phase(0, 1, "R 2 5 boot", app=False)
    for visit in range(1, 6):
        at = visit * 100
        ring.conn(visit, at, f"127.0.0.1:{4000 + visit}")
        ring.open(visit, 1, at, at + 2, at + 4, at + 6, conn=visit)
        ring.phase(visit, 1, f"B {at + 10} {at + 50} time.sleep views.py:{visit}")
        if visit < 5:
            ring.close(visit, at + 60, at + 65, at + 80, cpu=30)
    return ring


def busy_loop() -> Ring:
    ring = Ring(UVICORN, pid=8)
    ring.lane(PROCESS, "process", capacity=0)
    ring.lane(LOOP, "loop", parent=1)
    ring.conn(1, 90)
    for visit in (1, 2, 3):
        at = visit * 10 + 90
        ring.open(visit, 2, at, at + 1, at + 2, at + 3, flags=ASGI, queue_lane=2, conn=1 if visit == 1 else 0)
        ring.phase(visit, 2, f"R {at + 4} {at + 6}")
    ring.open(4, 2, 140, 141, 142, 143, flags=ASGI, queue_lane=2)
    ring.close(4, 258, 258, 258, lane=2, flags=ONE_STEP)
    for visit in (2, 1):
        at = 300 - visit * 10
        ring.phase(visit, 2, f"R {at} {at + 5}")
        ring.close(visit, at + 5, at + 5, at + 5)
    return ring


def upto(batch: Batch, count: int, start: int = 0) -> Batch:
    """The same batch as if the ring had been read from record `start` on, with `count` records in it."""
    return replace(batch, records=batch.records[start:count], next=count + 1)


def facts(made: Recording) -> list[tuple]:
    """What is told, whatever the ids are."""
    phases, visits, requests = made.phases, made.visits, made.requests
    return sorted(
        (made.text(requests.target[visits.request[v]]), made.text(made.hops.name[visits.hop[v]]),
         int(visits.answered[v]), int(visits.outcome[v]), int(p.kind), int(p.start), int(p.end),
         made.text(made.lanes.label[p.lane]) if p.lane >= 0 else "", made.text(p.what))
        for p in (_Row(phases, n) for n in range(len(phases.visit)))
        if (v := p.visit) >= 0
    )  # fmt: skip


class _Row:
    def __init__(self, table, number: int) -> None:
        self._table, self._number = table, number

    def __getattr__(self, name: str):
        return getattr(self._table, name)[self._number]


def whole(batch: Batch) -> Recording:
    assembler = Assembler(0)
    assembler.records(batch)
    return recording(assembler.finish())


@pytest.mark.parametrize("make", [busy_worker, busy_loop])
def test_stopped_anywhere_it_tells_the_same(make):
    batch = make().batch()
    expected = whole(batch)
    for cut in range(len(batch.records) + 1):
        first = Assembler(0)
        first.records(upto(batch, cut))
        final = first.closed()
        cursor = json.loads(json.dumps(first.cursor()))
        second = Assembler(0, cursor=cursor)
        second.records(batch)
        made = recording(final, second.finish())
        assert facts(made) == facts(expected), cut
        assert len(made.lanes.hop) == len(expected.lanes.hop), cut
        assert len(made.requests.start) == len(expected.requests.start), cut


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 25), max_size=4).map(sorted))
def test_stopped_many_times_it_tells_the_same(cuts):
    batch = busy_worker().batch()
    parts, cursor = [], None
    for cut in [*cuts, len(batch.records)]:
        assembler = Assembler(0, cursor=cursor)
        assembler.records(upto(batch, cut))
        parts.append(assembler.closed())
        cursor = json.loads(json.dumps(assembler.cursor()))
    parts.append(assembler.finish())
    assert facts(recording(*parts)) == facts(whole(batch))


def test_what_is_open_at_a_commit_is_told_as_open():
    batch = busy_worker().batch()
    assembler = Assembler(0)
    assembler.records(upto(batch, 12))
    made = recording(assembler.closed(), assembler.open())
    assert made.requests.outcome.tolist() == [Outcome.OK, Outcome.OPEN]


def test_a_ring_that_was_read_to_its_end_is_not_read_again():
    batch = replace(busy_worker().batch(), ended=True)
    first = Assembler(0)
    first.records(batch)
    final = first.closed()
    second = Assembler(0, cursor=json.loads(json.dumps(first.cursor())))
    second.records(batch)
    assert facts(recording(final, second.finish())) == facts(
        recording(final, Assembler(0).finish(), first.finish())
    )


def test_an_exchange_that_waits_is_kept():
    exchange = Exchange(
        0, "GET", "/item/1", 90_000, b"t" * 16, b"s" * 8, end=500_000, status=200, outcome=Outcome.OK
    )
    assert unsaved_exchange(json.loads(json.dumps(saved_exchange(exchange)))) == exchange
    first = Assembler(0, client=True)
    first.exchange(exchange)
    second = Assembler(0, cursor=json.loads(json.dumps(first.cursor())))
    made = recording(first.closed(), second.finish())
    assert made.requests.end.tolist() == [500_000]
