"""A fault of ours: one sentence for the user, the details in a file, never a traceback."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
import time
from pathlib import Path

from tracer import __version__
from tracer.cli.state import state_dir

KEPT = 20  # files of details; older ones are removed


def report(error: BaseException) -> str:
    """Write the details of a fault to a file; give the sentence that names it."""
    what = f"{type(error).__name__}: {error}".replace("\n", " ").rstrip(". ")
    where = _written(_details(error))
    details = f"details in {where}" if where else "HOPSCOPE_DEBUG=1 shows the details"
    return f"a fault in hopscope: {what}; {details}"


def _details(error: BaseException) -> str:
    import traceback

    about = f"hopscope {__version__}, Python {platform.python_version()}, {platform.platform()}"
    return f"{about}\n{sys.argv}\n\n{''.join(traceback.format_exception(error))}"


def _written(text: str) -> Path | None:
    """Write into the state folder, or, where that is not writable, into the temporary one."""
    for folder in (state_dir() / "faults", Path(tempfile.gettempdir())):
        path = folder / f"hopscope-fault-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.txt"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", errors="backslashreplace")
            _prune(folder)
        except OSError:
            continue
        return path
    return None


def _prune(folder: Path) -> None:
    for old in sorted(folder.glob("hopscope-fault-*.txt"))[:-KEPT]:
        old.unlink(missing_ok=True)
