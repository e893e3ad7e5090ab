"""The WSGI and ASGI application of the samples: it does what the path asks for, and says so in its log.

    /item/N       201 bytes of N      /stream    chunked, 3 parts     /wait/MS    answers after MS ms
    /size/N       N bytes             /empty     204                  /unchanged  304

Each answer carries a number of its own (`X-Serial`) by which the logs of two hops are joined; nginx logs it
and hides it from the client, so that a reader of packets cannot join by it. The ASGI application writes one
JSON line for each answer to the file that HOPSCOPE_APP_LOG names: uvicorn's own log counts no bytes.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any

Headers = list[tuple[str, str]]
Event = dict[str, Any]
STATUS = {200: "200 OK", 204: "204 No Content", 304: "304 Not Modified"}


def answer(path: str) -> tuple[int, list[bytes], float]:
    """Say what a path is answered with: status, parts of the body, seconds to wait before."""
    _, what, *rest = [*path.split("/"), ""]
    number = int(rest[0]) if rest and rest[0].isdecimal() else 0
    if what == "empty":
        return 204, [], 0
    if what == "unchanged":
        return 304, [], 0
    if what == "stream":
        return 200, [b"first part\n", b"second part, longer\n" * 20, b"last part\n"], 0
    if what == "wait":
        return 200, [b"waited\n"], number / 1000
    size = number if what == "size" else 201
    return 200, [(f"{number} " * (size // 2 + 1)).encode()[:size]], 0


def headers_for(path: str, parts: list[bytes]) -> Headers:
    """Give the headers of an answer; a stream says no length, so that it is chunked or ends by closing."""
    headers = [("Content-Type", "text/plain"), ("X-Serial", os.urandom(4).hex())]
    if "/stream" not in path and parts:
        headers.append(("Content-Length", str(sum(map(len, parts)))))
    return headers


def application(environ: dict[str, Any], start_response: Callable[[str, Headers], Any]) -> Iterable[bytes]:
    """Answer as a WSGI application."""
    path = environ["PATH_INFO"]
    status, parts, wait = answer(path)
    environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    time.sleep(wait)
    headers = headers_for(path, parts)
    _tell_uwsgi(dict(headers)["X-Serial"])
    start_response(STATUS[status], headers)
    return [] if environ["REQUEST_METHOD"] == "HEAD" else parts


def _tell_uwsgi(serial: str) -> None:
    """Let uWSGI's own log have the number of the answer."""
    try:
        import uwsgi
    except ImportError:
        return
    uwsgi.set_logvar("serial", serial)


async def asgi(
    scope: dict[str, Any],
    receive: Callable[[], Awaitable[Event]],
    send: Callable[[Event], Awaitable[None]],
) -> None:
    """Answer as an ASGI application; WebSockets are sent back what they send."""
    if scope["type"] == "websocket":
        await _echo(scope, receive, send)
    elif scope["type"] == "http":
        await _http(scope, receive, send)


async def _http(
    scope: dict[str, Any],
    receive: Callable[[], Awaitable[Event]],
    send: Callable[[Event], Awaitable[None]],
) -> None:
    while (await receive()).get("more_body"):
        pass
    status, parts, wait = answer(scope["path"])
    await asyncio.sleep(wait)
    headers = headers_for(scope["path"], parts)
    raw = [(name.lower().encode(), value.encode()) for name, value in headers]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    for part in [] if scope["method"] == "HEAD" else parts:
        await send({"type": "http.response.body", "body": part, "more_body": True})
    await send({"type": "http.response.body", "body": b""})
    size = 0 if scope["method"] == "HEAD" else sum(map(len, parts))
    _log(scope, scope["method"], status, size, dict(headers)["X-Serial"])


async def _echo(
    scope: dict[str, Any],
    receive: Callable[[], Awaitable[Event]],
    send: Callable[[Event], Awaitable[None]],
) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    _log(scope, "GET", 101, 0, "")
    while (event := await receive())["type"] == "websocket.receive":
        what = "text" if event.get("text") is not None else "bytes"
        await send({"type": "websocket.send", what: event[what]})


def _log(scope: dict[str, Any], method: str, status: int, size: int, serial: str) -> None:
    target = scope["raw_path"].decode() + ("?" + scope["query_string"].decode()).rstrip("?")
    line = {
        "client_port": str(scope["client"][1]),
        "method": method,
        "target": target,
        "status": str(status),
        "bytes": str(size),
        "serial": serial,
    }
    if name := os.environ.get("HOPSCOPE_APP_LOG"):
        with Path(name).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
