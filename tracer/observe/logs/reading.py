"""A log file, line by line: which server wrote a line, and what is wrong with those that cannot be read."""

from __future__ import annotations

import gzip
import io
import json
import re
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

from tracer.observe.logs import apache, nginx
from tracer.observe.logs.logged import LogError, Logged

SERVERS: dict[str, Callable[[dict[str, Any]], Logged]] = {
    nginx.NEEDED[0]: nginx.logged,
    apache.NEEDED[0]: apache.logged,
}
"""A key that only one server's lines have -> what reads them."""

LONGEST = 1 << 20  # bytes of a line
MOST_FAULTS = 100
_GZIP = b"\x1f\x8b"
_BYTE = re.compile(rb"\\x([0-9a-fA-F]{2})")


def is_log(path: Path) -> bool:
    """Whether a file is a JSON log: its first byte that is no blank opens an object. Packed ones too."""
    try:
        with _opened(path) as file:
            return file.read(64).lstrip().startswith(b"{")
    except (OSError, EOFError, zlib.error):
        return False


class Log:
    """The lines of a log file, once; `faults` then has a sentence for each that could not be read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.faults: list[str] = []
        self.not_told = 0  # of more faults than are kept
        self.lines = 0

    def __iter__(self) -> Iterator[Logged]:
        with _opened(self.path) as file:
            for line in self._lines(file):
                self.lines += 1
                if line.isspace():
                    continue
                try:
                    yield parsed(line)
                except LogError as error:
                    self._fault(str(error))

    def _lines(self, file: BinaryIO) -> Iterator[bytes]:
        try:
            while line := file.readline(LONGEST):
                yield line
        except (OSError, EOFError, zlib.error) as error:
            self._fault(f"the rest cannot be read, {error}")

    def _fault(self, why: str) -> None:
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(f"{self.path}: line {self.lines}: {why}")
        else:
            self.not_told += 1


def read(path: Path) -> tuple[list[Logged], list[str]]:
    """Give what a whole log says, and what was wrong with it. Raises LogError if no line can be read."""
    log = Log(path)
    said = list(log)
    if not said:
        raise LogError(log.faults[0] if log.faults else f"{path}: no request is in this log")
    return said, log.faults


def parsed(line: bytes) -> Logged:
    """Read one line. Raises LogError, which says what is missing."""
    try:
        told = json.loads(_BYTE.sub(rb"\\u00\1", line) if b"\\x" in line else line)
    except (ValueError, RecursionError):
        raise LogError("this is no JSON object") from None
    if not isinstance(told, dict):
        raise LogError("this is no JSON object")
    for key, reader in SERVERS.items():
        if key in told:
            return reader(told)
    keys = " nor ".join(SERVERS)
    raise LogError(f"it has neither {keys}: log with the format of docs/guide/logs.md")


def _opened(path: Path) -> BinaryIO:
    file = path.open("rb")
    magic = file.read(2)
    file.seek(0)
    return cast(BinaryIO, io.BufferedReader(gzip.GzipFile(fileobj=file))) if magic == _GZIP else file
