"""Braille: cells of two by four dots, for bars, single dots and crowds; and their ascii stand-ins."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

_BAR_LEFT = np.array([0x00, 0x40, 0x44, 0x46, 0x47])
_BAR_RIGHT = np.array([0x00, 0x80, 0xA0, 0xB0, 0xB8])
_DOT_LEFT = np.array([0x00, 0x40, 0x04, 0x02, 0x01])
_DOT_RIGHT = np.array([0x00, 0x80, 0x20, 0x10, 0x08])
_CROWD = tuple(int(_BAR_LEFT[(n + 1) // 2] | _BAR_RIGHT[n // 2]) for n in range(9))
_ASCII_HEIGHT = " _.-="
DOTS = "".join(chr(0x2800 + bits) if bits else " " for bits in range(256))


def _height(bits: int) -> int:
    """The highest dot of a cell, 1 (lowest) to 4; 0 for none."""
    rows = (0xC0, 0x24, 0x12, 0x09)
    return max((n + 1 for n, mask in enumerate(rows) if bits & mask), default=0)


_ASCII = "".join(_ASCII_HEIGHT[_height(bits)] for bits in range(256))


_CODES = np.frombuffer(DOTS.encode("utf-32-le"), np.uint32)
_ASCII_CODES = np.frombuffer(_ASCII.encode("utf-32-le"), np.uint32)


def text(bits: Ints, braille: bool = True) -> str:
    """Write cells: `bits` has shape (columns,), the low byte of the braille code."""
    return (_CODES if braille else _ASCII_CODES)[bits].tobytes().decode("utf-32-le")


def columns(bars: Ints, dots: Ints, rows: int, braille: bool = True) -> list[str]:
    """Draw half-columns `rows` cells high, top row first.

    `bars` and `dots` have shape (2 * columns,): the height of a solid bar, and the height at which a
    single dot stands, in dots from 1; 0 for none.
    """
    lines = []
    for floor in range(4 * (rows - 1), -1, -4):
        bar = np.clip(bars - floor, 0, 4)
        dot = np.where((dots > floor) & (dots <= floor + 4), dots - floor, 0)
        bits = _BAR_LEFT[bar[::2]] | _BAR_RIGHT[bar[1::2]] | _DOT_LEFT[dot[::2]] | _DOT_RIGHT[dot[1::2]]
        lines.append(text(bits, braille))
    return lines


def crowd(count: int, braille: bool = True) -> str:
    """Write `count` dots, eight a cell, the last cell filled from below."""
    if not braille:
        return "".join("*" if n > 8 else str(n) for n in _portions(count))
    full, rest = divmod(count, 8)
    return DOTS[255] * full + (DOTS[_CROWD[rest]] if rest else "")


def _portions(count: int) -> list[int]:
    full, rest = divmod(count, 8)
    return [9] * full + ([rest] if rest else [])


def levels(values: NDArray[np.float64] | Ints, top: float, height: int) -> Ints:
    """Turn values into heights in dots: 0 stays 0, anything above is 1 at least, `top` is `height`."""
    if top <= 0:
        return np.zeros(len(values), np.int64)
    return np.clip(np.ceil(values * (height / top) - 1e-9), 0, height).astype(np.int64)
