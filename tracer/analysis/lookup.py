"""Follows a column of row numbers into another table, of which -1 names no row."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T", bound=np.generic)


def at(values: NDArray[T], rows: NDArray[np.integer], missing: int) -> NDArray[T]:
    """Give the value of each row, `missing` where the row is -1; shape (len(rows),)."""
    found = np.full(len(rows), missing, values.dtype)
    known = np.flatnonzero(rows >= 0)
    found[known] = values[rows[known]]
    return found
