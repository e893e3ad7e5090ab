"""The lanes of servers that have a process with threads in it."""

from __future__ import annotations

import os
from _thread import get_ident, get_native_id

from .layout import POOL, PROCESS, THREAD
from .ring import ring


def process_here(capacity: int = 0, since: int = 0) -> int:
    """Return the lane of this process, which `capacity` requests can hold at once (0: any number)."""
    label, pid = f"process {os.getpid()}", os.getpid()
    return ring.lane("process", PROCESS, label, capacity=capacity, tid=pid, since=since)


def pool_of(process: int, threads: int) -> int:
    """Return the lane of a process's pool of threads."""
    return ring.lane("pool", POOL, "pool", parent=process, capacity=threads)


def thread_here(parent: int, since: int = 0, first: str = "") -> int:
    """Return this thread's lane, below a pool or a process; `first` names the first of all."""
    key = ("thread", get_ident())
    lane = ring.known_lane(key)
    if lane:
        return lane
    number = sum(isinstance(one, tuple) for one in ring.lane_keys())
    label = f"thread {number + (not first)}" if number or not first else first
    return ring.lane(key, THREAD, label, parent=parent, tid=get_native_id(), since=since)
