"""Who blocks the loop, and who holds the GIL: found by a thread that looks only when something is late.

It is started where a server starts to serve, once a process. An event loop is late if its heartbeat is; all
threads are, if the watching thread itself is. What it finds is told as STALL records.
"""

from __future__ import annotations

import os
import time
from typing import Any

from .. import layout
from ..points import fault
from .dog import Watchdog
from .heart import Heart

GROUP = "watch"
_dog: Watchdog | None = None
_sleep = time.sleep  # before anybody else may stand in its place


def watch(loop: Any = None) -> None:
    """Watch this process from now on; with a loop, which runs on this thread, that loop as well."""
    global _dog
    try:
        if GROUP in os.environ.get(layout.ENV_NO_WAITS, "").split(","):
            return
        if _dog is None:
            _dog = Watchdog(_sleep)
            _dog.start()
        if loop is not None:
            _dog.hearts.append(Heart(loop))
    except Exception as error:
        fault("watch", error)


def _before_fork() -> None:
    """No timer may run while the process forks: the child would wait for its thread for ever."""
    if _dog is not None:
        _dog.stacks.disarm()


def _in_child() -> None:
    """The thread is not there: a child that serves starts one of its own."""
    global _dog
    _dog = None


os.register_at_fork(before=_before_fork, after_in_child=_in_child)
