"""The keys of a hop: fields that check what is given for them."""

from __future__ import annotations

from dataclasses import field, fields
from typing import Any

from simulator.validity import check_duration, check_one_of, check_whole

MANY = 100_000
SECOND = 10**9


def whole(default: int, low: int = 1, high: int = MANY) -> Any:
    """Declare a whole number."""
    return field(default=default, metadata={"check": lambda key, value: check_whole(key, value, low, high)})


def time(default: int | None) -> Any:
    """Declare a duration in ns, which may be given as text."""
    return field(default=default, metadata={"check": _duration_or_none})


def _duration_or_none(key: str, value: Any) -> int | None:
    return None if value is None else check_duration(key, value)


def one_of(default: str, *choices: str) -> Any:
    """Declare a choice of words."""
    return field(default=default, metadata={"check": lambda key, value: check_one_of(key, value, choices)})


def flag(default: bool) -> Any:
    """Declare true or false."""
    return field(
        default=default, metadata={"check": lambda key, value: check_one_of(key, value, (True, False))}
    )


def fill(hop: Any, keys: dict[str, Any]) -> None:
    """Set the fields of a frozen hop whose first argument is not its name."""
    known = {f.name: f for f in fields(hop)}
    for key in keys:
        if key not in known:
            raise TypeError(f"{type(hop).__name__} has no key {key!r}")
    for name, f in known.items():
        object.__setattr__(hop, name, keys.get(name, f.default))
    hop.__post_init__()
