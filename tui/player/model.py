"""The model: a chapter with its indexes. Built once; every frame is a question to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from tui.player.chapter import Chapter
from tui.player.part import Part, busiest, parts_of
from tui.player.stack import Stack

NICE = (1.0, 1.5, 2.0, 3.0, 5.0, 6.0, 8.0, 10.0)


@dataclass(frozen=True, eq=False, repr=False)
class Model:
    """What the Stage plays: one or two stacks on one clock, time 0 = the first request of each due."""

    chapter: Chapter
    stacks: tuple[Stack, ...]
    _kept: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, chapter: Chapter) -> Model:
        """Take a chapter. Indexes are made when first needed."""
        stacks = tuple(Stack(side.recording, side.kind, side.label) for side in chapter.sides)
        return cls(chapter, stacks)

    @cached_property
    def end(self) -> int:
        """When the last thing happens on either side, ns."""
        return max((stack.end for stack in self.stacks), default=1)

    @cached_property
    def requests(self) -> int:
        """How many requests the larger side has."""
        return max((len(stack.due) for stack in self.stacks), default=0)

    @cached_property
    def scale(self) -> int:
        """The top of the latency strips, ns: the 97th percentile of how long requests took, made round.

        Those that ended badly count too: a side that only times out is as high as its time-outs.
        """
        ended = [(times, stack.due[ids]) for stack in self.stacks for times, ids in [stack.endings]]
        took = np.sort(np.concatenate([np.zeros(0, np.int64), *(times - due for times, due in ended)]))
        top = took[-(-len(took) * 97 // 100) - 1] if len(took) else self.end
        return nice(int(top))

    @cached_property
    def parts(self) -> tuple[tuple[Part, ...], ...]:
        """Stack -> its bands, in path order."""
        return tuple(parts_of(stack) for stack in self.stacks)

    @cached_property
    def busiest(self) -> tuple[int, ...]:
        """Stack -> the band that is open at first."""
        return tuple(busiest(parts) for parts in self.parts)

    def part(self, side: int, opened: Sequence[int]) -> Part:
        """Give the open band of a stack: the one that the view says, else the busiest."""
        wished = opened[side] if side < len(opened) else -1
        parts = self.parts[side]
        return parts[wished if 0 <= wished < len(parts) else self.busiest[side]]

    def keep(self, key: Any, make: Any) -> Any:
        """Give what `make()` gave for this key before; made anew when too much is kept."""
        if key not in self._kept:
            if len(self._kept) > 64:
                self._kept.clear()
            self._kept[key] = make()
        return self._kept[key]


def nice(value: int) -> int:
    """Round up to 1, 1.5, 2, 3, 5, 6, 8 times a power of ten (of ns, at least one)."""
    power = 10 ** (len(str(max(value, 1))) - 1)
    return int(next(n * power for n in NICE if n * power >= value))
