"""anyio's threads, in which Starlette and FastAPI run their `def` endpoints: the pool's queue, the run."""

from __future__ import annotations

import os
from _thread import get_ident, get_native_id
from collections.abc import Callable
from time import monotonic_ns, thread_time_ns
from types import ModuleType
from typing import Any

from ..current import CURRENT, Running
from ..layout import APP, POOL, PROCESS, QUEUED, RUNNING, THREAD
from ..points import fault, install
from ..ring import ring

_current = CURRENT.get


def threads(module: ModuleType, version: str) -> None:  # noqa: ARG001
    """Hook what is run in a worker thread on behalf of a request."""
    install("anyio.thread", module.AsyncIOBackend, "run_sync_in_worker_thread", _submit)


def _submit(real: Callable[..., Any]) -> Any:
    def run_sync_in_worker_thread(cls: Any, func: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ARG001
        visit = _current()
        if visit is not None and visit.number:
            func = _in_thread(func, visit, monotonic_ns(), kwargs.get("limiter"))
        return real(func, *args, **kwargs)

    return classmethod(run_sync_in_worker_thread)


def _in_thread(func: Callable[..., Any], visit: Running, submitted: int, limiter: Any) -> Callable[..., Any]:
    """Tell how long a function waited for a thread, and how it ran there."""

    def run(*args: Any) -> Any:
        start, cpu, lane = monotonic_ns(), thread_time_ns(), 0
        try:
            lane = _queued(visit, submitted, start, limiter)
        except Exception as error:
            fault("anyio.thread", error)
        try:
            return func(*args)
        finally:
            try:
                end, spent, number = monotonic_ns(), thread_time_ns() - cpu, visit.number
                ring.phase(APP if number else 0, lane, number, RUNNING, 1, 0, 0, start, end, spent)
            except Exception as error:
                fault("anyio.thread", error)

    return run


def _queued(visit: Running, submitted: int, start: int, limiter: Any) -> int:
    """Tell the time in the pool's queue, and return the lane of the thread that took the call from it."""
    pool = _pool(limiter)
    if visit.number:
        ring.phase(APP, 0, visit.number, QUEUED, 0, pool, 0, submitted, start, -1)
    tid = get_native_id()
    return ring.lane(("thread", get_ident()), THREAD, f"thread {tid}", parent=pool, tid=tid, since=start)


def _pool(limiter: Any) -> int:
    """Return the lane of the pool: as many threads as its limiter has tokens, 40 for Starlette's."""
    lane = ring.known_lane(("limiter", id(limiter)))
    if lane:
        return lane
    process = ring.lane("process", PROCESS, f"process {os.getpid()}", capacity=0, tid=os.getpid())
    tokens = getattr(limiter, "total_tokens", 40)
    capacity = int(tokens) if tokens < 1 << 20 else 0
    return ring.lane(("limiter", id(limiter)), POOL, "pool", parent=process, capacity=capacity)
