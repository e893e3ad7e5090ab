"""The main job: the same requests to a gunicorn with two sync workers and to a uvicorn with one loop.

This module says what to start and what to send; `tracer.cli.demo` does it.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from pathlib import Path

from tracer.labs.room import waiting_room

ROOM = str(Path(waiting_room.__file__).parent)
WORK_MS = 40
"""CPU time of one `/compute`."""
WAIT_MS = round(waiting_room.WAIT_S * 1000)


@dataclass(frozen=True, slots=True)
class Stack:
    """A server to start, on a port that the system gives."""

    name: str
    kind: str  # how it treats a request that waits
    label: str
    command: tuple[str, ...]

    @property
    def portable(self) -> list[str]:
        """The command as it may be shown on any machine: without the paths of this one."""
        names = {sys.executable: "python", ROOM: "tracer/labs/room"}
        return [names.get(word, word) for word in self.command]


@dataclass(frozen=True, slots=True)
class Scene:
    """What is sent to each of the stacks: `requests` at a constant `rate` a second."""

    name: str
    title: dict[str, str]
    path: str
    rate: float
    requests: int

    @property
    def duration(self) -> float:
        """How long it takes to send them all, in seconds."""
        return self.requests / self.rate


def _python(words: str, *more: str) -> tuple[str, ...]:
    return (sys.executable, "-m", *words.split(), *more)


# Critical alone, for on Ctrl-C a worker logs a traceback of the request that it leaves, as an error.
GUNICORN = Stack(
    "gunicorn",
    "BLOCKING",
    "gunicorn sync, 2 workers",
    _python(
        "gunicorn waiting_room:wsgi -w 2 -b 127.0.0.1:0 --log-level critical --no-control-socket --chdir",
        ROOM,
    ),
)
UVICORN = Stack(
    "uvicorn",
    "ASYNC",
    "uvicorn, 1 loop",
    _python("uvicorn waiting_room:asgi --port 0 --log-level warning --no-access-log --app-dir", ROOM),
)
STACKS = (GUNICORN, UVICORN)

# Two workers that each wait 100 ms serve 20 requests a second: at 30 a second the line grows by ten a
# second, and 40 requests keep it short enough to be read on the Stage as numbers.
WAITING = Scene("waiting", {"en": "waiting", "ko": "기다리기"}, "/wait", rate=30.0, requests=40)
# One loop computes 25 requests a second at 40 ms each, two workers on two cores up to 50.
COMPUTING = Scene("computing", {"en": "computing", "ko": "계산하기"}, "/compute", rate=30.0, requests=30)
SCENES = (WAITING, COMPUTING)


def rounds_of_work(ms: float = WORK_MS) -> int:
    """Measure how many rounds of `waiting_room.compute` take that much CPU time here: the best of five."""
    trial = 50_000
    best = min(_cpu_time(trial) for _ in range(5))
    return max(1, round(trial * ms / 1000 / best))


def _cpu_time(rounds: int) -> float:
    begin = time.thread_time()
    waiting_room.compute(rounds)
    return max(time.thread_time() - begin, 1e-6)
