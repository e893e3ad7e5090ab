"""The player's reference stacks, as recordings that can be saved: they name their clock."""

from __future__ import annotations

from dataclasses import replace

from tests.player import reference
from tracer.recording import Clock, Recording

MS = reference.MS
WAIT = 98 * MS


def blocking(
    requests: int = 16,
    every: int = 30 * MS,
    wait: int = WAIT,
    cpu: int = MS,
    meta=None,
    until: int = 900 * MS,
) -> Recording:
    """Two workers that wait in their seat."""
    due, steps = _asked(requests, every, wait, cpu)
    return _told(reference.workers(due, steps, 2, until), meta)


def asynchronous(
    requests: int = 16,
    every: int = 30 * MS,
    wait: int = WAIT,
    cpu: int = MS,
    meta=None,
    until: int = 900 * MS,
) -> Recording:
    """A loop that lets go while a request waits."""
    due, steps = _asked(requests, every, wait, cpu)
    return _told(reference.loop(due, steps, until), meta)


def _asked(requests: int, every: int, wait: int, cpu: int) -> tuple[list[int], list[reference.Steps]]:
    return [number * every for number in range(requests)], [reference.waiting(cpu, wait)] * requests


def _told(recording: Recording, meta) -> Recording:
    said = {"title": "waits", "source": "simulation", "clocks": [Clock("simulation").as_meta()]}
    return replace(recording, meta=said | (meta or {}))
