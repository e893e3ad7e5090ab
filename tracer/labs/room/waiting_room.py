"""The app of the demo: one endpoint that waits, one that computes, once as WSGI and once as ASGI.

It stands alone in its folder, is started by path (`gunicorn --chdir …/room waiting_room:wsgi`) and needs
nothing but the standard library. `/wait` stands for a database that takes WAIT_S to answer; `/compute`
does the same work each time, `HOPSCOPE_ROOM_WORK` rounds of it (the demo measures how many it wants).
"""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

WAIT_S = 0.1
WORK = int(os.environ.get("HOPSCOPE_ROOM_WORK", "300000"))

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


def compute(rounds: int = WORK) -> int:
    """Do work that cannot be awaited: a linear congruence, `rounds` times."""
    value = 1
    for _ in range(rounds):
        value = (value * 1103515245 + 12345) % 2147483648
    return value


def wsgi(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Serve a request and hold the worker for as long as it takes."""
    path = environ["PATH_INFO"]
    if path == "/wait":
        time.sleep(WAIT_S)
    status, body = _answer(path)
    start_response(status, _headers(body))
    return [body]


async def asgi(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Serve a request and give the loop back at the `await`, if there is one."""
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
        return
    path = scope["path"]
    if path == "/wait":
        await asyncio.sleep(WAIT_S)
    status, body = _answer(path)
    headers = [(name.lower().encode(), value.encode()) for name, value in _headers(body)]
    await send({"type": "http.response.start", "status": int(status[:3]), "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _answer(path: str) -> tuple[str, bytes]:
    if path == "/wait":
        return "200 OK", b"waited\n"
    if path == "/compute":
        return "200 OK", b"%d\n" % compute()
    return "404 Not Found", b"/wait or /compute\n"


def _headers(body: bytes) -> list[tuple[str, str]]:
    return [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))]


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": message["type"] + ".complete"})
        if message["type"] == "lifespan.shutdown":
            return
