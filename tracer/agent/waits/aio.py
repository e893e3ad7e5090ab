"""asyncio's own waits: sleep, and streams to other services."""

from __future__ import annotations

from types import ModuleType

from ..points import install
from .tell import awaiting

READS = ("read", "readline", "readexactly", "readuntil")


def patch(module: ModuleType) -> None:
    """Hook sleeping and streams."""
    install("asyncio.sleep", module, "sleep", awaiting("asyncio.sleep", "asyncio.sleep"))
    install("asyncio.streams", module, "open_connection", awaiting("asyncio.streams", "asyncio connect"))
    for name in READS:
        install("asyncio.streams", module.StreamReader, name, awaiting("asyncio.streams", f"asyncio {name}"))
    install("asyncio.streams", module.StreamWriter, "drain", awaiting("asyncio.streams", "asyncio drain"))
