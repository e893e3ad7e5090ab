"""mod_python: Python inside Apache's prefork processes; retired in 2010, and like mod_wsgi embedded since."""

from __future__ import annotations

from simulator.program import Assembler
from simulator.servers.costs import MOD_PYTHON
from simulator.servers.workers import Processes
from simulator.stack import ModPython, Stack


def mod_python_model(asm: Assembler, mod_python: ModPython, _stack: Stack, cores: int) -> Processes:
    """Give Apache's processes."""
    return Processes(
        asm, mod_python, cores, MOD_PYTHON if mod_python.overhead is None else mod_python.overhead
    )
