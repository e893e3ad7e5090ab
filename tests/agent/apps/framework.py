"""A Starlette application whose endpoints are `def`, `async def`, and one with a task behind the answer."""

import asyncio
import time

from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route


def blocking(request):
    time.sleep(0.02)
    return PlainTextResponse("def")


async def hello(request):
    return PlainTextResponse("async def")


async def background(request):
    return PlainTextResponse("answered", background=BackgroundTask(asyncio.sleep, 0.03))


async def streaming(request):
    return StreamingResponse(iter([b"a", b"b", b"c"]))


app = Starlette(
    routes=[
        Route("/", hello),
        Route("/def", blocking),
        Route("/background", background),
        Route("/stream", streaming),
    ]
)
