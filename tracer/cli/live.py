"""`tracer run --live`: the app, in a process of its own, on the recording that this one writes.

So nothing that records waits for a terminal, and nothing that draws waits for a server.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

from tracer.assemble.session import Result, Session
from tracer.cli.errors import CliError
from tracer.cli.streams import tell
from tracer.cli.tui import can_draw
from tracer.observe.launch import end_with_parent

APP = [sys.executable, "-P", "-c", "import sys; from tracer.cli.main import main; sys.exit(main())", "tui"]


class App:
    """The app as a child, which has the terminal; the command writes to `output` meanwhile."""

    def __init__(self, log: Path, output: BinaryIO) -> None:
        self.log, self.output = log, output
        self._child: subprocess.Popen[bytes] | None = None

    def open(self, part: Path) -> None:
        """Start it."""
        tie = end_with_parent()

        def before() -> None:
            tie()
            signal.pthread_sigmask(signal.SIG_SETMASK, set())  # ours are blocked, and are inherited

        command = [*APP, "--follow", "--output-name", str(self.log), str(part)]
        self._child = subprocess.Popen(command, preexec_fn=before)  # noqa: PLW1509

    @property
    def closed(self) -> bool:
        """Whether the person has left it."""
        return self._child is not None and self._child.poll() is not None

    def wait(self) -> None:
        """Wait until the person leaves it."""
        if self._child is not None:
            self._child.wait()

    def close(self) -> None:
        """End it; it gives the terminal back."""
        if self._child is not None and self._child.poll() is None:
            self._child.terminate()
            self._child.wait()


def watched(command: Sequence[str], path: Path, **wishes: Any) -> Result:
    """Record a command with the app open on it; what there is to say is said when the app is closed."""
    if not can_draw():
        raise CliError("--live opens the app, which needs a terminal that can draw; leave --live out")
    log = path.with_suffix(".log")
    said: list[str] = []
    try:
        with log.open("wb") as output:
            return Session(command, path, viewer=App(log, output), say=said.append, **wishes).run()
    except OSError as error:
        raise CliError(f"{log} cannot be written: {error.strerror}") from None
    finally:
        for sentence in said:
            tell(sentence)
