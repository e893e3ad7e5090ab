"""Points: where the agent stands in somebody else's code, and how it leaves when it fails.

A hook calls the original whatever happens to itself. One that raised is taken out again and counted; the
host never sees its exception.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .ring import ring

_points: dict[str, list[tuple[Any, str, Any, Any]]] = {}
faults: dict[str, int] = {}
"""Point -> how often its hook failed."""


def install(point: str, owner: Any, attribute: str, make: Callable[[Any], Any]) -> None:
    """Put `make(original)` in the place of an attribute; once, however often this is called.

    Raise AttributeError if the owner has no such attribute of its own or inherited.
    """
    if any(at[0] is owner and at[1] == attribute for at in _points.get(point, ())):
        return
    original = getattr(owner, attribute)
    inherited = attribute not in vars(owner)
    hook = make(original)
    _like(hook, original)
    setattr(owner, attribute, hook)
    _points.setdefault(point, []).append((owner, attribute, None if inherited else original, hook))
    if point not in ring.live:
        ring.live.append(point)


def _like(hook: Any, original: Any) -> None:
    """Give a hook the name of what it stands for: tracebacks, pickles and help() go by it."""
    for name in ("__module__", "__name__", "__qualname__", "__doc__"):
        try:
            setattr(hook, name, getattr(original, name))
        except (AttributeError, TypeError):
            pass


def fault(point: str, error: BaseException) -> None:
    """Count a hook's failure and take its point out; to be called from an `except` of the hook."""
    try:
        faults[point] = faults.get(point, 0) + 1
        for owner, attribute, original, hook in _points.pop(point, ()):
            if vars(owner).get(attribute) is not hook:
                continue  # somebody else has patched on top of it: it stays, and fails again
            if original is None:
                delattr(owner, attribute)
            else:
                setattr(owner, attribute, original)
        if faults[point] & (faults[point] - 1) == 0:  # 1, 2, 4, ...: one that cannot be taken out
            ring.fault(faults[point], f"{point}: {type(error).__name__}")
    except Exception:
        pass
