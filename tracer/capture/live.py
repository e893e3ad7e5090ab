"""Live captures: programs that write what they capture into a pipe, and are asked what they lost.

A `Tap` is open when it is made, so that privileges can be dropped then; `open_tap` takes the best there is.
What is read from it is a capture like any other: `Capture(tap.path)`.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from typing import Protocol

BUFFER = 128
"""MiB that the kernel keeps for the capture: with its default 2 to 9 % of a burst were lost."""
PLACES = ("/usr/sbin", "/sbin", "/usr/local/sbin", "/usr/local/bin", "/usr/bin")
"""Where capturing programs are that a user's PATH may not have."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What to capture. `user` is who the program becomes once it has opened the interface."""

    interface: str
    filter: str = ""
    user: str | None = None


class LiveError(Exception):
    """A capture that cannot be: one sentence with what, where and what to do."""


class Tap(Protocol):
    """A capture that is running."""

    name: str
    """What captures: "tcpdump", "dumpcap", "scapy", "tcpdump on HOST"."""
    path: str
    """Where what it captures can be read, by this process, once."""

    def ask(self) -> None:
        """Ask for new counters; they come when they come."""
        ...

    def lost(self) -> int | None:
        """Give the packets that were lost, as last told; None: not told yet."""
        ...

    def stop(self) -> None:
        """End the capture; what is still on the way can be read. Safe in a signal handler."""
        ...

    def close(self) -> str | None:
        """Let go of it, once all was read; give in a sentence why it ended by itself, None: it did not."""
        ...


def found(program: str) -> str | None:
    """Find a capturing program."""
    return shutil.which(program, path=os.pathsep.join((os.environ.get("PATH", ""), *PLACES)))


def open_tap(wish: Wish, programs: tuple[str, ...] = ("tcpdump", "dumpcap", "scapy")) -> Tap:
    """Begin to capture by the first of the programs that is there. Raises LiveError.

    tcpdump is first, since it tells while it runs what was lost.
    """
    from tracer.capture import live_program, live_scapy

    for program in programs:
        if program == "scapy" and live_scapy.there():
            return live_scapy.ScapyTap(wish)
        if path := found(program):
            return live_program.begin(program, path, wish)
    raise LiveError(
        "nothing can capture here: install tcpdump (apt install tcpdump), "
        "or pip install 'hopscope[captures]' for scapy"
    )
