"""Dictionary-encoded text: every text of a recording stands once, columns hold its number."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

NEAR = 1 << 22
"""Bytes that texts may lie apart to be read together."""


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

    def some(self, numbers: NDArray[Any]) -> dict[int, str]:
        """Give the texts of some sorted numbers, -1 left out; many at once are one copy of bytes."""
        numbers = numbers[numbers >= 0]
        if not len(numbers):
            return {}
        ends = self.ends[numbers]
        starts = np.where(numbers > 0, self.ends[numbers - 1], 0)
        base = int(starts[0])
        if int(ends[-1]) - base > NEAR:
            return {number: self[number] for number in numbers.tolist()}
        raw = self.blob[base : int(ends[-1])].tobytes()
        places = zip(numbers.tolist(), (starts - base).tolist(), (ends - base).tolist(), strict=True)
        return {number: raw[a:b].decode("utf-8", "replace") for number, a, b in places}

    def __iter__(self) -> Iterator[str]:
        return (self[number] for number in range(len(self)))

    def pick(self, numbers: NDArray[np.int64]) -> Texts:
        """Give the texts of these numbers, in their order."""
        lengths = np.diff(self.ends, prepend=0)[numbers]
        ends = np.cumsum(lengths, dtype=np.int64)
        shift = np.repeat(self.ends[numbers] - ends, lengths)
        return Texts(self.blob[shift + np.arange(len(shift))], ends)


class Interner:
    """Gives each distinct text a number, in order of first use."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._texts = list(texts)
        self._numbers = {text: number for number, text in enumerate(self._texts)}

    def __call__(self, text: str | None) -> int:
        """Give the number of a text; None is -1."""
        if text is None:
            return -1
        number = self._numbers.setdefault(text, len(self._texts))
        if number == len(self._texts):
            self._texts.append(text)
        return number

    def __len__(self) -> int:
        return len(self._texts)

    def since(self, number: int) -> list[str]:
        """List the texts from `number` on."""
        return self._texts[number:]

    def texts(self) -> Texts:
        """Freeze what was interned so far."""
        return Texts.of(self._texts)


def in_order_of_use(texts: Texts, columns: list[NDArray[Any]]) -> tuple[Texts, list[NDArray[Any]]]:
    """Renumber texts as they first occur, column after column, and drop those that nobody uses.

    So the same rows give the same bytes, whatever order they were interned in.
    """
    size = len(texts)
    new = np.full(size + 1, -1, np.int64)  # its last place stands for -1, no text
    used = 0
    for column in columns:
        first = np.full(size + 1, len(column))
        first[column[::-1]] = np.arange(
            len(column) - 1, -1, -1
        )  # of equal numbers the last one written stays
        fresh = np.flatnonzero((first[:size] < len(column)) & (new[:size] < 0))
        new[fresh[np.argsort(first[fresh])]] = np.arange(used, used + len(fresh))
        used += len(fresh)
    kept = np.flatnonzero(new[:size] >= 0)
    picked = texts.pick(kept[np.argsort(new[kept])])
    return picked, [new[column].astype(column.dtype) for column in columns]
