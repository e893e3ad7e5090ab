"""Greenlet hubs as lanes: a switch to a greenlet of a request begins a step of it, the next one ends it."""

from __future__ import annotations

import os
from _thread import get_ident, get_native_id
from collections.abc import Callable
from time import monotonic_ns
from typing import Any

from .called import Call, Link
from .current import CURRENT
from .layout import APP, GREENLET_HUB, ONE_STEP, RUNNING, STEPPED, WSGI
from .loops import LONG, Loop
from .points import fault
from .ring import ring

_current = CURRENT.get


class Hub(Loop):
    """The hub of this thread, and which request has run on it since when."""

    def __init__(self, process: int) -> None:
        self._process = process
        super().__init__()
        self._visit: Any = None
        self._since = 0

    def tell(self) -> int:
        """Return the number of its lane."""
        label, parent = f"hub {self.number}", self._process
        self.lane = ring.lane(("hub", self.thread), GREENLET_HUB, label, parent=parent, tid=get_native_id())
        return self.lane

    def trace(self, previous: Callable[..., Any] | None) -> Callable[..., Any]:
        """Return what `greenlet.settrace` is to be given, with what it had before."""

        def switched(event: str, args: Any) -> None:
            if previous is not None:
                previous(event, args)
            try:
                self.turn()
            except Exception as error:
                fault("greenlet.switch", error)

        return switched

    def turn(self) -> None:
        """Tell the step that ends now; another begins if a request is current here."""
        now, visit = monotonic_ns(), self._visit
        if visit is not None:
            self._step(visit, now)
        self._visit, self._since = _current(), now
        if self._visit is not None and now > self.stale_at:
            self.read_cpu(now)

    def _step(self, visit: Any, now: int) -> None:
        """Tell a step; of a greenlet that outlives its request the hub is held by none."""
        number = visit.number
        if number and visit.steps is not None:
            visit.steps += 1
        cpu = self.cpu_since(self._since, now)
        ring.phase(APP if number else 0, self.lane, number, RUNNING, 1, 0, 0, self._since, now, cpu)

    def last(self, call: HubCall) -> bool:
        """The application is done: tell its last step; False if it was its only one, and short."""
        now = monotonic_ns()
        told = self._visit is call and (call.steps or now - self._since > LONG)
        if told:
            self._step(call, now)
        self._visit = None
        return bool(told or call.steps)


class HubCall(Call):
    """A request that a greenlet serves."""

    __slots__ = ("hub", "steps")

    def __init__(self, point: str, hub: Hub, link: Link, sock: Any) -> None:
        super().__init__(point, hub.lane, link, queue=hub.lane, sock=sock)
        self.hub, self.steps = hub, 0
        self.flags = WSGI | STEPPED, ONE_STEP

    def enter(self, environ: Any) -> None:
        """The application is about to be called: tell the request, and begin its first step."""
        super().enter(environ)
        self.hub.turn()

    def out(self) -> None:
        """Note the application's end, once, and its last step."""
        if self.left or not self.number:
            return
        try:
            if self.hub.last(self):
                self.flags = self.flags[0], 0
        except Exception as error:
            fault(self.point, error)
        super().out()
        self.cpu = self.process_cpu = -1
        self.never_waited = False


_hubs: dict[int, Hub] = {}
os.register_at_fork(after_in_child=_hubs.clear)


def hub_here(process: Callable[[], int]) -> Hub:
    """Return this thread's hub, tracing its switches from now on; `process` gives the lane it is part of."""
    hub = _hubs.get(get_ident())
    if hub is None:
        import greenlet

        hub = _hubs[get_ident()] = Hub(process())
        greenlet.settrace(hub.trace(greenlet.gettrace()))
    return hub
