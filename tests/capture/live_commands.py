"""`tracer record` as a process of its own, and a talk for it to capture."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import pytest

from tracer.capture import Capture, Data, Note, NoteKind, connections

PATIENCE = 30


def need(program):
    """Fail under CI, which installs it, else skip."""
    missing = None if shutil.which(program) else f"needs {program}"
    missing = missing or (None if os.geteuid() == 0 else "needs root")
    if missing and os.environ.get("CI"):
        pytest.fail(missing)
    if missing:
        pytest.skip(missing)


class Running:
    """A recording command; its stderr is read line by line."""

    def __init__(self, *arguments, stdout=None, env=None, cwd=None):
        command = [sys.executable, "-m", "tracer.cli", "record", *map(str, arguments)]
        environment = {**os.environ, **(env or {})}
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.PIPE, env=environment, cwd=cwd
        )
        self.lines = []
        self.begun = threading.Event()
        self.reading = threading.Thread(target=self._read)
        self.reading.start()

    def _read(self):
        for line in self.process.stderr:
            self.lines.append(line.decode())
            if "captures into" in self.lines[-1]:
                self.begun.set()
        self.begun.set()

    def ready(self):
        assert self.begun.wait(PATIENCE)
        assert "captures into" in "".join(self.lines), self.lines
        return self

    def ended(self, number=None):
        """Send a signal, wait for the end: (exit code, what stood on stderr)."""
        if number is not None:
            self.process.send_signal(number)
        code = self.process.wait(PATIENCE)
        self.reading.join(PATIENCE)
        return code, "".join(self.lines)

    def children(self):
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children") as file:
            return [int(number) for number in file.read().split()]


@contextmanager
def recording(*arguments, **more):
    running = Running(*arguments, **more)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.process.kill()
            running.process.wait()
        running.reading.join(PATIENCE)
        running.process.stderr.close()


def talk(server, turns=20):
    """Say known lines to an echo and read them again."""
    said = b"".join(b"line %d\n" % turn for turn in range(turns))
    with socket.create_connection(server.getsockname()) as client:
        peer, _ = server.accept()
        with peer:
            for line in said.splitlines(keepends=True):
                client.sendall(line)
                peer.sendall(peer.recv(1000))
                client.recv(1000)
    return said


def listen():
    return socket.create_server(("127.0.0.1", 0))


def told(path):
    """Give what the capture has of each whole connection: (to the server, to the client)."""
    found = {}
    for events in connections(Capture(str(path))):
        for event in events:
            sides = found.setdefault(event.connection.id, [b"", b""])
            if isinstance(event, Data):
                sides[event.direction] += bytes(event.join())
    return [tuple(sides) for sides in found.values()]


def until_closed(path, count=1):
    """Wait until so many connections have closed in a capture that is still written."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if path.exists() and path.stat().st_size:
            events = [event for chunk in connections(Capture(str(path))) for event in chunk]
            closed = [e for e in events if isinstance(e, Note) and e.kind is NoteKind.CLOSED]
            if len(closed) >= count:
                return
        time.sleep(0.05)
    raise AssertionError("the connection does not appear in the capture")
