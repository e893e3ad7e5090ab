"""What the `tracer` script starts: finds our own packages, whatever PYTHONPATH puts before them.

`tracer`, `simulator` and `tui` are names that a user's project may have as well, and a PYTHONPATH set for
the server that is to be recorded stands before the installed packages. The servers get it unchanged.
"""

from __future__ import annotations

import sys
from pathlib import Path


def main() -> int:
    """Run the command line with our own packages first; give its exit code."""
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    from tracer.cli import main as run

    return run()
