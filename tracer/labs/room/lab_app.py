"""The app of the labs, once as WSGI and once as ASGI: what it does stands in the path.

/hello answers; /wait/50 waits 50 ms as that convention does; /block/50 sleeps 50 ms and holds what it runs
on; /thread/50 does so in a thread; /cpu/5 computes for about 5 ms, as HOPSCOPE_ROOM_WORK (rounds a ms) says.
It needs nothing but the standard library and is started by path, as any user's app.
"""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

ROUNDS = float(os.environ.get("HOPSCOPE_ROOM_WORK", "7500"))

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


def compute(ms: float) -> int:
    """Do work that cannot be awaited."""
    value = 1
    for _ in range(round(ms * ROUNDS)):
        value = (value * 1103515245 + 12345) % 2147483648
    return value


def told(path: str) -> tuple[str, float]:
    """Give what to do and for how many ms."""
    _, what, *more = path.split("/")
    return what, float(more[0]) if more and more[0].isdecimal() else 0.0


def wsgi(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Serve a request and hold the worker for as long as it takes."""
    what, ms = told(environ["PATH_INFO"])
    if what == "cpu":
        compute(ms)
    elif ms:
        time.sleep(ms / 1000)
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "6")])
    return [b"hello\n"]


async def asgi(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Serve a request; only at an `await` do others get the loop."""
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
        return
    what, ms = told(scope["path"])
    if what == "wait":
        await asyncio.sleep(ms / 1000)
    elif what == "block":
        time.sleep(ms / 1000)  # noqa: ASYNC251 - this is the lesson
    elif what == "thread":
        await asyncio.to_thread(time.sleep, ms / 1000)
    elif what == "cpu":
        compute(ms)
    headers = [(b"content-type", b"text/plain"), (b"content-length", b"6")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"hello\n"})


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": message["type"] + ".complete"})
        if message["type"] == "lifespan.shutdown":
            return
