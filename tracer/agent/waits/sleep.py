"""`time.sleep`."""

from __future__ import annotations

from types import ModuleType

from ..points import install
from .tell import blocking


def patch(module: ModuleType) -> None:
    """Hook it."""
    install("time.sleep", module, "sleep", blocking("time.sleep", "time.sleep"))
