"""The plan: which row of the screen is for what. It depends on the size and on maxima, never on time."""

from __future__ import annotations

from dataclasses import dataclass

from tui.player.glyphs import Glyphs, glyphs
from tui.player.model import Model
from tui.player.part import Part
from tui.player.rows import Rows, rows_of, speaker_rows
from tui.player.stack import Stack
from tui.player.view import View

LABEL, SEAT, LINE, SLOT, TOKEN = 9, 6, 2, 4, 5
SMALLEST = (60, 16)


@dataclass(frozen=True, slots=True)
class Half:
    """The columns of one stack: label, strip, seat, line, from `left` on."""

    left: int
    label: int
    strip: int

    @property
    def body(self) -> int:
        """First column of the strip."""
        return self.left + self.label

    @property
    def seat(self) -> int:
        """First column of the seat."""
        return self.body + self.strip

    @property
    def line(self) -> int:
        """First column of the line."""
        return self.seat + SEAT

    @property
    def room(self) -> int:
        """Columns from the strip's first to the seat's last: where tokens stand."""
        return self.strip + SEAT


@dataclass(frozen=True, slots=True)
class Plan:
    """Where everything stands on a screen of a size."""

    width: int
    height: int
    rows: Rows
    halves: tuple[tuple[int, Half], ...]  # (which stack, its columns), left to right
    column: int  # first column of the panel at the right of a single stack, 0 for none
    wall: int  # column of the wall between two stacks, -1 for none
    glyphs: Glyphs


def shown(model: Model, view: View, width: int) -> tuple[int, ...]:
    """Give the stacks on the screen, left to right."""
    order = list(range(len(model.stacks)))
    if view.swapped:
        order.reverse()
    if len(order) == 2 and view.show != "both":
        return (order[0 if view.show == "left" else 1],)
    if len(order) == 2 and width < 80:
        return (order[min(view.side, 1)],)
    return tuple(order)


def plan(model: Model, view: View, size: tuple[int, int]) -> Plan:
    """Lay out the screen; the same for every time of a chapter."""
    sides = shown(model, view, size[0])
    key = ("plan", sides, size, view.glyphs, view.opened, view.big)
    made: Plan = model.keep(key, lambda: _plan(model, view, sides, size))
    return made


def _plan(model: Model, view: View, sides: tuple[int, ...], size: tuple[int, int]) -> Plan:
    width, height = size
    wall, column, halves = -1, 0, []
    if len(sides) == 2:
        wall = (width - 2) // 2
        halves = [Half(left, LABEL, wall - LABEL - SEAT - LINE) for left in (0, wall + 2)]
    else:
        used = width - 30 if width >= 100 and not view.big else width
        column = used if used < width else 0
        halves = [Half(0, LABEL + 4, used - LABEL - 4 - SEAT - LINE)]
    parts = [model.part(side, view.opened) for side in sides]
    placed = tuple(zip(sides, halves, strict=False))
    if view.big:
        rows = speaker_rows(height, max((len(seats(part)) - len(part.locks) for part in parts), default=1))
        return Plan(width, height, rows, placed, 0, wall, glyphs(view.glyphs))
    above, below = _hops(model, sides, parts)
    if height - above - below < SMALLEST[1]:
        above = below = 0  # no room to name hops: the open one is all there is
    rows = rows_of(height, *_needs(parts, halves[0]), above, below)
    return Plan(width, height, rows, placed, column, wall, glyphs(view.glyphs))


def _needs(parts: list[Part], half: Half) -> tuple[int, int, int]:
    """Give the rows that queue, lanes and outside could use at most."""
    queue = max((needed(part.queued.most, half.room, SLOT, 5) for part in parts), default=1)
    outside = max((_outside(crowd(part), half.room) for part in parts), default=1)
    return queue, max((lane_rows(part, half) for part in parts), default=1), outside


def _hops(model: Model, sides: tuple[int, ...], parts: list[Part]) -> tuple[int, int]:
    """Give the rows that name hops: those down to the open one, and those below it; none for one server."""
    bands = [(model.parts[side], part) for side, part in zip(sides, parts, strict=True)]
    several = [(all_of, all_of.index(part) + 1) for all_of, part in bands if len(all_of) > 1]
    above = max((place for _, place in several), default=0)
    return above, max((len(all_of) - place for all_of, place in several), default=0)


def crowd(part: Part) -> int:
    """Give the largest number that ever stands outside, or in a pool that has no seats."""
    pools = [pool for pool in part.pools if not part.stack.tree.children.get(pool)]
    return max([part.outside.most, *(part.stack.pooled(pool).most for pool in pools)])


def slots(room: int, slot: int) -> int:
    """Give how many tokens a row holds."""
    return (room + 1) // slot


def dotted(most: int, rows: int, room: int, slot: int) -> bool:
    """Tell whether a place of so many rows shows dots: its maximum is over three times its slots."""
    return most > 3 * rows * slots(room, slot)


def needed(most: int, room: int, slot: int, cap: int) -> int:
    """Give the rows that a place wants: enough for tokens, or if dots it must be, enough for those."""
    if dotted(most, cap, room, slot):
        return min(cap, -(-most // (8 * room)))
    return max(1, min(cap, -(-most // slots(room, slot))))


def _outside(most: int, room: int) -> int:
    """Tokens make do with three rows outside, dots take the four that they need."""
    return needed(most, room, TOKEN, 4 if dotted(most, 4, room, TOKEN) else 3)


def lane_rows(part: Part, half: Half) -> int:
    """Give the rows that the lanes of a band could use."""
    maps = [map_rows(part.stack, pool, half) for pool in part.pools if mapped_pool(part.stack, pool)]
    return len(seats(part)) + sum(maps)


def seats(part: Part) -> list[int]:
    """List the lanes that have a seat of their own where there is room: `View.selected` counts in it.

    Lanes of one process stand together, below them the lock that they share.
    """
    tree = part.stack.tree
    mapped = {lane for pool in part.pools if mapped_pool(part.stack, pool) for lane in tree.under(pool)}
    own = [lane for lane in part.serving if lane not in mapped]
    locks = [lock for lock in part.locks if not mapped.isdisjoint(tree.under(lock)) or own]
    return sorted(
        [*own, *locks], key=lambda lane: [*tree.over(lane)[::-1], *[len(tree.kinds)] * (lane in locks)]
    )


def mapped_pool(stack: Stack, pool: int) -> bool:
    """Tell whether a pool is drawn as a map: it has no threads of its own, or more than eight."""
    return not 0 < len(stack.tree.children.get(pool, ())) <= 8


def map_rows(stack: Stack, pool: int, half: Half) -> int:
    """Give the rows of a pool's map, one cell a lane."""
    return max(1, -(-stack.tree.capacity(pool) // half.room))
