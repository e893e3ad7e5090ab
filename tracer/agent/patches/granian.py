"""granian 2: the application side of asgi and wsgi; its input and output are Rust and cannot be seen.

callback -> application, step by step (asgi) or in a thread (wsgi)
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any

from ..adapted import Asked, call
from ..called import Call
from ..lanes import process_here, thread_here
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
    return wrapped(
        "granian.request", app, lambda _environ: Call("granian.request", thread_here(process_here()))
    )
