"""Dictionary-encoded text: every text of a recording stands once, columns hold its number."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of a recording: UTF-8 end to end, and where each ends.

    `ends` has shape (n,), int64 offsets into `blob`, a uint8 array; text i is blob[ends[i-1]:ends[i]].
    """

    blob: NDArray[np.uint8]
    ends: NDArray[np.int64]

    @classmethod
    def of(cls, texts: Iterable[str]) -> Texts:
        """Encode texts in the order given; their numbers count from 0."""
        parts = [text.encode("utf-8", "replace") for text in texts]
        ends = np.cumsum([len(part) for part in parts], dtype=np.int64)
        return cls(np.frombuffer(b"".join(parts), np.uint8), ends)

    def __len__(self) -> int:
        return len(self.ends)

    def __getitem__(self, number: int) -> str:
        """Give text `number`; -1, as for everything not known, is the empty text."""
        if number < 0:
            return ""
        start = int(self.ends[number - 1]) if number else 0
        return self.blob[start : int(self.ends[number])].tobytes().decode("utf-8", "replace")

    def __iter__(self) -> Iterator[str]:
        return (self[number] for number in range(len(self)))


class Interner:
    """Gives each distinct text a number, in order of first use."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._numbers: dict[str, int] = {text: number for number, text in enumerate(texts)}

    def __call__(self, text: str | None) -> int:
        """Give the number of a text; None is -1."""
        if text is None:
            return -1
        return self._numbers.setdefault(text, len(self._numbers))

    def __len__(self) -> int:
        return len(self._numbers)

    def since(self, number: int) -> list[str]:
        """List the texts from `number` on."""
        return list(self._numbers)[number:]

    def texts(self) -> Texts:
        """Freeze what was interned so far."""
        return Texts.of(self._numbers)
