"""IIS: HTTP.sys queues in the kernel, an application pool's processes pass on to the application server."""

from __future__ import annotations

from simulator.program import Assembler
from simulator.servers.costs import IIS_PROXY, IIS_STATIC
from simulator.servers.nginx import LoopProxy
from simulator.stack import Iis, Stack


def iis_model(asm: Assembler, iis: Iis, _stack: Stack, cores: int) -> LoopProxy:
    """Give a proxy that is nginx's shape: HttpPlatformHandler waits without holding a thread."""
    return LoopProxy(asm, iis, cores, "w3wp", IIS_PROXY, IIS_STATIC)
