"""Where threads are: by their frames, and while C code holds the GIL by faulthandler's own thread.

That thread is written in C, needs no GIL, and writes all stacks into a file in memory once its time has come.
It is one timer for the whole process: from the moment at which anybody else uses it, it is theirs.
"""

from __future__ import annotations

import faulthandler
import os
import re
import sys
from collections.abc import Callable
from typing import Any

from ..place import place_in, place_of
from ..points import install

LONGEST = 1 << 16  # bytes of a dump that are read
_THREAD = re.compile(rb"^(?:Current t|T)hread 0x([0-9a-f]+)[^\n]*\n((?:  File [^\n]*\n?)*)", re.MULTILINE)
_FRAME = re.compile(rb'^  File "(.*)", line (\d+) in ', re.MULTILINE)


class Stacks:
    """The timer, its file, and what stands in it."""

    aside = False  # in this process for good

    def __init__(self) -> None:
        self._later, self._cancel = (
            faulthandler.dump_traceback_later,
            faulthandler.cancel_dump_traceback_later,
        )
        try:
            self._file = os.memfd_create("hopscope-stacks", os.MFD_CLOEXEC)
        except OSError:
            Stacks.aside = True  # not allowed here: frames are looked at all the same
            return
        install("watch.timer", faulthandler, "dump_traceback_later", self._theirs)
        install("watch.timer", faulthandler, "cancel_dump_traceback_later", self._theirs)

    def _theirs(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            Stacks.aside = True
            return real(*args, **kwargs)

        return call

    def arm(self, seconds: float) -> None:
        """Have all stacks written in so many seconds, unless it is armed again before: 70 us."""
        if not self.aside:
            self._later(seconds, file=self._file)

    def disarm(self) -> None:
        """Have nothing written."""
        if not self.aside:
            self._cancel()

    def written(self) -> dict[int, str]:
        """Return where each thread was when the time came, by its ident; empty if it did not come."""
        if self.aside:
            return {}
        data = os.pread(self._file, LONGEST, 0)
        if not data:
            return {}
        os.ftruncate(self._file, 0)
        os.lseek(self._file, 0, os.SEEK_SET)
        return {int(ident, 16): place_in(_frames(stack)) for ident, stack in _THREAD.findall(data)}


def _frames(stack: bytes) -> list[tuple[str, int]]:
    return [(os.fsdecode(file), int(line)) for file, line in _FRAME.findall(stack)]


def where(thread: int) -> str:
    """Return where a thread is now, "" if it is gone."""
    frame = sys._current_frames().get(thread)
    return "" if frame is None else place_of(frame)
