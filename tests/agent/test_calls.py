"""A handler's requests to another recorded server are visits of its own request."""

from __future__ import annotations

import os
import shlex

import numpy as np
import pytest
from field import free_port, program, tracer

from tracer.recording import Match, Outcome, Role
from tracer.recording.live import open_recording

FRONTS = {
    "gunicorn": ["gunicorn", "--no-control-socket", "-b", "127.0.0.1:{port}", "outgoing:wsgi"],
    "waitress": ["waitress-serve", "--listen", "127.0.0.1:{port}", "outgoing:wsgi"],
    "uvicorn": ["uvicorn", "--port", "{port}", "--lifespan", "off", "outgoing:asgi"],
    "hypercorn": ["hypercorn", "-b", "127.0.0.1:{port}", "outgoing:asgi"],
}
BACK = ["--threads", "3", "--no-control-socket", "-w", "1", "-b", "127.0.0.1:{port}", "plain:wsgi"]
ASKS = {"gunicorn": "/requests", "waitress": "/httpx", "uvicorn": "/async-httpx", "hypercorn": "/http"}
"""Server -> the path whose handler asks the one behind it."""


def both(name: str, front: str, back: str) -> list[str]:
    """Give a shell's command that starts a server before another one, and ends both."""
    before = shlex.join(program([part.format(port=front) for part in FRONTS[name]]))
    behind = shlex.join(program(["gunicorn", *(part.format(port=back) for part in BACK)]))
    script = f"trap 'kill $a $b; wait' TERM; {behind} & a=$!; {before} & b=$!; wait"
    return ["sh", "-c", script]


def often(name: str) -> object:
    return pytest.param(name, marks=() if name in ("gunicorn", "uvicorn") else pytest.mark.long)


@pytest.mark.parametrize("name", [often(name) for name in FRONTS])
def test_two_recorded_servers_are_one_recording(tmp_path, name):
    front, back = free_port(), free_port()
    load = ["--load", "20", "--for", "1s", "--url", f"http://127.0.0.1:{front}{ASKS[name]}"]
    env = {**os.environ, "HOME": str(tmp_path), "BACKEND_PORT": back, "PYTHONDONTWRITEBYTECODE": "1"}
    out = tmp_path / "out.trace"
    said = tracer("run", "-o", str(out), *load, "--", *both(name, front, back), folder=tmp_path, env=env)
    recording = open_recording(out)
    assert [str(violation) for violation in recording.check()] == [], said
    assert recording.meta["faults"] == []
    requests, visits = recording.requests, recording.visits
    assert set(requests.outcome.tolist()) == {Outcome.OK}
    client = recording.hops.role[visits.hop] == Role.CLIENT
    assert np.count_nonzero(client) == len(requests.start)
    told = [recording.text(recording.hops.name[hop]) for hop in visits.hop]
    assert told.count("app") == 2 * len(requests.start)
    called = np.flatnonzero([told[parent] == "app" and parent >= 0 for parent in visits.parent])
    assert sorted(visits.request[called]) == list(range(len(requests.start)))
    assert {told[visit] for visit in called} == {"gunicorn"}
    assert set(visits.match[called].tolist()) == {Match.TRACEPARENT}
    assert set(visits.detached[called].tolist()) == {0}
