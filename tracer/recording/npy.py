"""The head of an .npy member."""

from __future__ import annotations

from typing import Any

import numpy as np

from tracer.recording.container import ALIGN


def npy_header(dtype: np.dtype[Any], rows: int) -> bytes:
    """Give the head of an .npy, version 1.0, of a one-dimensional array; 64 or 128 bytes."""
    said = f"{{'descr': {dtype.str!r}, 'fortran_order': False, 'shape': ({rows},), }}"
    length = len(said) + 1 + -(10 + len(said) + 1) % ALIGN
    return b"\x93NUMPY\x01\x00" + length.to_bytes(2, "little") + said.ljust(length - 1).encode() + b"\n"
