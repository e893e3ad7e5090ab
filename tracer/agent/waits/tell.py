"""Telling a wait: as BLOCKED where its lane is held meanwhile, as AWAITING where the loop is given back.

Of waits inside waits (a client library's, its sockets') the outermost is told: the one that the handler made.
"""

from __future__ import annotations

import sys
from _thread import get_ident, get_native_id
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from time import monotonic_ns
from typing import Any

from ..current import CURRENT, Running
from ..layout import APP, AWAITING, BLOCKED, THREAD
from ..place import place
from ..points import fault
from ..ring import ring

SHORTEST = 20_000
"""ns: a call that took less did not wait, and is not told."""

Make = Callable[[Any], Any]
"""What `points.install` takes: gives the hook for an original."""

Name = str | Callable[..., str]
"""What a wait is called, or what makes that of the call's arguments: no values, at most a verb and a host."""

INSIDE: ContextVar[bool] = ContextVar("hopscope_inside", default=False)
"""Set within a wait that will be told."""

_current = CURRENT.get
_inside = INSIDE.get


def told() -> Running | None:
    """Return the visit that runs here, None if no wait is to be told (it is over, or inside of one)."""
    visit = _current()
    return None if visit is None or not visit.number or _inside() else visit


def blocking(point: str, name: Name) -> Make:
    """Hook a function that blocks."""

    def make(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            visit = told()
            if visit is None:
                return real(*args, **kwargs)
            token, start = INSIDE.set(True), monotonic_ns()
            try:
                return real(*args, **kwargs)
            finally:
                INSIDE.reset(token)
                waited(point, name, args, visit, start, BLOCKED)

        return call

    return make


def awaiting(point: str, name: Name) -> Make:
    """Hook a coroutine function: a plain function, which is one frame less where nothing is told."""

    def make(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            visit = told()
            if visit is None:
                return real(*args, **kwargs)
            return _awaited(point, name, args, visit, real(*args, **kwargs))

        coroutines = sys.modules.get("asyncio.coroutines")  # not imported for this: gunicorn does without
        call._is_coroutine = getattr(coroutines, "_is_coroutine", None)  # type: ignore[attr-defined]
        return call

    return make


async def _awaited(point: str, name: Name, args: Any, visit: Running, real: Awaitable[Any]) -> Any:
    token, start = INSIDE.set(True), monotonic_ns()
    try:
        return await real
    finally:
        try:
            INSIDE.reset(token)
        except ValueError:
            pass  # closed from elsewhere, as an event loop does at its end
        waited(point, name, args, visit, start, AWAITING)


def waited(point: str, name: Name, args: Any, visit: Running, start: int, kind: int) -> None:
    """Tell of a wait that ends now, unless it was too short to be one. AWAITING holds no lane."""
    end = monotonic_ns()
    if end - start < SHORTEST or not visit.number:
        return
    try:
        words = name if isinstance(name, str) else name(*args)
        what = ring.text(f"{words} {place(0)}".rstrip())
        lane = 0 if kind == AWAITING else lane_here(visit, start)
        ring.phase(APP, lane, visit.number, kind, int(lane > 0), 0, what, start, end, -1)
    except Exception as error:
        fault(point, error)


def lane_here(visit: Running, since: int) -> int:
    """Return the lane of a visit that runs on this thread: its own, or this thread's (`to_thread`)."""
    thread = get_ident()
    if thread == visit.thread:
        return visit.lane
    tid = get_native_id()
    return ring.lane(("thread", thread), THREAD, f"thread {tid}", tid=tid, since=since)
