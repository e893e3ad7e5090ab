"""The fall: a chapter with what the waterfall needs of it; made once, asked for every picture."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tui.player.blocks import Blocks
from tui.player.model import Model
from tui.player.stack import Stack
from tui.player.waterfall.cover import Ints, Spans, cover, edges_of
from tui.player.waterfall.density import DIRECT, Density, count, few
from tui.player.waterfall.look import Look
from tui.player.waterfall.matching import matching
from tui.player.waterfall.notable import Instants, Notable, found, joined, notable
from tui.player.waterfall.places import Places, within

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False, repr=False)
class Fall:
    """A model's stacks by rows. `densities` are put in by whoever counts: (side, filter) -> density."""

    model: Model
    densities: dict[tuple[int, str], Density] = field(default_factory=dict)
    _kept: dict[Any, Any] = field(default_factory=dict)

    @cached_property
    def places(self) -> tuple[Places, ...]:
        """Stack -> its rows."""
        return tuple(Places(stack) for stack in self.model.stacks)

    @cached_property
    def wanted(self) -> list[int]:
        """Give how many rows each stack has by lane."""
        return [len(places.rows) for places in self.places]

    def mask(self, side: int, words: str) -> Mask | None:
        """Tell which requests a filter keeps; None for all."""
        if not words.strip():
            return None
        made: Mask = self._keep(
            ("mask", side, words), lambda: matching(self.model.stacks[side].recording, words)
        )
        return made

    def notable(self, look: Look) -> Notable:
        """Give the instants that have marks: of a search, what it found, else all that is notable."""
        made: Notable = self._keep(
            ("notable", look.search, look.bookmarks), lambda: joined(self._instants(look))
        )
        return made

    def _instants(self, look: Look) -> Iterator[tuple[int, Instants]]:
        marked = np.array(look.bookmarks, np.int64)
        yield 0, (marked, "m", np.full(len(marked), -1))
        for side, stack in enumerate(self.model.stacks):
            mask = self.mask(side, look.search)
            parts = notable(stack) if mask is None else found(stack, mask)
            yield from ((side, part) for part in parts)

    def _keep(self, key: Any, make: Callable[[], Any]) -> Any:
        if key not in self._kept:
            if len(self._kept) > 16:
                self._kept.clear()
            self._kept[key] = make()
        return self._kept[key]

    def long(self, side: int) -> bool:
        """Whether a stack has too many phases to look at all of them for a picture."""
        return len(self.model.stacks[side].recording.phases.start) > DIRECT

    def uncounted(self, words: str) -> list[int]:
        """List the long stacks that are not counted yet under a filter."""
        sides = range(len(self.model.stacks))
        return [side for side in sides if self.long(side) and (side, words) not in self.densities]

    def count(self, side: int, words: str) -> Iterator[float]:
        """Count a long stack; gives how much is done, and keeps the density at the end."""
        for told in count(self.places[side], self.mask(side, words)):
            if isinstance(told, Density):
                self.densities[side, words] = told
            else:
                yield told

    def cover(self, side: int, words: str, window: tuple[int, int], cells: int) -> tuple[Ints, Ints]:
        """Give the cover of a stack's rows, (rows, SORTS, cells), and how long each cell is, both ns.

        Exact where there are few phases or cells are finer than bins; else to the nearest bin. What is
        not counted yet is blank.
        """
        density = self.densities.get((side, words))
        places = self.places[side]
        wide = density is None or (window[1] - window[0]) // cells >= 2 * density.bin
        if self.long(side) and wide and not few(places, window):
            return density.cover(window, cells) if density else _blank(len(places.rows), window, cells)
        edges = edges_of(window, cells)
        return cover(self.spans(side, words, window), edges, len(places.rows)), np.diff(edges)

    def spans(self, side: int, words: str, window: tuple[int, int]) -> Spans:
        """Give the phases of a window as spans of a stack's rows."""
        begun, starting = within(self.model.stacks[side], window)
        places, mask = self.places[side], self.mask(side, words)
        both = zip(places.spans(begun, mask), places.spans(starting, mask), strict=True)
        return Spans(*(np.concatenate(pair) for pair in both))

    def numbered(
        self, side: int, words: str, window: tuple[int, int], followed: int | None, least: int
    ) -> tuple[Spans, Ints]:
        """Give the phases that last `least` ns, and those of the request followed; and their requests.

        None in a window of many phases: there nothing could be read.
        """
        stack, places = self.model.stacks[side], self.places[side]
        begun, starting = within(stack, window)
        if len(begun) + starting.stop - starting.start > DIRECT:
            return Spans(*(np.zeros(0, np.int64) for _ in range(4))), np.zeros(0, np.int64)
        ids = np.concatenate((begun, np.arange(starting.start, starting.stop)))
        spans = places.spans(ids, self.mask(side, words))
        visit = stack.recording.phases.visit[ids]
        request = np.append(stack.recording.visits.request, -1)[visit]
        wanted = (spans.end - spans.start >= least) | (request == followed)
        wanted &= (spans.row >= 0) & (request >= 0)
        return Spans(*(column[wanted] for column in spans)), request[wanted]

    def arrivals(self, side: int) -> Blocks:
        """Give the requests of a stack by arrival."""
        made: Blocks = self._keep(
            ("arrivals", side), lambda: Blocks.of(self.stack(side).due, self.stack(side).ended)
        )
        return made

    def stack(self, side: int) -> Stack:
        """Give a side's stack."""
        return self.model.stacks[side]


def _blank(rows: int, window: tuple[int, int], cells: int) -> tuple[Ints, Ints]:
    edges = edges_of(window, cells)
    return cover(Spans(*(np.zeros(0, np.int64) for _ in range(4))), edges, rows), np.diff(edges)
