"""Servers to send a load to: real ones as processes, and one of raw sockets that misbehaves as told."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

APP = """
import asyncio

def wsgi(environ, start_response):
    body = environ.get("HTTP_TRACEPARENT", "none").encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [b"" if environ["REQUEST_METHOD"] == "HEAD" else body]

async def asgi(scope, receive, send):
    if scope["type"] != "http":
        return
    status = int(scope["path"].strip("/") or 200)
    body = dict(scope["headers"]).get(b"traceparent", b"none") if status not in (204, 304) else b""
    chunked = scope["query_string"] == b"chunked" or not body
    headers = [] if chunked else [(b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body[:5], "more_body": True})
    await send({"type": "http.response.body", "body": body[5:]})
"""


@contextlib.contextmanager
def program(folder: Path, *command: str) -> Iterator[str]:
    """Run a server on a listener that is open already, as descriptor {fd}; gives the URL."""
    (folder / "app.py").write_text(APP)
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
        fd = listener.fileno()
        process = subprocess.Popen(
            [sys.executable, "-m", *(part.format(fd=fd) for part in command)],
            pass_fds=[fd],
            cwd=folder,
            env=os.environ | {"HOME": str(folder)},
            start_new_session=True,
        )
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


Script = Callable[[socket.socket, int], None]
"""Serves one connection, given its number from 0; the socket is closed afterwards."""


@contextlib.contextmanager
def scripted(script: Script) -> Iterator[str]:
    """Serve each connection in a thread by `script`; gives the URL."""
    threads: list[threading.Thread] = []
    open_sockets: list[socket.socket] = []

    def serve(connection: socket.socket, number: int) -> None:
        with contextlib.suppress(OSError), connection:
            script(connection, number)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                connection.settimeout(10)
                open_sockets.append(connection)
                thread = threading.Thread(target=serve, args=(connection, len(threads)), daemon=True)
                threads.append(thread)
                thread.start()

    with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
        acceptor = threading.Thread(target=accept, daemon=True)
        acceptor.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            acceptor.join(5)
            for connection in open_sockets:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            for thread in threads:
                thread.join(5)


def request(connection: socket.socket) -> bytes:
    """Read one request's head; b"" at the end of the stream."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        part = connection.recv(65536)
        if not part:
            return b""
        head += part
    return head


def reset(connection: socket.socket) -> None:
    """Close with a RST."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def slowly(connection: socket.socket, data: bytes, pause: float = 0.001) -> None:
    """Send byte by byte."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for at in range(len(data)):
        connection.sendall(data[at : at + 1])
        time.sleep(pause)
