"""CPU time that the agent adds to a request, beside what OpenTelemetry adds in the same run.

In process: uvicorn's real HttpToolsProtocol on uvloop with a real Starlette application. The transport is
a fake that reads a real TCP socket, so that the agent's peek at the kernel's time stamp is in the figure.
Three processes (bare, agent, opentelemetry) take turns with batches of requests, in random order; the
figure is the mean of the differences of the turns, with a 95 % interval, and a second bare process tells
the noise. End to end: three real uvicorns take turns with requests; CPU time by /proc/PID/stat.

    python benchmarks/bench_agent.py [--pairs 40] [--batch 2000] [--requests 4000]

OpenTelemetry runs as `opentelemetry-instrument` with its exporters off: what it costs the application's
thread at the least. It comes from requirements/bench.txt; without it that column is left out.
"""

from __future__ import annotations

import _socket
import argparse
import asyncio
import json
import math
import os
import random
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve()
INJECT = HERE.parents[1] / "tracer" / "agent" / "inject"
BIN = Path(sys.executable).parent
SO_TIMESTAMPNS = 35
REQUEST = (
    b"GET /hello HTTP/1.1\r\nHost: 127.0.0.1:8000\r\nUser-Agent: bench/1\r\nAccept: */*\r\n"
    b"traceparent: 00-0123456789abcdef0123456789abcdef-00f067aa0ba902b7-01\r\n\r\n"
)
KINDS = ("bare", "agent", "opentelemetry", "bare again")


def application():
    """The smallest Starlette application: one `async def` endpoint."""
    from starlette.applications import Starlette
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route

    async def hello(_request):
        return PlainTextResponse("hello")

    return Starlette(routes=[Route("/hello", hello)])


# In process.


class Transport:
    """Reads a real socket as a loop's transport does, and counts what is written."""

    def __init__(self, sock, protocol):
        self.sock, self.protocol, self.answers = sock, protocol, 0
        self.view = memoryview(bytearray(256_000))

    def get_extra_info(self, name, default=None):
        """As a transport's."""
        if name == "socket":
            return self.sock
        return {"peername": self.sock.getpeername, "sockname": self.sock.getsockname}.get(
            name, lambda: default
        )()

    def set_protocol(self, protocol):
        """As a transport's."""
        self.protocol = protocol

    def get_protocol(self):
        """As a transport's."""
        return self.protocol

    def read(self):
        """Hand on what the socket has, into the protocol's buffer if it has one."""
        protocol = self.protocol
        if isinstance(protocol, asyncio.BufferedProtocol):
            protocol.buffer_updated(self.sock.recv_into(protocol.get_buffer(-1)))
        else:
            # As uvloop does. A recv of 256 kB had malloc give memory back to the kernel and fetch it
            # again for each request, in some processes and not in others: 40 us.
            protocol.data_received(self.view[: self.sock.recv_into(self.view)].tobytes())

    def write(self, data):
        """Count an answer when its body comes."""
        if data.endswith(b"hello"):
            self.answers += 1

    def is_closing(self):
        """Never."""
        return False

    def close(self):
        """Never."""
        raise AssertionError("the connection is kept")

    def pause_reading(self):
        """Nothing reads but `read`."""

    resume_reading = pause_reading


def connected():
    """A client's socket and the server's end of it, stamped as the agent has them stamped."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        if "_hopscope_agent" in sys.modules:
            listener.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        client = socket.create_connection(listener.getsockname())
        server, _ = listener.accept()
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    # As the C code of a loop uses it: past the methods of socket.socket, which the agent wraps.
    ends = [_socket.socket(end.family, end.type, end.proto, end.detach()) for end in (client, server)]
    ends[1].setblocking(False)
    return ends


async def worker() -> None:
    """Run batches as stdin asks for them, and print the CPU ns of each."""
    from uvicorn.config import Config
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
    from uvicorn.server import ServerState

    loop = asyncio.get_running_loop()
    if "_hopscope_agent" in sys.modules:
        from _hopscope_agent.loops import step_tasks

        step_tasks(loop)  # what the agent does once the server has started
    config = Config(application(), http="httptools", log_level="critical", access_log=False)
    protocol = HttpToolsProtocol(config, ServerState(), {}, loop)
    client, server = connected()
    transport = Transport(server, protocol)
    protocol.connection_made(transport)
    for line in sys.stdin:
        print(await batch(client, transport, int(line)), flush=True)


async def batch(client, transport, requests: int) -> int:
    """Return the CPU ns that so many requests take, one after the other."""
    wanted = transport.answers
    start = time.thread_time_ns()
    for _ in range(requests):
        client.send(REQUEST)
        transport.read()
        wanted += 1
        while transport.answers < wanted:  # noqa: ASYNC110
            await asyncio.sleep(0)  # one round of the loop
    return time.thread_time_ns() - start


def command(kind: str, program: list[str], rings: str) -> tuple[list[str], dict[str, str]]:
    """The program and environment by which a kind of server is started."""
    environ = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "HOPSCOPE_RINGS")}
    environ["PYTHONPATH"] = str(HERE.parent)
    if kind == "agent":
        environ.update(PYTHONPATH=f"{INJECT}{os.pathsep}{HERE.parent}", HOPSCOPE_RINGS=rings)
    if kind == "opentelemetry":
        environ.update({f"OTEL_{signal}_EXPORTER": "none" for signal in ("TRACES", "METRICS", "LOGS")})
        program = [str(BIN / "opentelemetry-instrument"), *program]
    return program, environ


def in_process(kinds: list[str], pairs: int, requests: int, rings: str) -> dict[str, list[float]]:
    """Kind -> us of CPU a request, one figure a turn."""
    workers = {}
    for kind in kinds:
        program, environ = command(kind, [sys.executable, str(HERE), "--worker"], rings)
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        workers[kind] = subprocess.Popen(program, env=environ, **pipes)
    try:
        for kind in kinds:
            turn(workers[kind], requests)  # warms up
        taken: dict[str, list[float]] = {kind: [] for kind in kinds}
        for _ in range(pairs):
            for kind in random.sample(kinds, len(kinds)):
                taken[kind].append(turn(workers[kind], requests) / requests / 1000)
        return taken
    finally:
        for process in workers.values():
            process.stdin.close()
            process.wait(10)


def turn(process, requests: int) -> int:
    """Have a worker run a batch."""
    process.stdin.write(f"{requests}\n")
    process.stdin.flush()
    return int(process.stdout.readline())


# End to end.


class Uvicorn:
    """A real server and one connection to it."""

    def __init__(self, kind: str, rings: str) -> None:
        program = [sys.executable, "-m", "uvicorn", "--factory", "bench_agent:application", "--port", "0"]
        program += [
            "--http",
            "httptools",
            "--loop",
            "uvloop",
            "--no-access-log",
            "--timeout-keep-alive",
            "600",
        ]
        program, environ = command(kind, program, rings)
        self.process = subprocess.Popen(program, env=environ, stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            if found := re.search(r"running on http://127.0.0.1:(\d+)", line):
                break
        self.client = socket.create_connection(("127.0.0.1", int(found[1])))
        self.client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def cpu(self) -> float:
        """CPU time of all its threads so far, us."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") * 1e6

    def turn(self, requests: int) -> float:
        """Return the us of the server's CPU a request."""
        start = self.cpu()
        for _ in range(requests):
            self.client.sendall(REQUEST)
            while not (data := self.client.recv(4096)).endswith(b"hello"):
                if not data:
                    raise SystemExit("the server closed the connection in the midst of the measurement")
        return (self.cpu() - start) / requests

    def stop(self) -> None:
        """End it."""
        self.client.close()
        self.process.terminate()
        self.process.wait(10)
        self.process.stderr.close()


def end_to_end(kinds: list[str], pairs: int, requests: int, rings: str) -> dict[str, list[float]]:
    """Kind -> us of the server's CPU a request, one figure a turn."""
    servers: dict[str, Uvicorn] = {}
    try:
        for kind in kinds:
            servers[kind] = Uvicorn(kind, rings)
            servers[kind].turn(requests // 4)
        taken: dict[str, list[float]] = {kind: [] for kind in kinds}
        for _ in range(pairs):
            for kind in random.sample(kinds, len(kinds)):
                taken[kind].append(servers[kind].turn(requests))
        return taken
    finally:
        for server in servers.values():
            server.stop()


# The figures.


def added(taken: dict[str, list[float]], kind: str) -> tuple[float, float]:
    """Mean of the paired differences to bare, and half its 95 % interval."""
    differences = [one - bare for one, bare in zip(taken[kind], taken["bare"], strict=True)]
    half = 1.96 * statistics.stdev(differences) / math.sqrt(len(differences))
    return statistics.fmean(differences), half


def report(title: str, taken: dict[str, list[float]]) -> dict[str, object]:
    """Print the figures of one way of measuring, and return them."""
    print(f"\n{title}: CPU us a request, {len(taken['bare'])} turns each")
    figures: dict[str, object] = {"bare": statistics.fmean(taken["bare"])}
    print(f"  {'bare':15} {figures['bare']:8.1f}")
    for kind in taken:
        if kind != "bare":
            mean, half = added(taken, kind)
            figures[kind] = [mean - half, mean, mean + half]
            print(f"  {kind:15} {mean:+8.1f}  (95 %: {mean - half:+.1f} to {mean + half:+.1f})")
    if "opentelemetry" in taken:
        figures["times less"] = added(taken, "opentelemetry")[0] / added(taken, "agent")[0]
        print(f"  the agent adds {figures['times less']:.0f} times less than OpenTelemetry")
    return figures


def main() -> None:
    """Measure, or be one of the processes that are measured."""
    parser = argparse.ArgumentParser(description="CPU time that the agent adds to a request")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--pairs", type=int, default=40)
    parser.add_argument("--batch", type=int, default=2000, help="requests of a turn in process")
    parser.add_argument("--requests", type=int, default=4000, help="requests of a turn end to end")
    parser.add_argument("--turns", type=int, default=8, help="turns end to end")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    options = parser.parse_args()
    if options.worker:
        import uvloop

        uvloop.run(worker())
        return
    kinds = [
        kind
        for kind in KINDS
        if kind != "opentelemetry" or shutil.which("opentelemetry-instrument", path=BIN)
    ]
    with tempfile.TemporaryDirectory() as rings:
        figures = {
            "in process": report("in process", in_process(kinds, options.pairs, options.batch, rings)),
            "end to end": report("end to end", end_to_end(kinds, options.turns, options.requests, rings)),
        }
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
