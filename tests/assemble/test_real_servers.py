"""300 requests at real servers: the invariants hold, and the server's times lie within the client's."""

from __future__ import annotations

import numpy as np
import pytest
from live_servers import SERVERS, command, said, tracer

from tracer.analysis.explained import explained
from tracer.recording import Match, Outcome, Role
from tracer.recording.live import open_recording


@pytest.mark.parametrize("name", SERVERS)
def test_300_requests(tmp_path, name):
    load = ["--load", "150", "--for", "2s", "--arrivals", "constant", "--url", "/item/7"]
    process = tracer("run", "-o", "out.trace", *load, "--", *command(name, tmp_path), folder=tmp_path)
    try:
        process.wait(60)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0, said(tmp_path)
    recording = open_recording(tmp_path / "out.trace")
    assert [str(violation) for violation in recording.check()] == []
    assert len(recording.requests.start) == 300
    assert set(recording.requests.outcome.tolist()) == {Outcome.OK}
    assert_within_the_client(recording)
    share = explained(recording).share
    assert share is not None
    assert share > 0.5  # loose, of a busy machine; benchmarks/bench_explained.py measures it
    assert "300 requests in out.trace" in said(tmp_path)
    assert "live points" in said(tmp_path)


def assert_within_the_client(recording):
    visits, hops = recording.visits, recording.hops
    client = hops.role[visits.hop] == Role.CLIENT
    served = np.flatnonzero(~client & client[visits.parent] & (visits.parent >= 0))
    assert len(served) == 300
    assert set(visits.match[served].tolist()) == {Match.TRACEPARENT}
    sending = {
        int(visit): int(start)
        for visit, start, what in zip(
            recording.phases.visit, recording.phases.start, recording.phases.what, strict=True
        )
        if recording.text(what) == "sending"
    }
    assert all(visits.start[visit] >= sending[int(visits.parent[visit])] for visit in served)
    assert (visits.answered[served] <= visits.answered[visits.parent[served]]).all()
