"""redis-py: one command, or a pipeline of them; keys and values are not told."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from ..points import install
from .tell import Make, blocking


def patch(module: ModuleType) -> None:
    """Hook commands and pipelines."""
    hook(module, "redis", blocking)


def hook(module: ModuleType, point: str, wait: Any) -> None:
    """Hook the classes of a module of redis-py by `wait`: `blocking` or `awaiting`."""
    command: Make = wait(point, _command)
    install(point, module.Redis, "execute_command", command)
    install(point, module.Pipeline, "execute", wait(point, "redis pipeline"))


def _command(_: Any, command: Any = "", *__: Any) -> str:
    """Return the name of a command: its first word, as far as it is one."""
    word = str(command).split(" ", 1)[0].upper()
    return f"redis {word}" if word.isalpha() and len(word) <= 20 else "redis"
