"""The same answers as a WSGI and as an ASGI application, without a framework."""

import asyncio
import os
import sys
import tempfile
import time

CLOSED = []


class Closing:
    """An iterable with a close() that is counted."""

    def __init__(self, chunks):
        self.chunks = iter(chunks)

    def __iter__(self):
        return self

    def __next__(self):
        return next(self.chunks)

    def close(self):
        CLOSED.append(1)


def stream(count, size=3, fail_at=None):
    for number in range(count):
        if number == fail_at:
            raise RuntimeError("while streaming")
        yield b"%d" % (number % 10) * size


def wsgi(environ, start_response):
    path = environ["PATH_INFO"]
    text = [("Content-Type", "text/plain")]

    def answer(body, status="200 OK", headers=()):
        start_response(status, [*text, *headers])
        return body

    if path == "/sleep":
        time.sleep(0.02)
        return answer([b"slept"])
    if path == "/generator-sleep":
        return answer(sleepy())
    if path == "/stream":
        return answer(stream(5))
    if path == "/stream-error":
        return answer(stream(5, fail_at=2))
    if path == "/large":
        return answer([b"x" * 3_000_000], headers=[("Content-Length", "3000000")])
    if path == "/endless":
        return answer(stream(2000, 10_000))
    if path == "/length":
        return answer([b"hello", b"!"], headers=[("Content-Length", "6")])
    if path == "/closing":
        return answer(Closing([b"a", b"b"]))
    if path == "/closing-error":
        return answer(Closing(stream(3, fail_at=1)))
    if path == "/closed":
        return answer([b"%d" % len(CLOSED)])
    if path == "/tuple":
        return answer((b"t", b"u"))
    if path == "/empty":
        return answer([], headers=[("Content-Length", "0")])
    if path == "/string":
        return answer("not bytes")
    if path == "/none":
        start_response("200 OK", text)
        return None
    if path == "/write":
        write = start_response("200 OK", text)
        write(b"written ")
        write(b"")
        return [b"returned"]
    if path == "/file":
        handle = tempfile.TemporaryFile()  # noqa: SIM115  # the server closes it
        handle.write(b"f" * 100_000)
        handle.seek(10)
        return answer(environ["wsgi.file_wrapper"](handle), headers=[("Content-Length", "99990")])
    if path == "/raise":
        raise RuntimeError("at once")
    if path == "/raise-started":
        start_response("200 OK", text)
        raise RuntimeError("started")
    if path == "/twice":
        start_response("200 OK", text)
        return start_response("500 No", text)
    if path == "/exc-info":
        start_response("200 OK", text)
        try:
            raise ValueError("replaced")
        except ValueError:
            start_response("500 Replaced", text, sys.exc_info())
        return [b"replaced"]
    if path == "/echo":
        return answer([environ["wsgi.input"].read()])
    if path == "/unread":
        return answer([b"not read"])
    if path == "/no-content":
        start_response("204 No Content", [])
        return []
    if path == "/not-modified":
        start_response("304 Not Modified", [("ETag", '"x"')])
        return []
    if path == "/environ":
        names = sorted(
            f"{key}={type(value).__name__}" for key, value in environ.items() if key[:9] != "HOPSCOPE_"
        )
        about = [type(start_response).__name__, start_response.__name__, *names]
        return answer(["\n".join(about).encode()])
    if path == "/fork":
        child = os.fork()
        if child == 0:
            time.sleep(0.01)
            os._exit(0)
        os.waitpid(child, 0)
        return answer([b"forked"])
    if path != "/":
        return answer([b"not found"], "404 Not Found")
    return answer([b"hello"], headers=[("Content-Length", "5")])


def sleepy():
    for _ in range(3):
        time.sleep(0.005)
        yield b"chunk"


async def asgi(scope, receive, send):
    if scope["type"] == "lifespan":
        return await lifespan(receive, send)
    assert scope["type"] == "http"
    path = scope["path"]

    async def answer(*chunks, status=200, headers=()):
        head = [(b"content-type", b"text/plain"), *headers]
        await send({"type": "http.response.start", "status": status, "headers": head})
        for chunk in chunks:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body"})

    if path == "/sleep":
        await asyncio.sleep(0.02)
        await answer(b"slept")
    elif path == "/block":
        time.sleep(0.02)  # noqa: ASYNC251  # the fault that is to be seen
        await answer(b"blocked")
    elif path == "/gather":
        await asyncio.gather(nap(0.01), nap(0.02))
        await answer(b"gathered")
    elif path == "/thread":
        await asyncio.to_thread(time.sleep, 0.02)
        await answer(b"threaded")
    elif path == "/background":
        await answer(b"done")
        await asyncio.sleep(0.02)
    elif path == "/spawn":
        CLOSED.append(asyncio.create_task(nap(0.05)))
        await answer(b"spawned")
    elif path == "/stream":
        await answer(*stream(5))
    elif path == "/stream-slow":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for chunk in stream(3):
            await asyncio.sleep(0.005)
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body"})
    elif path == "/stream-error":
        await answer(*stream(5, fail_at=2))
    elif path == "/stream-broken":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"part", "more_body": True})
        raise RuntimeError("while streaming")
    elif path == "/large":
        await answer(b"x" * 3_000_000, headers=[(b"content-length", b"3000000")])
    elif path == "/endless":
        await answer(*stream(2000, 10_000))
    elif path == "/length":
        await answer(b"hello", b"!", headers=[(b"content-length", b"6")])
    elif path == "/too-long":
        await answer(b"hello", b"!", headers=[(b"content-length", b"2")])
    elif path == "/raise":
        raise RuntimeError("at once")
    elif path == "/raise-after":
        await answer(b"whole")
        raise RuntimeError("after the answer")
    elif path == "/nothing":
        return None
    elif path == "/half":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]})
    elif path == "/value":
        await answer(b"value")
        return "a value"
    elif path == "/wrong":
        await send({"type": "http.response.body", "body": b"x"})
    elif path == "/odd":
        await send({"no": "type"})
    elif path == "/echo":
        await answer(await whole(receive))
    elif path == "/no-content":
        await answer(status=204)
    elif path == "/not-modified":
        await answer(status=304, headers=[(b"etag", b'"x"')])
    elif path == "/cancel":
        asyncio.current_task().cancel()
        await asyncio.sleep(1)
    elif path == "/scope":
        names = sorted(f"{key}={type(value).__name__}" for key, value in scope.items())
        about = [str(asyncio.iscoroutinefunction(receive)), *names]
        await answer("\n".join(about).encode())
    elif path != "/":
        await answer(b"not found", status=404)
    else:
        await answer(b"hello", headers=[(b"content-length", b"5")])
    return None


async def nap(seconds):
    await asyncio.sleep(seconds)
    time.sleep(0.001)  # noqa: ASYNC251


async def whole(receive):
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return body


async def lifespan(receive, send):
    while True:
        message = await receive()
        await send({"type": message["type"] + ".complete"})
        if message["type"] == "lifespan.shutdown":
            return
