"""The same answers under frameworks: `frameworks:flask_app`, `:starlette_app`, `:fastapi_app`.

An attribute is made when it is asked for: the framework must be there, the others need not.
"""

import time
from typing import Any


def __getattr__(name: str) -> Any:
    makers = {"flask_app": _flask, "starlette_app": _starlette, "fastapi_app": _fastapi}
    if name not in makers:
        raise AttributeError(name)
    return makers[name]()


def _flask() -> Any:
    from flask import Flask

    app = Flask(__name__)

    @app.get("/hello")
    def hello() -> str:
        return "hello\n"

    return app


def _starlette() -> Any:
    from starlette.applications import Starlette
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route

    async def hello(_request: Any) -> Any:
        return PlainTextResponse("hello\n")

    return Starlette(routes=[Route("/hello", hello)])


def _fastapi() -> Any:
    import asyncio

    from fastapi import FastAPI

    app = FastAPI()

    @app.get("/hello")
    async def hello() -> str:
        return "hello\n"

    @app.get("/wait/{ms}")
    async def wait(ms: int) -> str:
        await asyncio.sleep(ms / 1000)
        return "hello\n"

    @app.get("/thread/{ms}")
    def thread(ms: int) -> str:
        time.sleep(ms / 1000)
        return "hello\n"

    return app
