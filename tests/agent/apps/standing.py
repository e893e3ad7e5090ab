"""Every sixth request stands still: at a sleep, at Python, at C code that holds the GIL. STALL says which."""

import os
import re
import time
from itertools import count
from time import sleep as unseen

number = count(1)


def python():
    until = time.monotonic() + 0.5
    while time.monotonic() < until:
        pass


def regex():
    pattern, text, took = re.compile(r"(a+)+$"), "a" * 20, 0.0
    while took < 0.5:  # twice as long each time, whatever the machine
        text, start = "a" + text, time.monotonic()
        pattern.match(text + "b")
        took = time.monotonic() - start


STALLS = {"sleep": lambda: time.sleep(0.5), "unseen": lambda: unseen(0.5), "python": python, "regex": regex}


def work():
    if next(number) % 6 == 3:
        STALLS[os.environ["STALL"]]()


async def asgi(scope, receive, send):
    work()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


def wsgi(environ, start_response):
    work()
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]
