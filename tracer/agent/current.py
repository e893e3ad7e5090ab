"""The visit that runs here: of this task, or of this thread."""

from __future__ import annotations

import os
from contextvars import ContextVar
from typing import Any, Protocol


class Running(Protocol):
    """What the waits need to know of a visit."""

    number: int  # 0 once it is closed
    trace: bytes  # 16 of its trace id, or more; empty if it came without a traceparent
    lane: int
    thread: int  # threading.get_ident() of the lane's thread
    sock: Any  # its connection, if the server reads and writes it with blocking calls


CURRENT: ContextVar[Running | None] = ContextVar("hopscope_visit", default=None)
"""Set while an application runs; tasks and anyio's threads inherit it."""


def _forget() -> None:
    CURRENT.set(None)


_forget()  # so that the contexts before a request and in it have the same variables: some compare them
os.register_at_fork(after_in_child=_forget)
