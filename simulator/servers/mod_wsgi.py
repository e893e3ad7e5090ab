"""mod_wsgi: Python behind the WSGI interface, in processes of its own or in Apache's."""

from __future__ import annotations

from simulator.program import Assembler
from simulator.servers.app import Application
from simulator.servers.costs import MOD_WSGI
from simulator.servers.workers import Processes, Threads, workers_of
from simulator.stack import Endpoint, ModWsgi, Stack


def mod_wsgi_model(
    asm: Assembler, mod_wsgi: ModWsgi, _stack: Stack, cores: int
) -> Processes | Threads | Buffered:
    """Give its processes; those of the daemon are shielded from slow clients by Apache's own."""
    overhead = MOD_WSGI[mod_wsgi.mode] if mod_wsgi.overhead is None else mod_wsgi.overhead
    inner = workers_of(asm, mod_wsgi, cores, overhead)
    return Buffered(inner) if mod_wsgi.mode == "daemon" else inner


class Buffered:
    """Workers whose answers somebody else sends on."""

    def __init__(self, inner: Processes | Threads) -> None:
        self.inner = inner

    def serve(self, endpoint: Endpoint, send: int, app: Application) -> None:
        """Serve, then let the lane go; the client takes its time without it."""
        self.inner.serve(endpoint, send, app, shielded=True)
