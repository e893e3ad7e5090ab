"""mod_wsgi 4.9 and 5, embedded in Apache's processes and in daemons of its own.

    Apache reads the request [-> the daemon's queue -> daemon] -> thread: application

Apache's own times come with the request, in microseconds of the wall clock. It looks for the application
under the name `application` in the script, whatever WSGICallableObject says is not looked for here.
"""

from __future__ import annotations

import sys
from typing import Any

from ..called import Call, Link
from ..clock import offset
from ..lanes import pool_of, process_here, thread_here
from ..ring import ring
from ..scripts import on_script
from ..waits import install_waits
from ..wrapped import wrapped

POINT = "mod_wsgi.request"


def embedded() -> None:
    """Wait for the script that has the application."""
    ring.server = "mod_wsgi"
    on_script("mod_wsgi.load", "_mod_wsgi_", _loaded)
    install_waits()


def _loaded(names: dict[str, Any]) -> None:
    """Put a wrapped application where mod_wsgi looks for it, at each request."""
    mod_wsgi: Any = sys.modules.get("mod_wsgi")
    if callable(names.get("application")) and mod_wsgi is not None:
        ring.version = ".".join(map(str, getattr(mod_wsgi, "version", ())))
        names["application"] = wrapped(POINT, names["application"], lambda env: _begin(mod_wsgi, env))
        if POINT not in ring.live:
            ring.live.append(POINT)


def _begin(mod_wsgi: Any, environ: Any) -> Call:
    threads, shift = int(mod_wsgi.threads_per_process), offset()
    arrived = _time(environ, "request_start", shift)
    taken = max(_time(environ, "daemon_start", shift), arrived)
    pool = pool_of(process_here(threads), threads)
    call = Call(POINT, thread_here(pool, taken), _link(environ, arrived), queue=pool)
    call.arrived, call.taken = arrived, taken
    call.parsed = max(_time(environ, "script_start", shift), taken)
    return call


def _link(environ: Any, since: int) -> Link | None:
    """Return the connection; it is told anew by each request, for nobody says which it was."""
    if not environ.get("REMOTE_PORT"):
        return None
    peer = (environ["REMOTE_ADDR"], environ["REMOTE_PORT"])
    return Link(peer, (environ.get("SERVER_ADDR", ""), environ.get("SERVER_PORT", "")), since)


def _time(environ: Any, name: str, shift: int) -> int:
    """Return one of Apache's times in ns monotonic, 0 if it is not there."""
    said = environ.get(f"mod_wsgi.{name}") or "0"
    return int(said) * 1000 - shift if str(said).isdigit() and int(said) else 0
