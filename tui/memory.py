"""Memory: what the app finds again when the same files are opened next time. A small JSON file.

It is a convenience: what cannot be read or written is as if it were not there. Files that changed since,
by size or time, are new files.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

KEPT = 50  # openings


class Memory:
    """What is remembered of some files, in the file `path`; without a path nothing is."""

    def __init__(self, path: Path | None, files: Sequence[Path]) -> None:
        self._path = path
        self._key = _key(files)

    def recall(self) -> dict[str, Any]:
        """Give what `keep` was given for these files: screen -> what it said of itself; {} for nothing."""
        found = self._read().get(self._key) if self._key else None
        return found if isinstance(found, dict) else {}

    def keep(self, told: dict[str, Any]) -> None:
        """Remember; the oldest of many openings is forgotten."""
        if self._path is None or not self._key:
            return
        known = {key: value for key, value in self._read().items() if key != self._key}
        lines = dict(list({**known, self._key: told}.items())[-KEPT:])
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            fresh = self._path.with_suffix(f".{os.getpid()}")
            fresh.write_text(json.dumps(lines), "utf-8")
            fresh.replace(self._path)

    def _read(self) -> dict[str, Any]:
        if self._path is None:
            return {}
        try:
            read = json.loads(self._path.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return read if isinstance(read, dict) else {}


def _key(files: Sequence[Path]) -> str:
    """Name files by where they are, how long and of when; "" for none, or if one is not there."""
    try:
        states = [(str(file.resolve()), file.stat()) for file in files]
    except OSError:
        return ""
    return "|".join(f"{name}:{state.st_size}:{state.st_mtime_ns}" for name, state in states)
