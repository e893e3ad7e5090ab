"""uWSGI 2: its application, wherever it is loaded from; the rest is C and cannot be seen.

load (module or file) -> fork -> application -> after_req_hook, when the answer is out
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from time import monotonic_ns
from types import ModuleType
from typing import Any

from ..called import Call, Link, here
from ..finder import Finder
from ..lanes import pool_of, thread_here
from ..layout import PROCESS
from ..points import fault
from ..ring import ring
from ..scripts import on_script
from ..waits import install_waits
from ..wrapped import wrapped

POINT = "uwsgi.request"
_SOCKETS = (
    ("fastcgi-socket", "fastcgi"),
    ("scgi-socket", "scgi"),
    ("socket", "uwsgi"),
    ("uwsgi-socket", "uwsgi"),
    ("http", "uwsgi"),  # its router speaks uwsgi to the workers
)
_PID: list[int] = [0]
"""The process that the lanes were told in: uWSGI forks in C, where nobody is told."""


def embedded(module: ModuleType | None = None, version: str = "") -> None:  # noqa: ARG001
    """Wait for the application, a file or a module; where Python is embedded there is no version yet."""
    ring.server, ring.version = "uwsgi", version
    on_script("uwsgi.load", "uwsgi_file_", _file_loaded)
    sys.meta_path.insert(0, Finder(_Applications(), _imported))
    install_waits()


class _Applications:
    """The names of the modules that have applications."""

    def __contains__(self, name: object) -> bool:
        return any(module == name for module, _ in _modules())


def _imported(name: str, module: ModuleType) -> None:
    try:
        attribute = next(attribute for named, attribute in _modules() if named == name)
        _wrap(vars(module), attribute)
    except Exception as error:
        fault("uwsgi.load", error)


def _modules() -> Iterable[tuple[str, str]]:
    """Give module and callable of each application that the options name."""
    uwsgi: Any = sys.modules.get("uwsgi")
    if uwsgi is None:
        return
    for option in ("module", "wsgi", "mount"):
        for value in _values(uwsgi.opt.get(option)):
            module, _, attribute = value.rpartition("=")[2].partition(":")
            yield module, attribute or _callable()


def _callable() -> str:
    uwsgi: Any = sys.modules["uwsgi"]
    return next(iter(_values(uwsgi.opt.get("callable"))), "application")


def _values(option: Any) -> list[str]:
    values = option if isinstance(option, list) else [option]
    return [value.decode("utf-8", "replace") for value in values if isinstance(value, bytes)]


def _file_loaded(names: dict[str, Any]) -> None:
    _wrap(names, _callable())


def _wrap(names: dict[str, Any], attribute: str) -> None:
    """Hand uWSGI a wrapped application. From the first request on the name is the application's own again."""
    app = names.get(attribute)
    uwsgi: Any = sys.modules.get("uwsgi")
    if app is None or uwsgi is None:
        return

    def begin(environ: Any) -> Call:
        if names.get(attribute) is hooked:
            names[attribute] = app
        return _begin(uwsgi, environ)

    names[attribute] = hooked = wrapped(POINT, app, begin, kept_open=True)
    ring.live.append(POINT)
    _stand_behind(uwsgi, "post_fork_hook", lambda: _lanes(uwsgi))
    _stand_behind(uwsgi, "after_req_hook", _answered)


def _stand_behind(uwsgi: Any, name: str, hook: Any) -> None:
    """Have uWSGI call a hook of ours, before the one that is there."""
    previous = getattr(uwsgi, name, None)

    def both() -> None:
        try:
            hook()
        except Exception as error:
            fault(f"uwsgi.{name}", error)
        if previous is not None:
            previous()

    setattr(uwsgi, name, both)
    ring.live.append(f"uwsgi.{name}")


def _begin(uwsgi: Any, environ: Any) -> Call:
    lane, queue = _lanes(uwsgi)
    peer = (environ.get("REMOTE_ADDR"), environ["REMOTE_PORT"]) if environ.get("REMOTE_PORT") else None
    link = Link(peer, f"{environ.get('SERVER_NAME', '')}:{environ.get('SERVER_PORT', '')}") if peer else None
    call = Call(POINT, lane, link, queue=queue)
    call.protocol = _protocol(uwsgi)
    return call


def _protocol(uwsgi: Any) -> str:
    return next((protocol for option, protocol in _SOCKETS if option in uwsgi.opt), "")


def _answered() -> None:
    """The answer is out."""
    call, here.call = here.call, None
    if call is not None:
        call.out()
        call.first_byte = call.first_byte or call.left
        call.last_write, call.answered = call.last_write or call.left, monotonic_ns()
        call.close()


# Lanes. A worker is one of the master's; a thread one of its worker's pool.


def _lanes(uwsgi: Any) -> tuple[int, int]:
    """Return the lane of this thread, and the pool that a request waits for (0: the master's)."""
    if os.getpid() != _PID[0]:
        if _PID[0] and ring.buffer is not None:
            ring.forget()
        _PID[0] = os.getpid()
    worker, master, threads = uwsgi.worker_id(), uwsgi.masterpid(), int(uwsgi.cores)
    lane = ring.lane(
        "process", PROCESS, f"worker {worker}", capacity=threads, tid=os.getpid(),
        parent_pid=master, parent_capacity=uwsgi.numproc if master else 0,
    )  # fmt: skip
    if threads == 1:
        return lane, 0
    pool = pool_of(lane, threads)
    return thread_here(pool), pool
