"""granian: its I/O is Rust, so the loop or the threads of Python do little besides the application."""

from __future__ import annotations

from simulator.program import Assembler
from simulator.servers.costs import GRANIAN
from simulator.servers.uvicorn import AsgiModel, has_def
from simulator.servers.workers import Threads
from simulator.stack import Granian, Stack


def granian_model(asm: Assembler, granian: Granian, stack: Stack, cores: int) -> AsgiModel | Threads:
    """Give an event loop a process, or under WSGI the threads that block."""
    overhead = GRANIAN if granian.overhead is None else granian.overhead
    if granian.interface == "wsgi":
        return Threads(asm, granian, cores, overhead)
    return AsgiModel(asm, granian, cores, overhead, 0, threads=has_def(stack))
