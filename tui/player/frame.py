"""The frame: what every part of a picture is drawn from, put together once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from tui.player.blame import Culprit, culprits
from tui.player.canvas import Canvas
from tui.player.glyphs import Glyphs, number
from tui.player.grid import FOLLOW
from tui.player.model import Model
from tui.player.moment import Moment
from tui.player.part import ALL, Part
from tui.player.plan import SLOT, TOKEN, Half, Plan, crowd, dotted, slots
from tui.player.rows import Rows
from tui.player.stack import Stack
from tui.player.view import View
from tui.player.words import told


@dataclass(frozen=True, eq=False, repr=False)
class Frame:
    """One picture in the making: the arguments of `scene`, the plan and the canvas."""

    model: Model
    view: View
    time: int
    plan: Plan
    canvas: Canvas
    language: str

    @property
    def rows(self) -> Rows:
        """The rows of the places."""
        return self.plan.rows

    @property
    def glyphs(self) -> Glyphs:
        """The glyphs in use."""
        return self.plan.glyphs

    @cached_property
    def bands(self) -> tuple[Band, ...]:
        """The stacks on the screen, left to right."""
        return tuple(Band(self, side, half) for side, half in self.plan.halves)


@dataclass(frozen=True, eq=False, repr=False)
class Band:
    """One stack within a frame."""

    frame: Frame
    side: int
    half: Half

    @property
    def stack(self) -> Stack:
        """The stack's indexes."""
        return self.frame.model.stacks[self.side]

    @property
    def where(self) -> str:
        """Give `left ` or `right `, to be put before a noun; nothing if there is one stack only."""
        if len(self.frame.plan.halves) == 1:
            return ""
        return self.say("right" if self.half.left else "left")

    def say(self, key: str, /, **values: object) -> str:
        """Say something in the person's language."""
        return told(self.frame.language, key, **values)

    @cached_property
    def moment(self) -> Moment:
        """Where everybody is."""
        return self.moment_at(self.frame.time)

    def moment_at(self, time: int) -> Moment:
        """Give where everybody of the open band is at a time."""
        return Moment(self.stack, time, None if self.part.hop == ALL else self.part)

    @cached_property
    def part(self) -> Part:
        """The band that is open."""
        return self.frame.model.part(self.side, self.frame.view.opened)

    @cached_property
    def blamed(self) -> list[Culprit]:
        """Whom the queue waits for."""
        return culprits(self.moment)

    @cached_property
    def dots(self) -> bool:
        """Whether the queue or the row outside is drawn as dots."""
        return self.queue_dots or self.outside_dots

    @cached_property
    def queue_dots(self) -> bool:
        """Whether the queue is drawn as dots, throughout the recording."""
        return dotted(self.part.queued.most, self.frame.rows.queue[1], self.half.room, SLOT)

    @cached_property
    def outside_dots(self) -> bool:
        """Whether the row outside is drawn as dots, throughout the recording."""
        return dotted(crowd(self.part), self.frame.rows.outside[1], self.half.room, TOKEN)

    def places(self, slot: int, rows: int) -> list[tuple[int, int]]:
        """List (row offset, column) of the slots of a place, the head's first: right to left, then down."""
        count = slots(self.half.room, slot)
        right = self.half.line - slot + 1
        return [(row, right - slot * k) for row in range(rows) for k in range(count)]

    def name(self, request: int) -> str:
        """Write a request's number."""
        return number(request, request == self.frame.view.followed)

    def mark(self, request: int) -> int:
        """Give the attribute of the followed request, 0 for others."""
        return FOLLOW if request == self.frame.view.followed else 0
