"""The watching thread: sleeps, and looks where threads are if somebody is late."""

from __future__ import annotations

from _thread import start_new_thread
from collections.abc import Callable
from resource import RUSAGE_THREAD, getrusage
from time import monotonic_ns, process_time_ns
from typing import NamedTuple

from ..layout import LOOP, PROCESS, STALL, STALL_GIL, STALL_IDLE, THREAD
from ..points import fault, faults
from ..ring import ring
from .heart import PERIOD, Heart
from .stacks import Stacks, where

LATE = 50_000_000
"""ns: what is late by less is a busy machine."""

TRIES = 4
"""Waits in one turn from which on it was the GIL that was waited for: a thread tries again every 5 ms.

One that only finds no core waits but once, in its sleep."""

BUSY = 5_000_000
"""ns of CPU time of the process in one period from which on the threads' own are noted."""

NOTE = 16
"""Turns after which they are noted in any case."""

_PERIOD = int(PERIOD * 1e9)
_RUNNERS = (LOOP, THREAD, PROCESS)


class Runner(NamedTuple):
    """A thread that runs a lane."""

    lane: int
    tid: int
    ident: int


class Watchdog:
    """Watches the loops whose `hearts` it is given, and the GIL."""

    def __init__(self, sleep: Callable[[float], None]) -> None:
        self.hearts: list[Heart] = []
        self.stacks = Stacks()
        self._sleep = sleep
        self._busy = self._armed = False
        self._turns = 0
        self._spent = 0  # CPU time of the process, ns
        self._cpu: dict[int, int] = {}  # of its threads, when it was last noted, by tid
        if "watch" not in ring.live:
            ring.live.append("watch")

    def start(self) -> None:
        """Start; not by `threading`, so that nobody waits for it or counts it."""
        start_new_thread(self._run, ())

    def _run(self) -> None:
        while "watch" not in faults:
            try:
                self.turn()
            except Exception as error:
                fault("watch", error)
                self.stacks.disarm()

    def turn(self) -> None:
        """Sleep a period, and look who is late."""
        self._arm()
        due, waits = monotonic_ns() + _PERIOD, _waits()
        self._sleep(PERIOD)
        now = monotonic_ns()
        if now - due > LATE:
            places = self.stacks.written()
            if _waits() - waits > TRIES:
                self._held(places, due, now)
        for heart in self.hearts:
            idle = heart.idle(now, sum(_schedstat(heart.tid)))
            if heart.late(now) > LATE:
                self._stuck(heart, now, STALL_IDLE if idle else 0)
        spent = process_time_ns()
        self._busy, self._spent = spent - self._spent > BUSY, spent
        self._turns += 1
        if self._busy or self._turns % NOTE == 1:
            self._cpu = {runner.tid: _schedstat(runner.tid)[0] for runner in runners()}

    def _arm(self) -> None:
        """Set the timer for when this thread is late; every other time if little happens: it costs most."""
        self._armed = self._busy or not self._armed
        if self._armed:
            self.stacks.arm((PERIOD if self._busy else 2 * PERIOD) + 2 * LATE / 1e9)

    def _stuck(self, heart: Heart, now: int, flags: int) -> None:
        """A loop does not turn, and here is the GIL: its thread's frames say at which line."""
        lane = ring.known_lane(("loop", heart.thread))
        self._tell(lane, where(heart.thread), max(heart.at, now - _PERIOD), now, flags)

    def _held(self, places: dict[int, str], due: int, now: int) -> None:
        """The GIL was wanted here and not to be had: who used the CPU the most held it."""
        spent = {runner: _schedstat(runner.tid)[0] - self._cpu.get(runner.tid, 0) for runner in runners()}
        if not spent or not places:
            return
        holder = max(spent, key=spent.__getitem__)
        if spent[holder] > LATE // 2:
            self._tell(holder.lane, places.get(holder.ident, ""), due, now, STALL_GIL)

    def _tell(self, lane: int, place: str, start: int, end: int, flags: int) -> None:
        if lane and place:
            ring.write(STALL, flags, lane, 0, ring.text(place), start, end)


def runners() -> list[Runner]:
    """List the threads that run lanes."""
    found = {}
    for key, told in list(ring._lanes.items()):
        _, lane, _, kind, _, _, _, _, _, tid, *_ = told
        if kind in _RUNNERS and tid:
            found[tid] = Runner(lane, tid, _ident(key))  # a loop is told after the process it is in
    return list(found.values())


def _ident(key: object) -> int:
    """Return the ident of the thread that a lane's key names; a process's is its main thread's."""
    if isinstance(key, tuple):
        return int(key[1])
    import threading

    return threading.main_thread().ident or 0


def _waits() -> int:
    """Return how often this thread gave up its core of its own accord."""
    return getrusage(RUSAGE_THREAD).ru_nvcsw


def _schedstat(tid: int) -> tuple[int, int]:
    """Return how long a thread ran and how long it waited for a core, ns; 0 if it is gone."""
    try:
        with open(f"/proc/self/task/{tid}/schedstat", "rb", buffering=0) as file:
            ran, waited = file.read().split()[:2]
            return int(ran), int(waited)
    except (OSError, ValueError):
        return 0, 0
