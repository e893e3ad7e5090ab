"""What the load generator costs, and how late it is.

One loader's CPU time a request (user and system; it is taken from the server on a small machine) and its
lateness (sending - due), by rate, reader and keep-alive, against a trivial server on uvloop; beside it httpx
with asyncio as the peer, sending the same arrivals. Each figure is the median of interleaved rounds, with the
lowest and highest; the machine's own lateness (a bare sleep, nothing sent) says how noisy it was.
"""

from __future__ import annotations

import asyncio
import gc
import resource
import select
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import httpx

from tracer.load import Plan, poisson, pool, run, run_in_process
from tracer.load.answer import H11Answer, LlhttpAnswer
from tracer.load.clock import sharp_timers

ROUNDS = 5
SECONDS = 1.5
SERVER = """
import asyncio, socket, sys, uvloop

class Hello(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport, self.head = transport, b""

    def data_received(self, data):
        self.head += data
        if self.head.endswith(b"\\r\\n\\r\\n"):
            close = b"Connection: close" in self.head
            self.transport.write(b"HTTP/1.1 200 OK\\r\\nContent-Length: 5\\r\\n\\r\\nhello")
            self.head = b""
            if close:
                self.transport.close()

async def main():
    listener = socket.socket(fileno=int(sys.argv[1]))
    server = await asyncio.get_running_loop().create_server(Hello, sock=listener)
    await server.serve_forever()

uvloop.run(main())
"""

Figures = tuple[float, float, float]
"""µs of CPU a request, and lateness p50 and p99 in µs."""


def cpu() -> float:
    """Seconds of this process and of the children that it waited for."""
    return sum(
        used.ru_utime + used.ru_stime
        for used in (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    )


def measured(plan: Plan, load: Callable[[Plan], list[int]]) -> Figures:
    """Run a load that gives the lateness of each request in ns."""
    gc.collect()
    before = cpu()
    late = sorted(load(plan))
    each = (cpu() - before) / len(late) * 1e6
    return each, late[len(late) // 2] / 1e3, late[len(late) * 99 // 100] / 1e3


def ours(reader: type, runner: Callable[..., object] = run) -> Callable[[Plan], list[int]]:
    """Load by this loader."""

    def load(plan: Plan) -> list[int]:
        late: list[int] = []
        pool.reader = lambda: reader
        runner(plan, lambda exchange: late.append(exchange.sending - exchange.due))
        return late

    return load


def by_httpx(plan: Plan) -> list[int]:
    """Load by httpx, a task a request; lateness is what asyncio's timers leave before its own work begins."""

    async def main() -> list[int]:
        late: list[int] = []
        limits = httpx.Limits(max_connections=4096, max_keepalive_connections=4096)
        url = f"http://{plan.host}:{plan.port}/"
        async with httpx.AsyncClient(limits=limits) as client, asyncio.TaskGroup() as tasks:
            start = time.monotonic_ns() + 2_000_000
            for offset, _, _ in plan.requests:
                wait = start + offset - time.monotonic_ns()
                await asyncio.sleep(max(0, wait) / 1e9)
                late.append(time.monotonic_ns() - start - offset)
                tasks.create_task(client.get(url))
        return late

    return asyncio.run(main())


def asleep(plan: Plan) -> list[int]:
    """Send nothing: what a bare sleep of this machine is late by."""
    late: list[int] = []
    with sharp_timers():
        start = time.monotonic_ns()
        for offset, _, _ in plan.requests:
            select.select((), (), (), max(0, start + offset - time.monotonic_ns()) / 1e9)
            late.append(max(0, time.monotonic_ns() - start - offset))
    return late


LLHTTP, H11 = ours(LlhttpAnswer), ours(H11Answer)
OWN_PROCESS = ours(LlhttpAnswer, run_in_process)
CASES: list[tuple[str, int, bool, Callable[[Plan], list[int]]]] = [
    *((f"llhttp   {rate:>5}/s kept", rate, True, LLHTTP) for rate in (100, 500, 1000, 3000)),
    ("llhttp     500/s a connection each", 500, False, LLHTTP),
    ("h11        500/s kept", 500, True, H11),
    ("h11       1000/s kept", 1000, True, H11),
    ("own process 1000/s kept, with its start-up", 1000, True, OWN_PROCESS),
    ("httpx      100/s kept", 100, True, by_httpx),
    ("asleep     500/s", 500, True, asleep),
]


def told(values: list[float]) -> str:
    """Write a median with its range."""
    return f"{statistics.median(values):6.0f} ({min(values):.0f}–{max(values):.0f})"


def main() -> None:
    """Print the table."""
    results: dict[str, list[Figures]] = {name: [] for name, *_ in CASES}
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listener:
        fd = listener.fileno()
        server = subprocess.Popen([sys.executable, "-c", SERVER, str(fd)], pass_fds=[fd])
        try:
            url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
            run(Plan.of(url, [0] * 10), lambda _: None)
            for seed in range(ROUNDS):
                for name, rate, keep_alive, load in CASES:
                    plan = Plan.of(url, poisson(rate, SECONDS, seed), keep_alive=keep_alive, seed=seed)
                    results[name].append(measured(plan, load))
        finally:
            server.kill()
            server.wait()
    print(f"{'':42}{'CPU, µs a request':>22}{'late p50, µs':>22}{'late p99, µs':>26}")
    for name, figures in results.items():
        columns = [told([each[column] for each in figures]) for column in range(3)]
        print(f"{name:42}{columns[0]:>22}{columns[1]:>22}{columns[2]:>26}")


if __name__ == "__main__":
    main()
