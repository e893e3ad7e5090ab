"""requests: the whole of an exchange, its body if it is read at once."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from ..points import install
from .tell import blocking
from .url import to


def patch(module: ModuleType) -> None:
    """Hook the sending of a prepared request."""
    install("requests", module.Session, "send", blocking("requests", _name))


def _name(_: Any, request: Any = None, *__: Any) -> str:
    return to(request.method, request.url)
