"""WSGI and ASGI applications that log which request came over which connection."""

from __future__ import annotations

import asyncio
import os
import random
import time


def log(*words):
    """A line a request, appended at once, so that lines of several processes do not mix."""
    with open(os.environ["PACKETS_LOG"], "a") as file:
        file.write(" ".join(words) + "\n")


def application(environ, start_response):
    """Answer after a moment. Behind a gateway protocol REMOTE_PORT is the client's, else the proxy's."""
    log(environ.get("REMOTE_PORT", "-"), environ.get("HTTP_X_TRUTH", "-"))
    time.sleep(random.random() / 100)
    body = b"x" * random.randrange(1, 4000)
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]


async def asgi(scope, receive, send):
    if scope["type"] != "http":
        return
    await receive()
    truth = dict(scope["headers"]).get(b"x-truth", b"-").decode()
    log(str(scope["client"][1]), truth)
    await asyncio.sleep(random.random() / 100)
    body = b"y" * random.randrange(1, 4000)
    length = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": length})
    await send({"type": "http.response.body", "body": body})
