"""Blocking sockets with TLS."""

from __future__ import annotations

from types import ModuleType

from .sockets import hook

CALLS = ("do_handshake", "recv", "recv_into", "send")


def patch(module: ModuleType) -> None:
    """Hook the calls of sockets with TLS."""
    hook(module.SSLSocket, CALLS)
