"""What is known of a request that is shown, and how its times are written."""

from __future__ import annotations

from dataclasses import dataclass

from tracer.analysis.blame_request import RequestBlame
from tui.player.canvas import Canvas
from tui.request.packets import Packet
from tui.request.story import Story

BODY = 4  # the first row of a tab
NUMBER = 12  # columns of "123,456.789"


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """What is known of the request; `blame` and `packets` are None until a worker has found them."""

    story: Story
    total: int
    label: str
    blame: RequestBlame | None = None
    blind: bool = False  # the source cannot see who waits in line
    packets: tuple[Packet, ...] | None = None
    fault: str = ""  # why there are no packets


def millis(ns: int) -> str:
    """Write ns as ms to the microsecond: 1,234.567."""
    return micros((ns + 500) // 1000)


def micros(us: int) -> str:
    """Write us as ms: 1,234.567."""
    return f"{us // 1000:,}.{us % 1000:03d}"


def rows(canvas: Canvas) -> int:
    """Say how many rows a tab has."""
    return max(1, canvas.height - BODY - 1)
