"""The same engine, compiled: every function of the plain one, with the array agenda put in, given to numba.

The plain modules stay as they are: their functions are copied with globals in which each function of the
engine is its compiled twin. All small functions are inlined into one; reference counting is off, as none
allocates. The result is cached on disk by a hash of the sources.
"""

from __future__ import annotations

import functools
import hashlib
import os
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

from simulator import draw
from simulator.engine import (
    account,
    agenda,
    arrivals,
    clients,
    compute,
    cores,
    faults,
    interpreter,
    pools,
    tokens,
)

# In order of who calls whom.
MODULES = (draw, agenda, tokens, account, pools, cores, compute, arrivals, clients, faults, interpreter)
INSTEAD: dict[Any, Any] = {
    draw.mix: draw.unsigned_mix,
    arrivals.draw_batch: arrivals.array_draw_batch,
    draw.unmix: draw.unsigned_unmix,
    agenda.push: agenda.array_push,
    agenda.replace_first: agenda.array_replace_first,
    agenda.drop_first: agenda.array_drop_first,
    agenda.first_time: agenda.array_first_time,
    agenda.first_ticket: agenda.array_first_ticket,
    agenda.has_room: agenda.array_has_room,
    agenda.sweep: agenda.array_sweep,
}


def _functions() -> dict[str, Callable[..., Any]]:
    found: dict[str, Callable[..., Any]] = {}
    for module in MODULES:
        for name, value in vars(module).items():
            if isinstance(value, types.FunctionType) and value.__module__ == module.__name__:
                found[f"{module.__name__}.{name}"] = value
    return found


def _version() -> str:
    """Hash the engine's sources, Python's version and the bounds check: what a cache entry depends on."""
    digest = hashlib.sha256(repr((sys.version_info[:3], os.environ.get("NUMBA_BOUNDSCHECK"))).encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    digest.update(Path(str(draw.__file__)).read_bytes())
    return digest.hexdigest()[:16]


def _cache() -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(home) / "hopscope" / f"engine-{_version()}"


def is_cached() -> bool:
    """Tell whether the compiler has nothing to do."""
    return any(_cache().glob("**/*.nbc"))


HOT = frozenset({
    "acquire", "act", "advance", "among", "array_drop_first", "array_first_ticket", "array_first_time",
    "array_push", "array_replace_first", "arrival_is_next", "arrive", "attempt", "begin_phase",
    "cancel_gone", "cancel_wake", "choose", "close_attempt", "close_hole", "compute", "draw",
    "drop_token", "end_phase", "enqueue", "enter", "finish", "free_lane", "grant", "happen",
    "held_within", "hold", "hold_lane", "is_live", "issue", "leave", "leave_line", "let_go", "may_issue",
    "name_of", "new_ticket", "new_token", "next_arrival", "no_more", "note_wait", "pick", "pool_of",
    "pop", "rarer", "release", "reply", "resume", "run", "salt_of", "schedule",
    "schedule_arrival", "seat_of", "seize", "set_ready", "sink", "stand_in_line", "take_ready",
    "tells_outside", "uniform", "unlink", "unsigned_mix", "wake_at", "when", "with_status",
})  # fmt: skip
"""What a request meets on its way: inlined by force. The compiler decides about the others."""


def twins(wrap: Callable[[Callable[..., Any], Callable[..., Any]], Any]) -> dict[Callable[..., Any], Any]:
    """Copy every function, wrapped by `wrap(original, copy)`, so that the copies call each other."""
    copies: dict[Callable[..., Any], types.FunctionType] = {}
    for function in _functions().values():
        code = function.__code__
        copies[function] = types.FunctionType(code, dict(function.__globals__), function.__name__)
    made = {function: wrap(function, copy) for function, copy in copies.items()}
    for function, copy in copies.items():
        for name, value in function.__globals__.items():
            if isinstance(value, types.FunctionType) and value in made:
                copy.__globals__[name] = made[INSTEAD.get(value, value)]
    return made


@functools.cache
def load() -> Callable[[Any, Any, int], int]:
    """Give `interpreter.run`, compiled; raise ImportError without numba."""
    import numba

    njit: Any = numba.njit
    config: Any = numba.config
    model = {"_nrt": False, "error_model": "numpy", "no_cfunc_wrapper": True}

    def wrap(function: Callable[..., Any], copy: Callable[..., Any]) -> Any:
        return njit(no_cpython_wrapper=True, forceinline=function.__name__ in HOT, **model)(copy)

    before = config.CACHE_DIR
    config.CACHE_DIR = str(_cache())
    try:
        return njit(cache=_can_write(), **model)(_entry(twins(wrap)[interpreter.run]))  # type: ignore[no-any-return]
    finally:
        config.CACHE_DIR = before


def _entry(run: Any) -> Callable[[Any, Any, int], int]:
    """Give the function that Python calls; looking for indices outside (a test does) needs real arrays."""
    import numba

    from simulator.engine import columns

    config: Any = numba.config
    entry = columns.checked if config.BOUNDSCHECK else columns.unchecked
    return types.FunctionType(entry.__code__, {**vars(columns), "run": run}, "run")


def _can_write() -> bool:
    """Make the cache's folder; without one the engine is compiled each time."""
    try:
        _cache().mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(_cache(), os.W_OK)
