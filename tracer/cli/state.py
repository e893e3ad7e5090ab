"""Where the program keeps what it writes by itself: the details of faults, the demo's recordings."""

from __future__ import annotations

import os
from pathlib import Path


def state_dir() -> Path:
    """Give the folder by the XDG rules; it need not exist yet."""
    base = os.environ.get("XDG_STATE_HOME", "")
    # The XDG rules: a relative path is invalid and to be ignored.
    root = Path(base) if base.startswith("/") else Path("~/.local/state").expanduser()
    return root / "hopscope"
