"""How many columns of a terminal a text takes."""

from __future__ import annotations

from functools import lru_cache

from rich.cells import cell_len, set_cell_size


@lru_cache(maxsize=4096)
def width_of(text: str) -> int:
    """Count columns: 2 for wide characters (Hangul), 0 for combining ones, else 1."""
    return len(text) if text.isascii() else cell_len(text)


def fitted(text: str, width: int) -> str:
    """Cut or fill a text to a width in columns; a wide character that would be halved becomes a space."""
    room = max(width, 0) - width_of(text)
    return text + " " * room if room >= 0 else set_cell_size(text, max(width, 0))
