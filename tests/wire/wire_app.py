"""A WSGI app and an ASGI app that say what they were asked."""

from __future__ import annotations

import json


def application(environ, start_response):
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    told = {
        "method": environ["REQUEST_METHOD"],
        "path": environ["PATH_INFO"],
        "query": environ.get("QUERY_STRING", ""),
        "size": len(body),
        "port": environ.get("REMOTE_PORT", ""),
    }
    out = json.dumps(told).encode()
    headers = [("Content-Type", "application/json"), ("X-App", "wsgi")]
    if environ["PATH_INFO"] == "/stream":
        start_response("200 OK", headers)
        return [out, b" " * 5000, b"\n"]
    start_response("201 Made", [*headers, ("Content-Length", str(len(out)))])
    return [out]


async def asgi(scope, receive, send):
    if scope["type"] == "websocket":
        return await echo(receive, send)
    if scope["type"] != "http":
        return None
    size, more = 0, True
    while more:
        event = await receive()
        size, more = size + len(event.get("body", b"")), event.get("more_body", False)
    out = json.dumps({"method": scope["method"], "path": scope["path"], "size": size}).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"x-app", b"asgi")]})
    await send({"type": "http.response.body", "body": out, "more_body": True})
    await send({"type": "http.response.body", "body": b"\n"})
    return None


async def echo(receive, send):
    await receive()
    await send({"type": "websocket.accept"})
    while (event := await receive())["type"] == "websocket.receive":
        out = {"text": event["text"]} if event.get("text") is not None else {"bytes": event["bytes"]}
        await send({"type": "websocket.send", **out})
