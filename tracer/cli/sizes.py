"""Writes amounts of bytes for people."""

from __future__ import annotations

_UNITS = ("bytes", "kB", "MB", "GB")


def size(count: int) -> str:
    """Write so many bytes: `512 bytes`, `1.5 kB`, `2048.0 GB`; units of 1000."""
    value, unit = float(count), _UNITS[0]
    for unit in _UNITS:
        if value < 1000 or unit == _UNITS[-1]:
            break
        value /= 1000
    return f"{value:.0f} {unit}" if unit == _UNITS[0] else f"{value:.1f} {unit}"
