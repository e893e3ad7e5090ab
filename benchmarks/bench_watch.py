"""What finding who blocks costs when nobody does, and how soon the line is named when somebody does.

Idle: a real uvicorn (uvloop), and a gunicorn worker with threads, both with nothing to do, with the watching
thread and without (HOPSCOPE_NO_WAITS=watch), take turns; CPU time by /proc/PID/stat and of all threads. Asked
is at most 0.3 % of a core. Named: a request blocks the loop by a sleep, a loop in Python and a regular
expression in C that holds the GIL; what counts is the time from the block's end to the record that names its
line. Asked is at most 100 ms.

    python benchmarks/bench_watch.py [--seconds 8] [--turns 3] [--blocks 8]
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve()
sys.path.insert(0, str(HERE.parents[1]))

from tracer.agent import layout  # noqa: E402

INJECT = HERE.parents[1] / "tracer" / "agent" / "inject"
BIN = Path(sys.executable).parent
APP = """
import re, time
def work(path):
    if path == "/sleep":
        time.sleep(0.3)
    elif path == "/python":
        until = time.monotonic() + 0.3
        while time.monotonic() < until:
            pass
    elif path == "/c":
        re.match(r"(a+)+$", "a" * 22 + "b")
    return str(time.monotonic_ns()).encode()
async def asgi(scope, receive, send):
    body = work(scope["path"])
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})
def wsgi(environ, start_response):
    body = work(environ["PATH_INFO"])
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]
"""
SERVERS = {
    "uvicorn": ["uvicorn", "--port", "0", "--lifespan", "off", "--loop", "uvloop", "watched:asgi"],
    "gthread": ["gunicorn", "-b", "127.0.0.1:0", "--threads", "4", "--no-control-socket", "watched:wsgi"],
}


class Server:
    """A server with the agent, and the CPU time of its processes."""

    def __init__(self, name: str, home: Path, *, watch: bool) -> None:
        self.rings = Path(tempfile.mkdtemp(dir=home))
        (home / "watched.py").write_text(APP)
        environ = {**os.environ, layout.ENV_DIR: str(self.rings), "PYTHONPATH": f"{INJECT}:{home}"}
        environ |= {} if watch else {layout.ENV_NO_WAITS: "watch"}
        program = [str(BIN / SERVERS[name][0]), *SERVERS[name][1:]]
        self.log = self.rings / "log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(program, env=environ, stdout=log, stderr=log, cwd=home)
        self.port = self._port()
        self.get("/")

    def _port(self) -> int:
        for _ in range(600):
            found = re.search(r"(?:Listening at|running on):? http://127.0.0.1:(\d+)", self.log.read_text())
            if found:
                return int(found[1])
            time.sleep(0.05)
        raise SystemExit(self.log.read_text())

    def get(self, path: str) -> bytes:
        """Ask for a page."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=30) as answer:
            return answer.read()

    def cpu(self) -> float:
        """Give the seconds of CPU of the process, or of the worker that it has, to a ns."""
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        tasks = Path(f"/proc/{children[0] if children else pid}/task").iterdir()
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.wait(20)


def idle(name: str, home: Path, seconds: float, turns: int) -> None:
    """Print the CPU time of a server with nothing to do, with the watching thread and without."""
    shares: dict[bool, list[float]] = {True: [], False: []}
    servers = {watch: Server(name, home, watch=watch) for watch in (True, False)}
    try:
        time.sleep(1)
        for _ in range(turns):
            before = {watch: server.cpu() for watch, server in servers.items()}
            time.sleep(seconds)
            for watch, server in servers.items():
                shares[watch].append((server.cpu() - before[watch]) / seconds)
    finally:
        for server in servers.values():
            server.stop()
    watched, bare = (statistics.median(shares[watch]) for watch in (True, False))
    print(
        f"idle {name}: {watched:.3%} of a core, {bare:.3%} without it: +{watched - bare:.3%} (asked: 0.3 %)"
    )


def named(home: Path, blocks: int) -> None:
    """Print how soon after a block's end its line stands in the ring."""
    server = Server("uvicorn", home, watch=True)
    try:
        (ring,) = server.rings.glob(f"*{layout.SUFFIX}")
        for path in ("/sleep", "/python", "/c"):
            late = [_named(server, ring, path) for _ in range(blocks)]
            told = f"median {statistics.median(late):.1f} ms, worst {max(late):.1f} ms"
            print(f"named after a block by {path[1:]}: {told} after its end (asked: 100 ms; < 0: during it)")
    finally:
        server.stop()


def _named(server: Server, ring: Path, path: str) -> float:
    """Block once; give the ms from the block's end to the first record that names its line."""
    before = {seq for seq, _ in stalls(ring)}
    ended = int(server.get(path))
    for _ in range(200):
        new = [end for seq, end in stalls(ring) if seq not in before]
        if new:
            return (min(new) - ended) / 1e6
        time.sleep(0.005)
    return float("inf")


def stalls(ring: Path) -> list[tuple[int, int]]:
    """List the numbers and times of the STALL records; they are written when their interval ends."""
    data, found = ring.read_bytes(), []
    pack: struct.Struct = layout.record(layout.STALL)
    names = [name for name, code in layout.FIELDS[layout.STALL] if not code.endswith("x")]
    for offset in range(layout.HEADER, len(data), layout.SLOT):
        if data[offset] == layout.STALL:
            record = dict(zip(names, pack.unpack_from(data, offset), strict=True))
            found.append((record["seq"], record["end"]))
    return found


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--blocks", type=int, default=8)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        for name in SERVERS:
            idle(name, Path(home), asked.seconds, asked.turns)
        named(Path(home), asked.blocks)


if __name__ == "__main__":
    main()
