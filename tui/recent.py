"""Recent: the recordings that were opened last. A small JSON file that only its owner may read."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

KEPT = 20


class Opening(NamedTuple):
    """What was opened together, by the names that a command takes, and when, s since the epoch."""

    files: tuple[str, ...]
    at: float


class Recent:
    """The openings in the file `path`; without a path there are none. What cannot be read is not there."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def openings(self) -> list[Opening]:
        """List them, the last first; those whose files are gone are left out."""
        return [one for one in self._read() if all(map(is_there, one.files))]

    def add(self, files: Sequence[str]) -> None:
        """Put an opening first."""
        if self._path is None or not files:
            return
        names = tuple(map(whole, files))
        kept = [Opening(names, time.time()), *(one for one in self._read() if one.files != names)][:KEPT]
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            _write(self._path, json.dumps([{"files": one.files, "at": one.at} for one in kept]))

    def _read(self) -> list[Opening]:
        if self._path is None:
            return []
        try:
            read = json.loads(self._path.read_text("utf-8"))
            return [Opening(tuple(map(str, one["files"])), float(one["at"])) for one in read]
        except (OSError, ValueError, TypeError, KeyError):
            return []


def whole(name: str) -> str:
    """Give a name that means the same from every folder."""
    if name.startswith("sample:") or "+" in name:
        return name
    return str(Path(name).resolve())


def is_there(name: str) -> bool:
    """Whether what a name means can still be opened, as far as can be told without opening it."""
    path = Path(name)
    return name.startswith("sample:") or "+" in name or path.exists() or Path(f"{name}.part").exists()


def _write(path: Path, text: str) -> None:
    """Replace a file whole; it is its owner's alone from its first byte on."""
    fresh = path.with_suffix(f".{os.getpid()}")
    with os.fdopen(
        os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8"
    ) as file:
        file.write(text)
    fresh.replace(path)
