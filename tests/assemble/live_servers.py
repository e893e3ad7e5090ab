"""Real servers under `tracer run`, and a client of their own that notes what was answered."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path

from tracer.observe.processes import listening, tree

WSGI = """
import os, time
def app(environ, start_response):
    path = environ["PATH_INFO"]
    if path.startswith("/item"):
        time.sleep(0.01)
    if path == "/hold":
        with open("held", "w") as file:
            file.write(str(os.getpid()))
        time.sleep(60)
    if path == "/error":
        raise ValueError("on purpose")
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "5")])
    return [b"hello"]
"""
ASGI = """
import asyncio
async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return
    if scope["path"].startswith("/item"):
        await asyncio.sleep(0.01)
    if scope["path"] == "/hold":
        open("held", "w").close()
        await asyncio.sleep(60)
    if scope["path"] == "/error":
        raise ValueError("on purpose")
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]})
    await send({"type": "http.response.body", "body": b"hello"})
"""
SERVERS = {
    "sync": ["gunicorn", "-w", "2", "--no-control-socket", "-b", "127.0.0.1:0", "wsgi_app:app"],
    "gthread": [
        "gunicorn", "-w", "1", "-k", "gthread", "--threads", "4", "--no-control-socket",
        "-b", "127.0.0.1:0", "wsgi_app:app",
    ],
    "httptools": ["uvicorn", "--port", "0", "--http", "httptools", "--loop", "uvloop", "asgi_app:app"],
    "h11": ["uvicorn", "--port", "0", "--http", "h11", "--loop", "asyncio", "asgi_app:app"],
}  # fmt: skip


def command(name: str, folder: Path) -> list[str]:
    """Give the command of a server, the apps of which are written to `folder`, its working directory."""
    (folder / "wsgi_app.py").write_text(WSGI)
    (folder / "asgi_app.py").write_text(ASGI)
    return [sys.executable, "-m", *SERVERS[name]]


def tracer(*arguments: str, folder: Path, **options) -> subprocess.Popen:
    """Start `tracer` in `folder`."""
    run = [sys.executable, "-c", "import sys; from tracer.cli.main import main; sys.exit(main())", *arguments]
    with (folder / "stderr").open("ab") as stderr:  # a pipe would stay open as long as any server does
        return subprocess.Popen(run, cwd=folder, **{"stdout": subprocess.DEVNULL, "stderr": stderr} | options)


def said(folder: Path) -> str:
    """What was written to stderr so far."""
    return (folder / "stderr").read_text()


@contextmanager
def recorded(name: str, folder: Path, *arguments: str):
    """Start a server under `tracer run -o OUT.trace`, wait until it serves; end whatever is left at last."""
    process = tracer("run", "-o", "out.trace", *arguments, "--", *command(name, folder), folder=folder)
    known = {process.pid}
    try:
        yield process, wait_for_port(process, known, folder)
    finally:
        known |= set(tree(process.pid))
        for pid in known:
            kill(pid)
        process.wait(10)


def wait_for_port(process: subprocess.Popen, known: set[int], folder: Path) -> int:
    """Wait until one of the process's descendants answers; give its port. `known` gets the descendants."""
    until = time.monotonic() + 30
    while time.monotonic() < until and process.poll() is None:
        known |= set(tree(process.pid))
        places = listening(sorted(known))
        if places and ask(places[0][1], "/ready") == 200:
            known |= set(tree(process.pid))
            return places[0][1]
        time.sleep(0.05)
    raise AssertionError(f"no server: {said(folder)}")


def ask(port: int, target: str, timeout: float = 5) -> int:
    """Send one request; give its status once the whole answer is read, 0 if it broke."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request("GET", target, headers={"Connection": "close"})
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException):
        return 0
    else:
        return answer.status
    finally:
        connection.close()


def kill(pid: int, number: int = signal.SIGKILL) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


class Crowd:
    """Clients that ask for `/item/N`, one after the other, until they are stopped or the server is gone."""

    def __init__(self, port: int, clients: int = 4) -> None:
        self.answered: set[str] = set()  # targets
        self._port, self._number, self._lock = port, 0, threading.Lock()
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._go) for _ in range(clients)]
        for thread in self._threads:
            thread.start()

    def _go(self) -> None:
        while not self._stop.is_set():
            with self._lock:
                self._number += 1
                target = f"/item/crowd{self._number}"
            if ask(self._port, target) == 200:
                self.answered.add(target)
            else:
                time.sleep(0.01)

    def hold(self, folder: Path) -> None:
        """Have one more request in flight, at an application that will not answer it."""
        thread = threading.Thread(target=ask, args=(self._port, "/hold", 100))
        thread.start()
        self._threads.append(thread)
        until = time.monotonic() + 30
        while not (folder / "held").exists() and time.monotonic() < until:
            time.sleep(0.01)
        time.sleep(0.1)

    def wait(self, answers: int) -> None:
        """Wait until so many more were answered."""
        wanted, until = len(self.answered) + answers, time.monotonic() + 30
        while len(self.answered) < wanted and time.monotonic() < until:
            time.sleep(0.005)

    def stop(self) -> set[str]:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        return self.answered
