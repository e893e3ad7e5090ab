"""Checks of single values; what fails says key, value and what is allowed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from simulator.distributions import Distribution, parse_distribution
from simulator.durations import LONGEST, parse_duration


class InvalidError(ValueError):
    """A value that is not allowed: `hop 2 (gunicorn): threads = 0: must be at least 1`."""

    def __init__(
        self, key: str, value: object, allowed: str, place: str = "", line: int | None = None
    ) -> None:
        self.key, self.value, self.allowed, self.place, self.line = key, value, allowed, place, line
        super().__init__(key, value, allowed)

    def at(self, place: str, line: int | None = None) -> InvalidError:
        """Say where it stands, unless that is known already."""
        return InvalidError(self.key, self.value, self.allowed, self.place or place, self.line or line)

    def __str__(self) -> str:
        where = f"line {self.line}: " if self.line else ""
        where += f"{self.place}: " if self.place else ""
        return f"{where}{self.key} = {written(self.value)}: {self.allowed}"


def written(value: object) -> str:
    """Write a value as TOML does, cut to a readable length."""
    if isinstance(value, bool):
        return str(value).lower()
    if value is None:
        return "nothing"
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def check_whole(key: str, value: Any, low: int, high: int) -> int:
    """Check a whole number."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidError(key, value, "must be a whole number")
    if value < low:
        raise InvalidError(key, value, f"must be at least {low}")
    if value > high:
        raise InvalidError(key, value, f"must be at most {high}")
    return value


def check_number(key: str, value: Any, low: float, high: float) -> float:
    """Check a number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidError(key, value, "must be a number")
    if not low <= value <= high:
        raise InvalidError(key, value, f"must be from {low:g} to {high:g}")
    return float(value)


def check_share(key: str, value: Any) -> float:
    """Check a probability below 1."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1:
        raise InvalidError(key, value, "must be a number from 0 to below 1")
    return float(value)


def check_one_of(key: str, value: Any, choices: Sequence[Any]) -> Any:
    """Check a choice."""
    if not any(value == choice and type(value) is type(choice) for choice in choices):
        raise InvalidError(key, value, "must be " + " or ".join(written(choice) for choice in choices))
    return value


def check_text(key: str, value: Any, place: str = "") -> str:
    """Check a text that is not empty."""
    if not isinstance(value, str) or not value.strip():
        raise InvalidError(key, value, "must be a text", place)
    return value


def check_duration(key: str, value: Any) -> int:
    """Check a duration: text, or ns (in Python)."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LONGEST:
        return value
    try:
        return parse_duration(value)
    except ValueError as error:
        raise InvalidError(key, value, str(error)) from None


def check_distribution(key: str, value: Any) -> Distribution:
    """Check a distribution."""
    try:
        return parse_distribution(value)
    except ValueError as error:
        raise InvalidError(key, value, str(error)) from None
