"""redis-py on asyncio."""

from __future__ import annotations

from types import ModuleType

from .redis import hook
from .tell import awaiting


def patch(module: ModuleType) -> None:
    """Hook commands and pipelines."""
    hook(module, "redis.asyncio", awaiting)
