"""Real servers on loopback, with the agent and without."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

import tracer.agent
from tracer.agent import layout

HERE = Path(__file__).parent
INJECT = Path(tracer.agent.__file__).parent / "inject"
BIN = Path(sys.executable).parent

UVICORN = ["uvicorn", "--port", "0", "--ws", "none", "--timeout-keep-alive", "1"]
COMMANDS = {
    "sync": ["gunicorn", "-b", "127.0.0.1:0", "-w", "1", "plain:wsgi"],
    "gthread": ["gunicorn", "-b", "127.0.0.1:0", "-w", "1", "--threads", "3", "plain:wsgi"],
    **{
        f"{http}-{loop}": [*UVICORN, "--http", http, "--loop", loop, "plain:asgi"]
        for http in ("h11", "httptools")
        for loop in ("asyncio", "uvloop")
    },
}
"""Variant -> the command that starts it."""

FIELD = {
    "waitress": ["waitress-serve", "--listen", "127.0.0.1:0", "--threads", "3", "plain:wsgi"],
    "wsgiref": ["serve_wsgiref.py"],
    "werkzeug": ["serve_werkzeug.py"],
    "hypercorn": ["hypercorn", "-b", "127.0.0.1:0", "plain:asgi"],
    "gunicorn asgi": ["gunicorn", "--no-control-socket", "-b", "127.0.0.1:0", "-k", "asgi", "plain:asgi"],
    "gevent": ["gunicorn", "--no-control-socket", "-b", "127.0.0.1:0", "-k", "gevent", "plain:wsgi"],
    "granian asgi": ["granian", "--port", "0", "--interface", "asgi", "plain:asgi"],
    "granian wsgi": ["granian", "--port", "0", "--interface", "wsgi", "plain:wsgi"],
    "uwsgi": ["uwsgi", "--http-socket", "127.0.0.1:0", "--master", "--die-on-term", "-w", "plain:wsgi"],
}
"""Further servers."""


LISTENS = (
    r"(?i)(?:(?:listening at|running on|serving (?:on|at|http [^(]*)):? \(?http://|bound to TCP address )"
    r"127.0.0.1:(\d+)"
)


class Server:
    """A server's process, its port, its rings and what it said."""

    def __init__(self, command: list[str], home: Path, *, agent: bool = True, **more: str) -> None:
        self.rings = home / "rings"
        self.log = home / "log"
        self.rings.mkdir(parents=True, exist_ok=True)
        environ = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", layout.ENV_DIR)}
        path = more.pop("PYTHONPATH", str(HERE / "apps"))
        environ.update(HOME=str(home), PYTHONPATH=path, PYTHONDONTWRITEBYTECODE="1")
        if agent:
            environ.update({layout.ENV_DIR: str(self.rings), "PYTHONPATH": f"{INJECT}{os.pathsep}{path}"})
        environ.update(more)
        program = [str(BIN / command[0]), *command[1:]] if "/" not in command[0] else command
        if command[0].endswith(".py"):
            program = [sys.executable, *command]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(program, env=environ, stdout=log, stderr=log, cwd=HERE / "apps")
        self.port = self._port()

    def _port(self) -> int:
        for _ in range(600):
            if found := re.search(LISTENS, self.said()):
                return int(found[1])
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        self.kill()
        raise AssertionError(f"the server did not start:\n{self.said()}")

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def raw(self, *parts: bytes, wait: float = 20.0) -> bytes:
        """Send the parts on one connection, and return all that comes until the server closes it."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=wait) as client:
            for part in parts:
                client.sendall(part)
                if len(parts) > 1:
                    time.sleep(0.03)
            received = []
            try:
                while data := client.recv(65536):
                    received.append(data)
            except ConnectionResetError:
                received.append(b"<reset>")
            return b"".join(received)

    def get(self, target: str, *headers: str) -> bytes:
        head = "\r\n".join([f"GET {target} HTTP/1.1", "Host: test", "Connection: close", *headers])
        return self.raw(head.encode() + b"\r\n\r\n")

    def stop(self) -> None:
        """End it in good order."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()

    def kill(self) -> None:
        """Kill it and its children."""
        for pid in [*self.children(), self.process.pid]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait(20)

    def children(self) -> list[int]:
        try:
            listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        except OSError:
            return []
        return [int(pid) for pid in listed.split()]


@pytest.fixture
def serve(tmp_path):
    """Start servers that are stopped at the end of the test, whatever happens."""
    started: list[Server] = []

    def start(variant: str | list[str], *, agent: bool = True, **more: str) -> Server:
        command = (COMMANDS | FIELD)[variant] if isinstance(variant, str) else variant
        home = tmp_path / f"server{len(started)}"
        home.mkdir()
        server = Server(command, home, agent=agent, **more)
        started.append(server)
        return server

    yield start
    for server in started:
        server.stop()


@pytest.fixture(params=list(COMMANDS))
def variant(request):
    return request.param
