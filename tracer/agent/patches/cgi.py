"""A script that a server runs for one request (RFC 3875): from the birth of its process to its end.

process born -> RUNNING "start-up" -> the script -> what it writes to stdout -> end
"""

from __future__ import annotations

import atexit
import io
import os
import sys
import time
from glob import glob
from time import monotonic_ns, process_time_ns
from typing import Any

from .. import layout
from ..called import Call, here
from ..lanes import process_here
from ..layout import RUNNING
from ..points import fault
from ..ring import ring
from ..waits import install_waits

POINT = "cgi.request"
SLOTS = 1 << 10
"""Of the ring: a script serves one request, and its disk has to hold a ring for each."""
HEAD = 65536
"""Bytes in which the end of the answer's head is looked for."""


def script() -> None:
    """Tell of the request that this process was started for."""
    if glob(os.path.join(ring.directory, f"{os.getppid()}-*.ring")):
        return  # started by a script, or by a server that is recorded itself
    ring.server, layout.CAPACITY = "cgi", SLOTS
    ring.live.append(POINT)
    born, now = _born(), monotonic_ns()
    lane = process_here(1, since=born)
    here.call = call = Call(POINT, lane)
    call.protocol, call.taken, call.parsed = "cgi", born, born
    call.enter(os.environ)
    ring.phase(0, lane, call.number, RUNNING, 1, 0, ring.text("start-up"), born, now, process_time_ns())
    sys.stdout = _spied(sys.stdout, call)
    atexit.register(_ended, call)
    install_waits()


def _born() -> int:
    """Return when this process began: the kernel tells it in ticks, and it ran no longer than until now."""
    with open("/proc/self/stat") as file:
        ticks = int(file.read().rpartition(")")[2].split()[19])
    tick = 1_000_000_000 // os.sysconf("SC_CLK_TCK")
    slept = time.clock_gettime_ns(time.CLOCK_BOOTTIME) - monotonic_ns()
    return min(ticks * tick - slept + tick, monotonic_ns() - process_time_ns())


class _Output(io.FileIO):
    """Standard output, looked at as it goes out."""

    def __init__(self, call: Call) -> None:
        super().__init__(1, "wb", closefd=False)
        self.name = "<stdout>"
        self._call, self._head = call, b""
        self._in_head = True

    def write(self, data: Any) -> Any:
        """Write, and note when, how much of the body, and the status."""
        start = monotonic_ns()
        written = super().write(data)
        try:
            self._call.wrote(start, self._body(bytes(data[:written])))
        except Exception as error:
            fault(POINT, error)
        return written

    def _body(self, data: bytes) -> int:
        """Return how many of these bytes belong to the body."""
        if not self._in_head:
            return len(data)
        self._head += data
        head, end, body = self._head.replace(b"\r\n", b"\n").partition(b"\n\n")
        if end or len(self._head) > HEAD:
            self._in_head = False
            self._call.started(_status(head))
        return len(body) if end else 0


def _status(head: bytes) -> str:
    """Return the status that a head says, or means by its fields."""
    fields = {}
    for line in head.split(b"\n"):
        name, _, value = line.partition(b":")
        fields[name.strip().lower()] = value.strip().decode("latin-1")
    return fields.get(b"status") or ("302" if b"location" in fields else "200")


def _spied(real: Any, call: Call) -> Any:
    """Return a text file like `sys.stdout`, over an output that is looked at."""
    text = io.TextIOWrapper(
        io.BufferedWriter(_Output(call)), encoding=real.encoding, errors=real.errors,
        line_buffering=real.line_buffering, write_through=real.write_through,
    )  # fmt: skip
    text.mode = "w"  # type: ignore[misc]
    return text


def _ended(call: Call) -> None:
    """The script is done: what it has written goes out, and the process ends."""
    try:
        call.out()
        if sys.stdout is not None and not sys.stdout.closed:
            sys.stdout.flush()
        call.close()
    except Exception as error:
        fault(POINT, error)
