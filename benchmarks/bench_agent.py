"""CPU time that the agent adds to a request and to a worker's start, beside OpenTelemetry in the same run.

In process (`agent_workers`): uvicorn's real HttpToolsProtocol on uvloop with a real Starlette application,
its transport a fake that reads a real TCP socket; gunicorn's real ThreadWorker with a real Flask application.
Processes take turns with batches of requests, in random order; the CPU time of all their threads is counted,
and a second bare process tells the noise. A turn's difference is to the bare turn beside it. Told are the
mean with its 95 % interval, the median, and the difference of the lower quarters, which the neighbours
disturb less. End to end: real uvicorns take turns; CPU time by /proc/PID/stat.

    agent                      as it is: it asks for no arrival where the loop polled less than 250 us ago
    agent, each arrival asked  the kernel's stamp is fetched for every request, as on a loop that idles
    opentelemetry              `opentelemetry-instrument` as it comes: OTLP over HTTP, to a sink process
    opentelemetry, no export   the same with its exporters off: what it costs the application's thread

    python benchmarks/bench_agent.py [--pairs 40] [--batch 1000] [--requests 4000] [--turns 6] [--boots 15]

OpenTelemetry comes from requirements/bench.txt; without it those rows are left out.
"""

from __future__ import annotations

import argparse
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
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import get_context
from pathlib import Path

from agent_workers import REQUEST

HERE = Path(__file__).resolve().parent
INJECT = HERE.parent / "tracer" / "agent" / "inject"
BIN = Path(sys.executable).parent
EACH, OTEL, SILENT = "agent, each arrival asked", "opentelemetry", "opentelemetry, no export"
KINDS = {
    "uvicorn": ("bare", "agent", EACH, OTEL, SILENT, "bare again"),
    "gthread": ("bare", "agent", OTEL, SILENT, "bare again"),
}


class Sink(BaseHTTPRequestHandler):
    """Takes what OpenTelemetry exports, and says 200."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Read it to its end."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def serve(port) -> None:
    """Serve as the sink; `port` is where to say which port it is."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Sink)
    port.send(server.server_port)
    server.serve_forever()


@contextmanager
def sink():
    """Give the address of a sink in a process of its own."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(theirs,))
    process.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}"
    finally:
        process.terminate()
        process.join(10)


def command(kind: str, program: list[str], rings: str, to: str) -> tuple[list[str], dict[str, str]]:
    """The program and environment by which a kind of server is started."""
    environ = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "HOPSCOPE_RINGS")}
    environ["PYTHONPATH"] = str(HERE)
    if kind.startswith("agent"):
        environ.update(PYTHONPATH=f"{INJECT}{os.pathsep}{HERE}", HOPSCOPE_RINGS=rings)
        environ["BENCH_EACH_ARRIVAL"] = "1" if kind == EACH else ""
    if kind.startswith("opentelemetry"):
        program = [str(BIN / "opentelemetry-instrument"), *program]
        environ.update(OTEL_EXPORTER_OTLP_PROTOCOL="http/protobuf", OTEL_EXPORTER_OTLP_ENDPOINT=to)
    if kind == SILENT:
        environ.update({f"OTEL_{signal}_EXPORTER": "none" for signal in ("TRACES", "METRICS", "LOGS")})
    return program, environ


# In process.


def start(kind: str, server: str, rings: str, to: str) -> subprocess.Popen[str]:
    """Start a worker."""
    program, environ = command(kind, [sys.executable, str(HERE / "agent_workers.py"), server], rings, to)
    return subprocess.Popen(program, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def turn(process: subprocess.Popen[str], requests: int) -> int:
    """Have a worker run a batch, and return the ns that it took."""
    process.stdin.write(f"{requests}\n")
    process.stdin.flush()
    return int(process.stdout.readline())


def in_process(
    kinds: tuple[str, ...], server: str, pairs: int, requests: int, rings: str, to: str
) -> dict[str, list[float]]:
    """Kind -> us of CPU a request, one figure a turn."""
    workers: dict[str, subprocess.Popen[str]] = {}
    try:
        for kind in kinds:
            workers[kind] = start(kind, server, rings, to)
            turn(workers[kind], requests)  # warms up
        taken: dict[str, list[float]] = {kind: [] for kind in kinds}
        for _ in range(pairs):
            for kind in random.sample(kinds, len(kinds)):
                taken[kind].append(turn(workers[kind], requests) / requests / 1000)
        return taken
    finally:
        for process in workers.values():
            process.stdin.close()
            process.wait(30)
            process.stdout.close()


def boots(kinds: tuple[str, ...], server: str, times: int, rings: str, to: str) -> dict[str, list[float]]:
    """Kind -> ms of CPU that a worker takes to start, serve one request and end, one figure a turn."""
    taken: dict[str, list[float]] = {kind: [] for kind in kinds}
    for _ in range(times):
        for kind in random.sample(kinds, len(kinds)):
            process = start(kind, server, rings, to)
            turn(process, 1)
            process.stdin.close()
            process.stdout.close()
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            taken[kind].append((used.ru_utime + used.ru_stime) * 1000)
    return taken


# End to end.


class Uvicorn:
    """A real server and one connection to it."""

    def __init__(self, kind: str, rings: str, to: str) -> None:
        program = [sys.executable, "-m", "uvicorn", "--factory", "agent_workers:application", "--port", "0"]
        program += [
            "--http",
            "httptools",
            "--loop",
            "uvloop",
            "--no-access-log",
            "--timeout-keep-alive",
            "600",
        ]
        program, environ = command(kind, program, rings, to)
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


def end_to_end(
    kinds: tuple[str, ...], pairs: int, requests: int, rings: str, to: str
) -> dict[str, list[float]]:
    """Kind -> us of the server's CPU a request, one figure a turn."""
    servers: dict[str, Uvicorn] = {}
    try:
        for kind in kinds:
            servers[kind] = Uvicorn(kind, rings, to)
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


def added(taken: dict[str, list[float]], kind: str) -> dict[str, float]:
    """What a kind adds to bare: mean and half its 95 % interval, median, and by the lower quarters."""
    differences = [one - bare for one, bare in zip(taken[kind], taken["bare"], strict=True)]
    quarter = [statistics.quantiles(taken[which], n=4)[0] for which in (kind, "bare")]
    return {
        "mean": statistics.fmean(differences),
        "half": 1.96 * statistics.stdev(differences) / math.sqrt(len(differences)),
        "median": statistics.median(differences),
        "lower quarter": quarter[0] - quarter[1],
    }


def report(title: str, unit: str, taken: dict[str, list[float]]) -> dict[str, object]:
    """Print the figures of one way of measuring, and return them."""
    bare = taken["bare"]
    print(f"\n{title}: {unit}, {len(bare)} turns each", flush=True)
    quarter = statistics.quantiles(bare, n=4)[0]
    print(
        f"  {'bare':26} {statistics.fmean(bare):8.1f}   median {statistics.median(bare):7.1f}"
        f"   lower quarter {quarter:7.1f}"
    )
    figures: dict[str, object] = {"bare": statistics.fmean(bare)}
    for kind in taken:
        if kind != "bare":
            one = figures[kind] = added(taken, kind)
            print(
                f"  {kind:26} {one['mean']:+8.1f} ± {one['half']:.1f}   median {one['median']:+7.1f}"
                f"   lower quarter {one['lower quarter']:+7.1f}"
            )
    for kind in (OTEL, SILENT):
        if kind in taken:
            times = {
                how: figures[kind][how] / figures["agent"][how] for how in ("mean", "median", "lower quarter")
            }
            figures[f"times less than {kind}"] = times
            told = ", ".join(f"{value:.0f} by the {how}" for how, value in times.items())
            print(f"  the agent adds so many times less than {kind}: {told}")
    return figures


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description="CPU time that the agent adds")
    parser.add_argument("--pairs", type=int, default=40)
    parser.add_argument("--batch", type=int, default=1000, help="requests of a turn in process")
    parser.add_argument("--requests", type=int, default=4000, help="requests of a turn end to end")
    parser.add_argument("--turns", type=int, default=6, help="turns end to end")
    parser.add_argument("--boots", type=int, default=15, help="starts of each kind of worker")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    options = parser.parse_args()
    if any(count == 1 for count in (options.pairs, options.turns, options.boots)):
        parser.error("--pairs, --turns and --boots want 0 or at least 2: an interval has no less")
    has_otel = shutil.which("opentelemetry-instrument", path=BIN) is not None
    figures: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as rings, sink() as to:
        for server, kinds in KINDS.items():
            told = tuple(kind for kind in kinds if has_otel or not kind.startswith("opentelemetry"))
            if options.pairs:
                taken = in_process(told, server, options.pairs, options.batch, rings, to)
                figures[server] = report(f"{server}, in process", "CPU us a request", taken)
            if options.boots:
                started = boots(("bare", "agent", "bare again"), server, options.boots, rings, to)
                figures[f"{server} start"] = report(f"{server}, a worker's start", "CPU ms", started)
        if options.turns:
            told = tuple(kind for kind in ("bare", "agent", OTEL, "bare again") if has_otel or kind != OTEL)
            taken = end_to_end(told, options.turns, options.requests, rings, to)
            figures["end to end"] = report("uvicorn, end to end", "CPU us a request", taken)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
