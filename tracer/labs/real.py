"""Runs a lab with real servers on loopback: recorded by the agent, or bare where CPU time is measured."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from tracer.assemble.sender import Load as Sent
from tracer.assemble.session import Session
from tracer.labs.commands import command
from tracer.labs.demo import rounds_of_work
from tracer.labs.lab import Run
from tracer.labs.measures import Measured, of_recording
from tracer.labs.reading import LabError
from tracer.load import Exchange, LoadError, Plan, run_in_process
from tracer.observe.launch import LaunchError, end_with_parent
from tracer.observe.processes import listening, tree
from tracer.recording import Outcome, Recording

PATIENCE = 20.0  # seconds until a server must listen
WARM = 50  # requests before CPU time is counted


def real(run: Run) -> Measured:
    """Start the run's servers, send its load, end them; nothing outlives it. Raises LabError.

    The recording's columns are mapped, so they stay readable although its file goes with the servers.
    """
    os.environ.setdefault("HOPSCOPE_ROOM_WORK", str(rounds_of_work(1)))
    with tempfile.TemporaryDirectory(prefix="hopscope-lab-") as folder:
        home = Path(folder)
        try:
            return _bare(run, home) if run.bare else _recorded(run, home)
        except (LoadError, LaunchError) as error:
            raise LabError(f"{run.name}: {error}") from error


def _load(run: Run, url: str) -> Sent:
    load = run.load
    return Sent(
        url=url,
        rate=load.rate,
        seconds=load.seconds,
        poisson=load.arrivals == "poisson",
        keep_alive=load.keepalive,
        timeout=load.timeout,
        paths=load.paths,
    )


def _recorded(run: Run, home: Path) -> Measured:
    start, path = command(run, home), home / "run.trace"
    load = _load(run, f"http://127.0.0.1:{start.port}/")
    result = Session(start.words, path, load=load, title=run.label["en"], tied=True).run()
    if result.asked:
        raise KeyboardInterrupt
    if result.failure is not None:
        raise LabError(f"{run.name}: {result.failure}")
    return of_recording(run.name, Recording.open(path), real=True)


def _bare(run: Run, home: Path) -> Measured:
    """Drive a server without the agent, and count its CPU time."""
    start = command(run, home)
    exchanges: list[Exchange] = []
    with _started(start.words) as pid:
        _until_it_listens(pid, start.port, run)
        plan = _load(run, "/").plan("127.0.0.1", start.port)
        run_in_process(Plan(plan.host, plan.port, plan.requests[:WARM]), lambda _: None)
        before = cpu_seconds(pid)
        run_in_process(plan, exchanges.append)
        used = cpu_seconds(pid) - before
    answered = [one for one in exchanges if one.outcome in (Outcome.OK, Outcome.ERROR)]
    if not answered:
        raise LabError(f"{run.name}: the server answered nothing")
    return Measured(
        run=run.name,
        real=True,
        latencies=np.array([one.end - one.due for one in answered], np.int64),
        targets=tuple(one.target for one in answered),
        requests=len(exchanges),
        duration=(max(one.end for one in answered) - min(one.due for one in exchanges)) / 1e9,
        cpu=used / len(exchanges),
        recording=None,
    )


@contextmanager
def _started(words: list[str]) -> Iterator[int]:
    """Run a scene until the block ends; give its pid."""
    child = subprocess.Popen(words, preexec_fn=end_with_parent())  # noqa: PLW1509
    try:
        yield child.pid
    finally:
        child.terminate()
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _until_it_listens(pid: int, port: int, run: Run) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if any(at[1] == port for at in listening(tree(pid))):
            return
        time.sleep(0.05)
    raise LabError(f"{run.name}: its server listens on no port after {PATIENCE:g} s")


def cpu_seconds(pid: int) -> float:
    """Sum the CPU time of a process and its descendants, by thread, in ns where the kernel says it."""
    total = 0
    for one in tree(pid):
        for task in Path(f"/proc/{one}/task").glob("*/schedstat"):
            try:
                total += int(task.read_text().split()[0])
            except (OSError, IndexError):
                continue  # a thread that has ended
    return total / 1e9
