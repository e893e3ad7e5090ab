"""What a sweep has done so far, in a file beside its results.

A line says which sweep it is, then each run has one. A line that was cut off by a crash is left out.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

from simulator.sweep import Done, Sweep, Unit
from tracer.cli.errors import CliError


class State:
    """The runs that are done: kept in memory and, if there is a path, on disk as they come."""

    def __init__(self, path: Path | None, sweep: Sweep, done: Iterable[Done] = ()) -> None:
        self.path = path
        self.done: dict[Unit, list[dict[str, Any]]] = dict(done)
        self._file: IO[str] | None = None
        if path is not None:
            # Written anew on --resume as well: so a cut line is gone.
            self._file = path.open("w", encoding="utf-8")
            self._write([{"sweep": digest(sweep)}, *map(_line, self.done.items())])

    @classmethod
    def resumed(cls, path: Path, sweep: Sweep) -> State:
        """Read what is there; CliError if it is of another sweep. With no file it begins anew."""
        if not path.exists():
            return cls(path, sweep)
        lines = _lines(path)
        if next(lines, {}).get("sweep") != digest(sweep):
            what = "scenario, settings, what varies or replications"
            raise CliError(f"{path} is of another sweep ({what} differ); delete it, or give another -o")
        return cls(path, sweep, [(Unit(*line["unit"]), line["stacks"]) for line in lines])

    def keep(self, done: Iterable[Done]) -> None:
        """Note runs, on disk before anything else happens."""
        done = list(done)
        self.done.update(done)
        self._write(map(_line, done))

    def _write(self, lines: Iterable[dict[str, Any]]) -> None:
        if self._file is not None:
            self._file.writelines(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)
            self._file.flush()

    def close(self) -> None:
        """Close the file; one in which there is no run is not left behind."""
        if self._file is not None:
            self._file.close()
            if not self.done:
                self.remove()

    def remove(self) -> None:
        """Remove the file: the results are written."""
        if self.path is not None:
            with contextlib.suppress(FileNotFoundError):
                self.path.unlink()


def digest(sweep: Sweep) -> str:
    """Tell sweeps apart; by which engine they run makes no difference."""
    said = (sweep.text, sweep.settings, sweep.configurations, sweep.replications)
    return hashlib.sha256(repr(said).encode()).hexdigest()


def _line(done: Done) -> dict[str, Any]:
    return {"unit": list(done[0]), "stacks": done[1]}


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8", errors="replace") as file:
        for text in file:
            try:
                line = json.loads(text)
            except ValueError:
                return
            if not isinstance(line, dict):
                return
            yield line
