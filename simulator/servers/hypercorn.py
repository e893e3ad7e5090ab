"""hypercorn: an ASGI server in pure Python, uvicorn's shape at a cost of its own."""

from __future__ import annotations

from simulator.program import Assembler
from simulator.servers.costs import ASGI_CONNECTION, HYPERCORN
from simulator.servers.uvicorn import AsgiModel, has_def
from simulator.stack import Hypercorn, Stack


def hypercorn_model(asm: Assembler, hypercorn: Hypercorn, stack: Stack, cores: int) -> AsgiModel:
    """Give an event loop a process."""
    if hypercorn.overhead is not None:
        return AsgiModel(asm, hypercorn, cores, hypercorn.overhead, 0, threads=has_def(stack))
    return AsgiModel(
        asm, hypercorn, cores, HYPERCORN[hypercorn.loop], ASGI_CONNECTION, threads=has_def(stack)
    )
