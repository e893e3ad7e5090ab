"""The open loop: sends each request when it is due, whatever became of those before it."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from random import Random

from tracer.load.client import Client, Sink
from tracer.load.clock import Poller, sharp_timers
from tracer.load.exchange import Exchange
from tracer.load.plan import Plan
from tracer.load.pool import Pool, descriptors, resolve
from tracer.load.progress import Progress
from tracer.recording import Outcome

OnProgress = Callable[[Progress], None]

LEAD = 2_000_000  # ns from the start of the run to offset 0
TICK = 50_000_000  # ns between looks at `stop` and calls of on_progress
NEVER = 1 << 62

_now = time.monotonic_ns


def run(
    plan: Plan, sink: Sink, *, stop: threading.Event | None = None, on_progress: OnProgress | None = None
) -> Progress:
    """Send the plan's requests; give each to `sink` once, as soon as its outcome is known.

    Returns when all have one. After `stop` is set nothing more is sent, and requests that were due but have
    no outcome are given as OPEN; those not yet due are not given. `on_progress` is called 20 times a second.
    Raises LoadError if the host has no address.
    """
    loader = Loader(plan, sink)
    try:
        with sharp_timers():
            loader.loop(stop, on_progress)
    finally:
        loader.close()
    return loader.progress


class Loader:
    """The time of one run: what is due, what waits, what is overdue. One thread, no locks."""

    def __init__(self, plan: Plan, sink: Sink) -> None:
        """Look the host up and take what the run needs; nothing is sent yet."""
        addresses = resolve(plan.host, plan.port)
        self.progress = Progress(len(plan.requests), limit=descriptors(plan.connections))
        self._requests = plan.requests
        self._ids = Random(plan.seed)  # noqa: S311  names, not secrets
        self._timeout = round(plan.timeout * 1e9)
        self._poller = Poller()
        self._pool = Pool(addresses, self.progress, self._poller)
        self._client = Client(plan, self._pool, self.progress, sink)
        self._next = 0  # number of the next request to be due
        self._waiting: deque[Exchange] = deque()  # for a connection
        self._unfinished: deque[Exchange] = deque()  # in due order, with finished ones among them
        self._start = _now() + LEAD

    def loop(self, stop: threading.Event | None, on_progress: OnProgress | None) -> None:
        """Run to the end of the plan, or to `stop`."""
        tick = _now()
        while self._next < len(self._requests) or self.progress.in_flight:
            self._turn(min(self._wake(), tick))
            if (now := _now()) >= tick:
                tick = now + TICK
                if on_progress:
                    on_progress(self.progress)
                if stop and stop.is_set():
                    break
        for exchange in self._unfinished:
            if exchange.outcome == Outcome.OPEN:
                self._client.leave(exchange)
        if on_progress:
            on_progress(self.progress)

    def close(self) -> None:
        """Close every descriptor."""
        self._pool.close()
        self._client.close()
        self._poller.close()

    def _turn(self, until: int) -> None:
        """Wait for what comes next, and do it; nobody's answer holds up what is due."""
        for descriptor, _ in self._poller.poll(until):
            self._client.ready(descriptor)
            self._send_due()
        self._send_due()
        while self._waiting and self._placed(self._waiting[0]):
            self._waiting.popleft()
        self._expire(_now() - self._timeout)

    def _wake(self) -> int:
        """When the next request is due, or the oldest times out."""
        wake = self._unfinished[0].due + self._timeout if self._unfinished else NEVER
        if self._next < len(self._requests):
            wake = min(wake, self._start + self._requests[self._next].offset)
        return wake

    def _send_due(self) -> None:
        """Begin every request whose time has come."""
        requests, start = self._requests, self._start
        while self._next < len(requests) and start + requests[self._next].offset <= _now():
            exchange = self._exchange(self._next)
            self._next += 1
            self.progress.due += 1
            self._unfinished.append(exchange)
            if self._waiting or not self._client.begin(exchange):
                self._waiting.append(exchange)
                self.progress.waited += 1

    def _exchange(self, number: int) -> Exchange:
        offset, method, target = self._requests[number]
        ids = self._ids.getrandbits(192).to_bytes(24, "big")  # none of them all zeros, but once in 2**64
        return Exchange(number, method, target, self._start + offset, ids[:16], ids[16:])

    def _placed(self, exchange: Exchange) -> bool:
        """Tell whether a request that waited needs to wait no more."""
        return exchange.outcome != Outcome.OPEN or self._client.begin(exchange)

    def _expire(self, deadline: int) -> None:
        """Give up what was due before `deadline`, and forget what is finished at the head of the queue."""
        unfinished = self._unfinished
        while unfinished and (unfinished[0].outcome != Outcome.OPEN or unfinished[0].due <= deadline):
            exchange = unfinished.popleft()
            if exchange.outcome == Outcome.OPEN:
                self._client.expire(exchange, _now())
