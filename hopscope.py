"""What the `tracer` script starts: finds our own packages, whatever PYTHONPATH puts before them.

`tracer`, `simulator` and `tui` are names that a user's project may have as well, and a PYTHONPATH set for
the server that is to be recorded stands before the installed packages. The servers get it unchanged.
"""

from __future__ import annotations

import signal
import sys


def main() -> int:
    """Run the command line with our own packages first; give its exit code."""
    handler = signal.getsignal(signal.SIGINT)
    if handler is signal.default_int_handler:
        # Until there is somebody to end in order, Ctrl-C ends at once: in an import it would be a traceback.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from pathlib import Path

    sys.path.insert(0, str(Path(__file__).resolve().parent))
    from tracer.cli import main as run

    signal.signal(signal.SIGINT, handler)
    return run()
