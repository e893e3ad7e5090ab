"""Follows a capture that is still written, such as one that `tracer record` makes."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event as Ended

from tracer.capture.capture import Capture
from tracer.capture.events import Event
from tracer.capture.streams import connections

PAUSE = 0.05
"""Seconds between two looks at the end of the file."""


def follow(path: str, ended: Ended, pause: float = PAUSE) -> Iterator[list[Event]]:
    """Give the events of a capture as they come, until `ended` is set and all that is there was read.

    The file may still be empty. Raises CaptureError where it is no capture.
    """

    def wait() -> bool:
        return not ended.wait(pause)

    yield from connections(Capture(path, wait=wait))
