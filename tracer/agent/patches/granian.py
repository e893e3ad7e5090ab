"""granian 2: the application side of asgi and wsgi; its input and output are Rust and cannot be seen.

callback -> application, step by step (asgi) or in a thread (wsgi)
"""

from __future__ import annotations

import asyncio
import os
from _thread import get_ident, get_native_id
from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any

from ..adapted import Asked, call
from ..called import Call
from ..layout import PROCESS, THREAD
from ..loops import step_tasks
from ..points import fault, install
from ..ring import ring
from ..waits import install_waits
from ..wrapped import wrapped


def asgi(module: ModuleType, version: str) -> None:
    """Hook the calls of ASGI applications."""
    ring.server, ring.version = "granian", version
    install("granian.request", module, "_callback_wrapper", partial(_wrapper, _stepping))
    install_waits()


def wsgi(module: ModuleType, version: str) -> None:
    """Hook the calls of WSGI applications."""
    ring.server, ring.version = "granian", version
    install("granian.request", module, "_callback_wrapper", partial(_wrapper, _calling))
    install_waits()


def _wrapper(hooked: Callable[..., Any], real: Callable[..., Any]) -> Callable[..., Any]:
    def _callback_wrapper(callback: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            callback = hooked(callback)
        except Exception as error:
            fault("granian.request", error)
        return real(callback, *args, **kwargs)

    return _callback_wrapper


def _stepping(app: Callable[..., Any]) -> Callable[..., Any]:
    def application(scope: Any, receive: Any, send: Any) -> Any:
        return call("granian.request", _asked, app, scope, receive, send)

    return application


def _asked(scope: Any, send: Any) -> Asked:
    asked = Asked(None, scope, send, alone=False)
    step_tasks(asyncio.get_running_loop())
    return asked


def _calling(app: Callable[..., Any]) -> Callable[..., Any]:
    return wrapped("granian.request", app, lambda _environ: Call("granian.request", _thread()))


def _thread() -> int:
    """Return the lane of this thread, one of those that call blocking applications."""
    key = ("thread", get_ident())
    lane = ring.known_lane(key)
    if lane:
        return lane
    process = ring.lane("process", PROCESS, f"process {os.getpid()}", capacity=0, tid=os.getpid())
    number = sum(isinstance(one, tuple) for one in ring.lane_keys()) + 1
    return ring.lane(key, THREAD, f"thread {number}", parent=process, tid=get_native_id())
