"""A load in a process of its own, so that the collector beside it cannot make it late.

The child is given the plan on its stdin and runs until that is closed, by `stop` or by the parent's death,
however that comes about. It answers on its stdout, with frames. A terminal's Ctrl-C does not reach it.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import sys
import threading
from types import TracebackType

from tracer.agent.layout import ENV_DIR
from tracer.load import frames
from tracer.load.client import Sink
from tracer.load.exchange import Exchange
from tracer.load.loader import OnProgress
from tracer.load.plan import LoadError, Plan
from tracer.load.progress import Progress

_CHILD = "import sys, json; sys.path[:] = json.loads(sys.argv[1]); from tracer.load.child import main; main()"
_PATIENCE = 5.0  # seconds that a stopped child has
_PIPE = 1 << 20  # bytes read at once


class LoadProcess:
    """A running load. Use it as a context manager: nothing outlives it."""

    def __init__(self, plan: Plan) -> None:
        """Start the process, which starts the load some 200 ms later."""
        self.progress = Progress(len(plan.requests))
        self.done = False
        self._failure: str | None = None
        self._buffer = bytearray()
        # Not traced itself, and with the parent's own way to find modules, whatever the working directory.
        environment = {name: value for name, value in os.environ.items() if name != ENV_DIR}
        self._child = subprocess.Popen(
            [sys.executable, "-I", "-c", _CHILD, json.dumps(sys.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            start_new_session=True,
        )
        assert self._child.stdin
        data = plan.to_json()
        with contextlib.suppress(BrokenPipeError):  # it died, and `take` will say so
            self._child.stdin.write(len(data).to_bytes(8, "little") + data)
            self._child.stdin.flush()

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._child.pid

    def fileno(self) -> int:
        """Readable when `take` has something to give: for a selector."""
        assert self._child.stdout
        return self._child.stdout.fileno()

    def take(self, timeout: float = 0.0) -> list[Exchange]:
        """Give the exchanges that ended since, waiting up to `timeout` seconds; sets `done` at the end.

        Raises LoadError if the load failed, or if its process ended in the middle.
        """
        if self.done or not select.select((self,), (), (), timeout)[0]:
            return []
        data = os.read(self.fileno(), _PIPE)
        self._buffer += data
        taken: list[Exchange] = []
        for kind, body in frames.whole(self._buffer):
            self._note(kind, body, taken)
        if self._failure is None and not data and not self.done:
            code = self._child.wait(_PATIENCE)
            self._failure = f"the load generator's process ended in the middle of its load, with code {code}"
        if self._failure is not None and not taken:
            raise LoadError(self._failure)
        return taken

    def _note(self, kind: int, body: bytes, taken: list[Exchange]) -> None:
        if kind == frames.EXCHANGE:
            taken.append(frames.exchange(body))
        elif kind == frames.PROGRESS:
            self.progress = frames.progress(body)
        elif kind == frames.FAILURE:
            self._failure = body.decode()
        elif kind == frames.END:
            self.done = True

    def stop(self) -> None:
        """Have nothing more sent; what is in flight comes from `take` as OPEN, then `done` is set."""
        assert self._child.stdin
        with contextlib.suppress(BrokenPipeError):
            self._child.stdin.close()

    def close(self) -> None:
        """End the process, by force if it does not end itself, and forget what was not taken."""
        self.stop()
        assert self._child.stdout
        self._child.stdout.close()
        try:
            self._child.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()

    def __enter__(self) -> LoadProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def run_in_process(
    plan: Plan, sink: Sink, *, stop: threading.Event | None = None, on_progress: OnProgress | None = None
) -> Progress:
    """Do what `run` does, in a process of its own. `sink` and `on_progress` are called in this one.

    Raises LoadError also if that process dies; requests that it had not told of are then lost.
    """
    with LoadProcess(plan) as load:
        while not load.done:
            for exchange in load.take(0.05):
                sink(exchange)
            if on_progress:
                on_progress(load.progress)
            if stop and stop.is_set():
                load.stop()
        return load.progress
