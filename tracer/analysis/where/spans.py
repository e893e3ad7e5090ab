"""Spans: texts as stretches of one long array of bytes, searched all at once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracer.recording.nouns import I8
from tracer.recording.texts import Texts

Mask = NDArray[np.bool_]
FEW = 2_000  # texts that are looked at one by one sooner than all at once
_SPECIAL = frozenset(r".^$*+?{}[]\|()")
_SCHEME = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")


@dataclass(frozen=True, slots=True)
class Spans:
    """Text i is blob[starts[i]:ends[i]], UTF-8; starts are sorted, and spans do not overlap.

    A mask over the texts has one place more, for -1: no text, which fits nothing.
    """

    blob: NDArray[np.uint8]
    starts: I8
    ends: I8

    @classmethod
    def of(cls, texts: Texts) -> Spans:
        """Take the texts of a recording as they are."""
        return cls(
            texts.blob, np.concatenate(([0], texts.ends[:-1])).astype(np.int64)[: len(texts)], texts.ends
        )

    @classmethod
    def made(cls, texts: Iterable[str]) -> Spans:
        """Make spans of texts."""
        return cls.of(Texts.of(texts))

    def __len__(self) -> int:
        return len(self.starts)

    def __getitem__(self, number: int) -> str:
        """Give a text; -1 is the empty one."""
        if number < 0:
            return ""
        return (
            self.blob[int(self.starts[number]) : int(self.ends[number])].tobytes().decode("utf-8", "replace")
        )

    def equal(self, text: str) -> Mask:
        """Say which texts are this one; shape (n + 1,)."""
        wanted = np.frombuffer(text.encode("utf-8", "surrogatepass"), np.uint8)
        rows = np.flatnonzero(self.ends - self.starts == len(wanted))
        for place, byte in enumerate(wanted):
            rows = rows[self.blob[self.starts[rows] + place] == byte]
        return self._mask(rows)

    def matching(self, pattern: str, used: NDArray[np.intp]) -> Mask:
        """Say in which of the texts `used`, sorted, a regular expression is found; shape (n + 1,)."""
        plain = not _SPECIAL.intersection(pattern)
        if plain and len(used) > FEW:
            return self.containing(pattern)
        search = re.compile(re.escape(pattern) if plain else pattern).search
        return self._mask(np.array([one for one in used.tolist() if search(self[one])], np.intp))

    def containing(self, text: str) -> Mask:
        """Say which texts contain this one; shape (n + 1,)."""
        wanted = np.frombuffer(text.encode("utf-8", "surrogatepass"), np.uint8)
        if not len(wanted):
            return self._mask(np.arange(len(self)))
        last = len(self.blob) - len(wanted) + 1
        places = np.flatnonzero(self.blob[: max(last, 0)] == wanted[0])
        for step, byte in enumerate(wanted[1:], start=1):
            places = places[self.blob[places + step] == byte]
        rows = np.searchsorted(self.starts, places, "right") - 1
        fits = (rows >= 0) & (places + len(wanted) <= self.ends[rows])
        return self._mask(rows[fits])

    def _mask(self, rows: NDArray[np.intp] | I8) -> Mask:
        mask = np.zeros(len(self) + 1, bool)
        mask[rows] = True
        return mask

    def paths(self) -> Spans:
        """Cut targets to their paths: up to `?` or `#`, and without scheme and host before it."""
        marks = np.flatnonzero((self.blob == ord("?")) | (self.blob == ord("#")))
        ends = np.array(self.ends)
        if len(marks):
            after = np.searchsorted(marks, self.starts)
            near = marks[np.minimum(after, len(marks) - 1)]
            ends = np.where((after < len(marks)) & (near < ends), near, ends)
        starts = np.array(self.starts)
        for row in np.flatnonzero(self.containing("://")[:-1]).tolist():
            match = _SCHEME.match(self.blob[int(starts[row]) : int(ends[row])].tobytes())
            starts[row] += match.end() if match else 0
        return Spans(self.blob, starts, ends)
