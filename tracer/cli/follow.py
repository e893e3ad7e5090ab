"""What the app follows: the `.part` of a recording that goes on."""

from __future__ import annotations

from pathlib import Path

from tracer.cli.errors import CliError
from tracer.recording.live import final_of, part_of
from tracer.recording.tail import KEEP, Tail
from tui.live import Glimpse


class PartFeed:
    """A recording that a collector writes, in this process or in another one."""

    def __init__(self, path: Path, output: str = "", keep: int = KEEP) -> None:
        self._tail = Tail(path, keep)
        self.name, self.output = str(final_of(path)), output

    @property
    def ended(self) -> bool:
        """Whether it was sealed."""
        return self._tail.ended

    def poll(self) -> Glimpse | None:
        """Read what was committed since."""
        recording = self._tail.poll()
        return None if recording is None else Glimpse(recording, self._tail.total, self._tail.dropped)


def feed_of(name: str, output: str = "") -> tuple[PartFeed, Glimpse]:
    """Follow a recording by its own or its final name; with what there is now. CliError, TraceError."""
    path = Path(name)
    if not part_of(path).is_dir():
        raise CliError(
            f"{name}: nothing records into it now; follow a NAME.trace.part, or leave --follow out"
        )
    feed = PartFeed(path, output)
    glimpse = feed.poll()
    if glimpse is None:
        raise CliError(f"{name}: its recording has just ended; leave --follow out")
    return feed, glimpse
