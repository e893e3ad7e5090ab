"""Event loops as lanes: the CPU time of their steps, and the tasks that a request starts on them."""

from __future__ import annotations

import asyncio
import os
import struct
from _thread import get_ident, get_native_id
from collections.abc import Callable, Coroutine
from time import monotonic_ns, thread_time_ns
from typing import Any

from .clock import RESYNC
from .current import CURRENT
from .layout import APP, ASGI, CLOSE, LOOP, ONE_STEP, OPEN, PROCESS, RUNNING, STAMPED
from .points import fault, faults
from .ring import METHODS, ring

LONG = 1_000_000
"""ns: the CPU time of steps from this length on is told; a CPU clock costs ten times a wall clock."""

STALE = 500_000
"""ns: how long before a step its thread's CPU clock may have been read, so its CPU time is at most that
much too high. It is read once in a dozen requests of a busy loop."""

_current = CURRENT.get


_head = struct.Struct("<BBH").pack
_words = struct.Struct("<HHH").pack


class Loop:
    """The event loop of this thread."""

    __slots__ = (
        "before", "closing", "cpu", "lane", "number", "opening", "polled", "resync_at", "stale_at", "stepped",
        "thread", "visit", "words",
    )  # fmt: skip

    def __init__(self) -> None:
        self.thread = get_ident()
        self.number = sum(key[0] == "loop" for key in ring.lane_keys()) + 1
        self.stale_at = self.cpu = self.resync_at = 0
        self.stepped = 0  # when the last step of a request began
        self.polled = 0  # what that was at the last poll that had something to read, as far as was seen
        self.before = 0  # and at the poll before that
        self.tell()

    def tell(self) -> int:
        """Return the number of its lane."""
        process = ring.lane("process", PROCESS, f"process {os.getpid()}", capacity=0, tid=os.getpid())
        label = f"loop {self.number}"
        self.lane = ring.lane(("loop", self.thread), LOOP, label, parent=process, tid=get_native_id())
        self.words: dict[tuple[str, str], bytes] = {}
        self.opening = _head(OPEN, ASGI | STAMPED, self.lane)
        self.closing = _head(CLOSE, ONE_STEP, self.lane)
        # A visit of this loop only has to be given its number.
        same = {"__slots__": ("number", "trace"), "lane": self.lane, "thread": self.thread, "sock": None}
        self.visit = type("Visit", (), same)
        return self.lane

    def word(self, method: str, version: str) -> bytes:
        """Return method, protocol and queue of a request, as its OPEN has them; HEAD is always asked."""
        words = _words(ring.method(method), ring.protocol(version), self.lane)
        if method in METHODS and method != "HEAD":
            self.words[method, version] = words
        return words

    def cpu_since(self, start: int, end: int) -> int:
        """Return the CPU time of a step in ns, -1 where it is too short to ask."""
        if end - start < LONG:
            return -1
        before = self.cpu
        self.read_cpu(end)
        return min(self.cpu - before, end - start)

    def read_cpu(self, now: int) -> None:
        """Read the thread's CPU clock, before a step that may turn out to be long."""
        self.stale_at, self.cpu = now + STALE, thread_time_ns()
        if now > self.resync_at:
            self.resync_at = now + RESYNC
            ring.clock()


_loops: dict[int, Loop] = {}


def loop_here() -> Loop:
    """Return this thread's loop."""
    loop = _loops.get(get_ident())
    if loop is None:
        loop = _loops[get_ident()] = Loop()
    return loop


os.register_at_fork(after_in_child=_loops.clear)


class Stepped:
    """The coroutine of a task that a request started, each of its steps told as the request's."""

    __slots__ = ("coroutine", "loop", "visit")

    def __init__(self, visit: Any, coroutine: Any) -> None:
        self.visit, self.coroutine, self.loop = visit, coroutine, loop_here()

    def send(self, value: Any) -> Any:
        """Take one step."""
        start = self._before()
        try:
            return self.coroutine.send(value)
        finally:
            self._after(start)

    def throw(self, *error: Any) -> Any:
        """Take one step, into which an exception is thrown."""
        start = self._before()
        try:
            return self.coroutine.throw(*error)
        finally:
            self._after(start)

    def close(self) -> None:
        """End it."""
        self.coroutine.close()

    def __await__(self) -> Any:
        return self.coroutine.__await__()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.coroutine, name)  # cr_frame, cr_code, __qualname__: tools ask for them

    def __repr__(self) -> str:
        return repr(self.coroutine)

    def _before(self) -> int:
        start = monotonic_ns()
        loop = self.loop
        if start > loop.stale_at:
            loop.read_cpu(start)
        return start

    def _after(self, start: int) -> None:
        """Tell the step; after the visit's end the loop is held by no request."""
        end = monotonic_ns()
        try:
            loop, visit = self.loop, self.visit
            number = visit.number
            what = 0 if number else ring.text(f"task {self.coroutine.__qualname__}")
            cpu = loop.cpu_since(start, end)
            ring.phase(APP if number else 0, loop.lane, number, RUNNING, 1, 0, what, start, end, cpu)
        except Exception as error:
            fault("asyncio.task", error)


def step_tasks(loop: asyncio.AbstractEventLoop) -> None:
    """Step the tasks that requests start on this loop, behind a task factory that it may have."""
    previous = loop.get_task_factory()
    if getattr(previous, "_hopscope", False):
        return
    loop.set_task_factory(_factory(previous))
    if "asyncio.task" not in ring.live:
        ring.live.append("asyncio.task")


def _factory(previous: Callable[..., Any] | None) -> Callable[..., Any]:
    make = previous
    task = asyncio.Task

    def factory(loop: Any, coro: Coroutine[Any, Any, Any], **kwargs: Any) -> Any:
        visit = _current()
        if visit is not None:
            coro = _stepped(visit, coro, kwargs.get("context"))
        if make is not None:
            return make(loop, coro, **kwargs)
        return task(coro, loop=loop, **kwargs)

    factory._hopscope = True  # type: ignore[attr-defined]
    return factory


def _is_servers(coro: Any) -> bool:
    """Whether it is the server's, that starts the next pipelined request when this one is answered."""
    return getattr(coro, "__name__", "") == "run_asgi"


def _stepped(visit: Any, coro: Any, context: Any) -> Any:
    try:
        if context is not None:
            visit = context.get(CURRENT)
        if visit is None or not visit.number or "asyncio.task" in faults or _is_servers(coro):
            return coro
        if asyncio.iscoroutine(coro):
            return Stepped(visit, coro)
    except Exception as error:
        fault("asyncio.task", error)
    return coro
