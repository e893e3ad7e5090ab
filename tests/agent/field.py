"""The servers of the field: the command of each, and a load of 50 requests to it under `tracer run`."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tracer.analysis.explained import explained
from tracer.observe.processes import tree
from tracer.recording import Match, Outcome, Recording, Role
from tracer.recording.live import open_recording

APPS = Path(__file__).parent / "apps"
PORT = "<port>"
"""Stands for a port in a command."""
REQUESTS = 50
LOAD = ["--load", "100", "--for", "0.5s", "--arrivals", "constant"]


@dataclass(frozen=True, slots=True)
class Server:
    """How a server is started, and what has to be told of it."""

    command: list[str]
    hop: str
    point: str  # one that must be live
    explains: float = 0.5  # loose, of a busy machine; 0 where its input and output are not Python's
    env: dict[str, str] = field(default_factory=dict)


def tracer(*arguments: str, folder: Path, env: dict[str, str] | None = None) -> str:
    """Run `tracer` in the folder of the applications; give what it said on stderr."""
    run = [sys.executable, "-c", "import sys; from tracer.cli.main import main; sys.exit(main())", *arguments]
    log = folder / "said"
    with log.open("wb") as out:
        process = subprocess.Popen(run, cwd=APPS, stdout=out, stderr=out, env=env)
    try:
        code = process.wait(60)
    finally:
        for pid in tree(process.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()
    said = log.read_text(errors="replace")
    assert code == 0, said
    return said


def free_port() -> str:
    """A port that the system gave and nobody has now, for servers that cannot ask for one."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return str(server.getsockname()[1])


def program(command: list[str]) -> list[str]:
    """Give a command with the path of its program; an option or a script is for Python."""
    if command[0].startswith("-") or command[0].endswith(".py"):
        return [sys.executable, *command]
    return command if "/" in command[0] else [str(Path(sys.executable).parent / command[0]), *command[1:]]


def loaded(server: Server, folder: Path, target: str = "/") -> tuple[Recording, str]:
    """Send 50 requests to a server that `tracer run` starts; give the recording, and what was said."""
    env = {**os.environ, "HOME": str(folder), "PYTHONDONTWRITEBYTECODE": "1", **server.env}
    port, out = free_port(), folder / "out.trace"
    command = [part.replace(PORT, port) for part in program(server.command)]
    url = f"http://127.0.0.1:{port}{target}" if PORT in " ".join(server.command) else target
    said = tracer("run", "-o", str(out), *LOAD, "--url", url, "--", *command, folder=folder, env=env)
    return open_recording(out), said


def assert_told_whole(recording: Recording, said: str, server: Server) -> float:
    """Hold a recording of 50 requests to the invariants and to the client's times; give what is explained."""
    assert [str(violation) for violation in recording.check()] == []
    assert len(recording.requests.start) == REQUESTS, said
    assert set(recording.requests.outcome.tolist()) == {Outcome.OK}, said
    assert_within_the_client(recording, server.hop)
    assert server.point in recording.meta["points"], recording.meta["points"]
    assert recording.meta["faults"] == []
    share = explained(recording).share
    assert share is not None
    assert share >= server.explains
    return share


def assert_within_the_client(recording: Recording, hop: str) -> None:
    visits, hops = recording.visits, recording.hops
    names = [recording.text(name) for name in hops.name]
    client = hops.role[visits.hop] == Role.CLIENT
    served = np.flatnonzero(~client & client[visits.parent] & (visits.parent >= 0))
    assert len(served) == REQUESTS
    assert {names[visits.hop[visit]] for visit in served} == {hop}
    assert set(visits.match[served].tolist()) == {Match.TRACEPARENT}
    assert set(visits.status[served].tolist()) == {200}
    sent = visits.start[visits.parent[served]]
    assert (visits.start[served] >= sent).all()
    assert (visits.answered[served] <= visits.answered[visits.parent[served]]).all()
