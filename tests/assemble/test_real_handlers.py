"""Handlers of every kind on a real uvicorn: each is told as what it is, and the invariants hold."""

from __future__ import annotations

import sys

import pytest
from live_servers import said, tracer

from tracer.recording import PhaseKind, Role
from tracer.recording.live import open_recording

APP = """
import asyncio, time
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
def pooled(request):
    time.sleep(0.02)
    return PlainTextResponse("pooled")
async def gathered(request):
    await asyncio.gather(asyncio.sleep(0.01), asyncio.sleep(0.02))
    return PlainTextResponse("gathered")
async def frozen(request):
    time.sleep(0.02)
    return PlainTextResponse("frozen")
app = Starlette(routes=[Route("/pooled", pooled), Route("/gathered", gathered), Route("/frozen", frozen)])
"""
KINDS = {
    "/pooled": {PhaseKind.BLOCKED},  # a thread is held; that the coroutine awaits it counts less
    "/gathered": {PhaseKind.AWAITING},
    "/frozen": {PhaseKind.BLOCKED},
}


@pytest.mark.parametrize("path", KINDS)
@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_a_handler_is_told_as_what_it_is(tmp_path, path, loop):
    (tmp_path / "handlers.py").write_text(APP)
    command = [sys.executable, "-m", "uvicorn", "handlers:app", "--port", "0", "--loop", loop]
    load = ["--load", "60", "--for", "1s", "--url", path]
    process = tracer("run", "-o", "out.trace", *load, "--", *command, folder=tmp_path)
    try:
        process.wait(60)
    finally:
        process.kill()
        process.wait()
    recording = open_recording(tmp_path / "out.trace")
    assert [str(violation) for violation in recording.check()] == [], said(tmp_path)
    assert spent(recording) >= KINDS[path]


def spent(recording) -> set[PhaseKind]:
    """The kinds of phase in which the app's visits spent at least 5 ms each on average."""
    phases, visits = recording.phases, recording.visits
    app = (phases.visit >= 0) & (recording.hops.role[visits.hop[phases.visit]] == Role.APP)
    lasts = phases.end - phases.start
    return {
        kind
        for kind in PhaseKind
        if lasts[app & (phases.kind == kind)].sum() > 5e6 * len(recording.requests.start)
    }
