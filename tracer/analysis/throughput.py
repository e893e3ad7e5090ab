"""Throughput: answered requests per second of the window."""

from __future__ import annotations


def throughput(answered: int, duration_s: float) -> float | None:
    """Give requests per second; None of a window without length."""
    return answered / duration_s if duration_s > 0 else None
