"""Files that appear under their name only when they are whole."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, cast

from tracer.recording.errors import TraceError


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Open a new file (mode 0600) in the directory of `path`; it takes that name when the block ends well.

    It and its name are on the disk then. When the block fails, `path` is as it was. Raises TraceError
    where the system refuses.
    """
    if not path.name:
        raise TraceError(path, "is no name for a file", "give one that ends in .trace")
    temporary = path.with_name(f".{path.name}.{os.urandom(6).hex()}.tmp")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with cast(BinaryIO, os.fdopen(descriptor, "wb")) as file:
            yield file
            file.flush()
            os.fsync(descriptor)
        temporary.replace(path)
        _sync_directory(path.parent)
    except BaseException as error:
        with suppress(OSError):
            temporary.unlink()
        if isinstance(error, OSError):
            raise TraceError.of(path, error, "write") from error
        raise


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
