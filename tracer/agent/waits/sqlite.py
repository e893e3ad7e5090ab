"""sqlite3, whose classes are written in C: connections and cursors are made subclasses of the same name."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

from ..points import fault, install
from .dbapi import ENDS, FETCHES, STATEMENTS, wait

POINT = "sqlite3"
_subclasses: dict[type, type] = {}


def patch(module: ModuleType) -> None:
    """Hook `connect`, which is told itself where it takes long: it may wait for a file."""
    cursor = _subclass(module.Cursor, (*STATEMENTS, *FETCHES), {})

    def make(real: Callable[..., Any]) -> Callable[..., Any]:
        def connect(*args: Any, **kwargs: Any) -> Any:
            try:
                if len(args) < 6:  # factory is the sixth, if it is given by its place
                    kwargs["factory"] = _connection(kwargs.get("factory", module.Connection), cursor)
            except Exception as error:
                fault(POINT, error)
            return real(*args, **kwargs)

        return connect

    install(POINT, module, "connect", make)


def _connection(factory: Any, cursor: type) -> Any:
    """Return the subclass of a class of connections; what else makes connections is left alone."""
    if not isinstance(factory, type) or factory in _subclasses.values():
        return factory

    def make(real: Callable[..., Any]) -> Callable[..., Any]:
        def cursors(self: Any, *args: Any, **kwargs: Any) -> Any:
            return real(self, *args, **kwargs) if args or kwargs else real(self, cursor)

        return cursors

    return _subclass(factory, (*STATEMENTS, *ENDS), {"cursor": make(factory.cursor)})  # type: ignore[attr-defined]


def _subclass(base: type, calls: tuple[str, ...], more: dict[str, Any]) -> type:
    made = _subclasses.get(base)
    if made is None:
        hooks = {call: wait(POINT, POINT, call)(getattr(base, call)) for call in calls if hasattr(base, call)}
        about = {"__module__": base.__module__, "__qualname__": base.__qualname__, "__doc__": base.__doc__}
        made = _subclasses[base] = type(base.__name__, (base,), {**hooks, **more, **about})
    return made
