"""Blocking sockets. The server's own connection is not waited for but read and written: TRANSFER."""

from __future__ import annotations

import socket
from collections.abc import Callable
from functools import partial
from time import monotonic_ns
from types import ModuleType
from typing import Any

from ..layout import BLOCKED, TRANSFER
from ..points import install
from .tell import blocking, told, waited

CALLS = (
    "accept",
    "connect",
    "recv",
    "recv_into",
    "recvfrom",
    "recvmsg",
    "send",
    "sendall",
    "sendto",
    "sendmsg",
)
READS = ("recv", "recv_into")


def patch(module: ModuleType) -> None:
    """Hook look-ups and the calls of sockets."""
    install("socket", module, "getaddrinfo", blocking("socket", "socket.getaddrinfo"))
    hook(module.socket, CALLS)


def hook(owner: type, calls: tuple[str, ...]) -> None:
    """Hook calls of a class of sockets."""
    for name in calls:
        install("socket", owner, name, partial(_call, name))


def _call(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
    what, reads = f"socket.{name}", name in READS

    def call(self: socket.socket, *args: Any, **kwargs: Any) -> Any:
        visit = told()
        if visit is None or ((own := self is visit.sock) and not reads) or self.gettimeout() == 0.0:
            return real(self, *args, **kwargs)
        start = monotonic_ns()
        try:
            return real(self, *args, **kwargs)
        finally:
            waited("socket", what, (), visit, start, TRANSFER if own else BLOCKED)

    return call
