"""Motion: how far a ghost has come, eased in recorded time."""

from __future__ import annotations


def eased(age: int, cell: int, path: int) -> int:
    """Give how many of `path` cells a ghost has gone, `age` ns after it set out; it takes 2q."""
    u = min(1.0, max(0.0, age / (2 * cell)))
    return round(path * (1 - (1 - u) ** 3))
