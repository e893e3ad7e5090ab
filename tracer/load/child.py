"""The loader's process: a plan from stdin, frames to stdout, until stdin is closed."""

from __future__ import annotations

import gc
import os
import sys
import threading

from tracer.load import frames
from tracer.load.exchange import Exchange
from tracer.load.loader import run
from tracer.load.plan import LoadError, Plan
from tracer.load.progress import Progress


class Outbox:
    """Frames on their way to the parent; a slow reader costs memory, never time."""

    def __init__(self, descriptor: int) -> None:
        """Write to `descriptor`, a pipe."""
        self._descriptor = descriptor
        self._pending = bytearray()
        os.set_blocking(descriptor, False)

    def put(self, exchange: Exchange) -> None:
        """Keep an exchange for the next flush."""
        self._pending += frames.exchange_frame(exchange)

    def flush(self, progress: Progress) -> None:
        """Write what the pipe takes."""
        self._pending += frames.progress_frame(progress)
        try:
            while self._pending:
                del self._pending[: os.write(self._descriptor, self._pending)]
        except BlockingIOError:
            pass

    def end(self, last: bytes) -> None:
        """Write all that is left, and `last`, however long the reader takes."""
        os.set_blocking(self._descriptor, True)
        self._pending += last
        while self._pending:
            del self._pending[: os.write(self._descriptor, self._pending)]


def main() -> None:
    """Run the plan that stdin holds."""
    size = int.from_bytes(sys.stdin.buffer.read(8), "little")
    data = sys.stdin.buffer.read(size)
    if not size or len(data) < size:
        sys.exit("the load generator's process got no plan")
    stop = threading.Event()
    threading.Thread(target=_watch, args=(stop,), daemon=True).start()
    try:
        _run(Plan.from_json(data), Outbox(1), stop)
    except BrokenPipeError:  # the parent is gone: nobody is left to tell
        os._exit(1)
    os._exit(0)  # without the interpreter's farewell, which waits for the thread's lock on stdin


def _watch(stop: threading.Event) -> None:
    """Wait for the end of stdin: the parent closed it, or died."""
    while os.read(0, 4096):
        pass
    stop.set()


def _run(plan: Plan, outbox: Outbox, stop: threading.Event) -> None:
    gc.freeze()  # the plan's requests need not be looked through again and again
    try:
        run(plan, outbox.put, stop=stop, on_progress=outbox.flush)
    except LoadError as error:
        outbox.end(frames.frame(frames.FAILURE, str(error).encode()))
    else:
        outbox.end(frames.frame(frames.END))
