"""Outgoing waits: what a handler waits for, named and timed, one file a library.

A library is patched when a server that is recorded imports it, or had done so before. Each belongs to a group
that can be switched off (`tracer run --no-waits redis,http`); docs/guide/waits.md shows how to add one.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from types import ModuleType

from .. import layout
from ..finder import Finder, say

# Module -> (its group, our file, whose `patch(module)` is called with it)
LIBRARIES: dict[str, tuple[str, str]] = {
    "time": ("sleep", "sleep"),
    "socket": ("socket", "sockets"),
    "ssl": ("socket", "tls"),
    "asyncio": ("asyncio", "aio"),
    "sqlite3": ("dbapi", "sqlite"),
    "psycopg": ("dbapi", "psycopg"),
    "pymysql.cursors": ("dbapi", "pymysql"),
    "http.client": ("http", "http_client"),
    "requests.sessions": ("http", "requests"),
    "httpx": ("http", "httpx"),
    "redis.client": ("redis", "redis"),
    "redis.asyncio.client": ("redis", "redis_asyncio"),
}

_done: set[str] = set()
_watching = False


def install_waits() -> None:
    """Patch the libraries that are there, and the others when they are imported; once."""
    global _watching
    if _watching:
        return
    _watching, wanted = True, _wanted()
    sys.meta_path.insert(0, Finder(wanted, _patch))
    for name in wanted:
        module = sys.modules.get(name)
        if module is not None and not getattr(module.__spec__, "_initializing", False):
            _patch(name, module)


def _wanted() -> set[str]:
    """Give the modules of the groups that are not switched off."""
    off = os.environ.get(layout.ENV_NO_WAITS, "").split(",")
    return {name for name, (group, _) in LIBRARIES.items() if group not in off}


def _patch(name: str, module: ModuleType) -> None:
    """Patch a library; whatever goes wrong is one line, never an exception."""
    if name in _done:
        return
    _done.add(name)
    try:
        import_module(f"{__name__}.{LIBRARIES[name][1]}").patch(module)
    except Exception as error:
        say(f"waits for {name} are not told: {error!r}")
