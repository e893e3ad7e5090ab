"""Following a recording that grows: the latest are kept, sound at every look, and memory stays flat."""

from __future__ import annotations

import numpy as np

from tracer.recording import Clock, LaneKind, Outcome, PhaseKind, Role
from tracer.recording.live import LiveWriter
from tracer.recording.rows import Hop, Lane, Phase, Request, Rows, Visit
from tracer.recording.tail import Tail

SECOND = 10**9
META = {"title": "long", "source": "simulation", "clocks": [Clock("simulation").as_meta()]}


def second(number: int, each: int = 20) -> Rows:
    """What a second of a server adds: each request on a connection of its own, with a target of its own."""
    rows = Rows()
    for n in range(each):
        i = number * each + n
        start = number * SECOND + n * SECOND // each
        end = start + SECOND // 50
        rows.lanes.append(Lane(1000 + i, 1, f"c{i}", LaneKind.CONNECTION, 0, start=start, end=end))
        rows.requests.append(Request(i, start, "GET", f"/item/{i}", 200, end, outcome=Outcome.OK))
        rows.visits.append(
            Visit(i, i, 1, start, connection=1000 + i, status=200, outcome=Outcome.OK, answered=end, end=end)
        )
        rows.phases.append(Phase(i, PhaseKind.RUNNING, start, end, lane=1, holds=1))
    return rows


def worker() -> Rows:
    return Rows([Hop(1, "server", Role.GATEWAY)], [Lane(1, 1, "worker 1", LaneKind.PROCESS, 1, start=0)])


def weight(tail):
    """Count the bytes that a tail keeps."""
    columns = sum(values.nbytes for table in tail._held.values() for values in table.values())
    return columns + sum(len(text) + 100 for text in tail._texts.values())


def test_an_hour_of_following_is_flat(tmp_path):
    """An hour of a server's clock: 72,000 requests, looked at every twenty seconds."""
    keep, weights = 500, []
    with LiveWriter(tmp_path / "x.trace", META) as writer:
        tail = Tail(tmp_path / "x.trace", keep)
        for number in range(3600):
            writer.append(second(number))
            if number % 20 == 19:
                writer.commit(worker(), {})
                recording = tail.poll()
                weights.append(weight(tail))
                assert number % 600 != 599 or recording.check() == []
        assert tail.poll() is None, "nothing new was committed"
    assert tail.total == 72_000 and tail.dropped == tail.total - keep
    assert len(recording.requests.start) == keep == len(recording.visits.start)
    assert len(recording.lanes.start) == keep + 1
    assert recording.text(recording.requests.target[-1]) == "/item/71999"
    assert np.ptp(recording.requests.start) < 30 * SECOND
    assert max(weights[10:]) < 1.05 * min(weights[10:]) < 500_000


def test_a_tail_that_joins_late_knows_the_total(tmp_path):
    with LiveWriter(tmp_path / "x.trace", META) as writer:
        for number in range(100):
            writer.append(second(number))
        writer.commit(worker(), {})
        tail = Tail(tmp_path / "x.trace.part", 100)
        recording = tail.poll()
        assert (tail.total, tail.dropped, len(recording.requests.start)) == (2000, 1900, 100)
        assert recording.check() == []


def test_what_is_open_is_told_and_the_end_is_noticed(tmp_path):
    writer = LiveWriter(tmp_path / "x.trace", META)
    tail = Tail(tmp_path / "x.trace")
    open_rows = worker()
    open_rows.requests.append(Request(7, SECOND, "GET", "/slow"))
    writer.commit(open_rows, {})
    recording = tail.poll()
    assert recording.requests.outcome.tolist() == [Outcome.OPEN]
    assert recording.meta["live"] and not tail.ended
    writer.seal()
    assert tail.poll() is None and tail.ended
