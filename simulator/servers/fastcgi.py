"""FastCGI: a pool of processes that stay, each with one request at a time, or one a thread."""

from __future__ import annotations

from simulator.program import Assembler
from simulator.servers.costs import FASTCGI
from simulator.servers.workers import Processes, Threads, workers_of
from simulator.stack import FastCgi, Stack


def fastcgi_model(asm: Assembler, fastcgi: FastCgi, _stack: Stack, cores: int) -> Processes | Threads:
    """Give the processes."""
    overhead = FASTCGI if fastcgi.overhead is None else fastcgi.overhead
    return workers_of(asm, fastcgi, cores, overhead, "fastcgi")
