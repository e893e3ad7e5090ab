"""uWSGI: processes written in C, maybe with threads, behind HTTP or a gateway protocol."""

from __future__ import annotations

from simulator.program import Assembler
from simulator.servers.costs import UWSGI
from simulator.servers.workers import HTTP, Processes, Threads, workers_of
from simulator.stack import Stack, Uwsgi


def uwsgi_model(asm: Assembler, uwsgi: Uwsgi, _stack: Stack, cores: int) -> Processes | Threads:
    """Give its processes; harakiri kills one that takes too long, as gunicorn's arbiter does."""
    overhead = UWSGI if uwsgi.overhead is None else uwsgi.overhead
    return workers_of(asm, uwsgi, cores, overhead, HTTP if uwsgi.protocol == "http" else uwsgi.protocol)
