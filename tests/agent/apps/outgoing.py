"""Handlers that wait for others: a database, a cache, another server. PORT and REDIS say where they are."""

import asyncio
import http.client
import os
import sqlite3
import time

PORT, REDIS = (int(os.environ.get(name, 0)) for name in ("BACKEND_PORT", "REDIS_PORT"))
SLOW = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000) SELECT sum(i) FROM n"


def database():
    with sqlite3.connect(":memory:") as connection:
        connection.execute("CREATE TABLE t (x)")
        cursor = connection.cursor()
        assert isinstance(cursor, sqlite3.Cursor)
        assert repr(type(connection)) == "<class 'sqlite3.Connection'>"
        return str(cursor.execute(SLOW + " WHERE 'secret' <> 'x'").fetchone()[0])


def client():
    connection = http.client.HTTPConnection("127.0.0.1", PORT)
    connection.request("GET", "/slow?key=secret")
    return connection.getresponse().read().decode()


def requested():
    import requests

    return requests.get(f"http://127.0.0.1:{PORT}/slow?key=secret", timeout=10).text


def httpxed():
    import httpx

    return httpx.get(f"http://127.0.0.1:{PORT}/slow?key=secret").text


def cached():
    import redis

    return str(redis.Redis(port=REDIS).blpop("secret", timeout=0.05))


HANDLERS = {"/sqlite": database, "/http": client, "/requests": requested, "/httpx": httpxed, "/redis": cached}


def wsgi(environ, start_response):
    body = HANDLERS[environ["PATH_INFO"]]().encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]


async def async_httpx():
    import httpx

    async with httpx.AsyncClient() as caller:
        return (await caller.get(f"http://127.0.0.1:{PORT}/slow?key=secret")).text


async def async_redis():
    import redis.asyncio

    caller = redis.asyncio.Redis(port=REDIS)
    try:
        return str(await caller.blpop("secret", timeout=0.05))
    finally:
        await caller.aclose()


async def nap():
    await asyncio.sleep(0.03)
    return "slept"


async def stream():
    reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
    writer.write(b"GET /slow HTTP/1.0\r\n\r\n")
    data = await reader.read()
    writer.close()
    return data.decode()


async def frozen():
    time.sleep(0.04)  # noqa: ASYNC251  # the fault that is to be seen
    return "froze"


ASYNC = {
    "/async-httpx": async_httpx,
    "/async-redis": async_redis,
    "/sleep": nap,
    "/stream": stream,
    "/frozen": frozen,
}


async def asgi(scope, receive, send):
    path = scope["path"]
    text = await ASYNC[path]() if path in ASYNC else HANDLERS[path]()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": text.encode()})
