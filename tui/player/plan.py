"""The plan: which row of the screen is for what. It depends on the size and on maxima, never on time."""

from __future__ import annotations

from dataclasses import dataclass

from tui.player.glyphs import Glyphs, glyphs
from tui.player.model import Model
from tui.player.rows import Rows, rows_of
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
    key = ("plan", sides, size, view.glyphs)
    made: Plan = model.keep(key, lambda: _plan(model, sides, size, view.glyphs))
    return made


def _plan(model: Model, sides: tuple[int, ...], size: tuple[int, int], name: str) -> Plan:
    width, height = size
    wall, column, halves = -1, 0, []
    if len(sides) == 2:
        wall = (width - 2) // 2
        halves = [Half(left, LABEL, wall - LABEL - SEAT - LINE) for left in (0, wall + 2)]
    else:
        used = width - 30 if width >= 100 else width
        column = used if used < width else 0
        halves = [Half(0, LABEL + 4, used - LABEL - 4 - SEAT - LINE)]
    stacks = [model.stacks[side] for side in sides]
    rows = rows_of(height, *_needs(stacks, halves[0]))
    return Plan(width, height, rows, tuple(zip(sides, halves, strict=False)), column, wall, glyphs(name))


def _needs(stacks: list[Stack], half: Half) -> tuple[int, int, int]:
    """Give the rows that queue, lanes and outside could use at most."""
    queue = max((needed(stack.queued.most, half.room, SLOT, 5) for stack in stacks), default=1)
    outside = max((_outside(crowd(stack), half.room) for stack in stacks), default=1)
    return queue, max((lane_rows(stack, half) for stack in stacks), default=1), outside


def crowd(stack: Stack) -> int:
    """Give the largest number that ever stands outside, or in a pool that has no seats."""
    pools = [pool for pool in stack.tree.pools if not stack.tree.children.get(pool)]
    return max([stack.outside.most, *(stack.pooled(pool).most for pool in pools)])


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


def lane_rows(stack: Stack, half: Half) -> int:
    """Give the rows that the lanes of a stack could use."""
    maps = [map_rows(stack, pool, half) for pool in stack.tree.pools if mapped_pool(stack, pool)]
    return len(seats(stack)) + sum(maps)


def seats(stack: Stack) -> list[int]:
    """List the lanes that have a seat of their own where there is room: `View.selected` counts in it.

    Lanes of one process stand together.
    """
    pools = [pool for pool in stack.tree.pools if mapped_pool(stack, pool)]
    mapped = {lane for pool in pools for lane in stack.tree.under(pool)}
    own = [lane for lane in stack.serving if lane not in mapped]
    return sorted(own, key=lambda lane: stack.tree.over(lane)[::-1])


def mapped_pool(stack: Stack, pool: int) -> bool:
    """Tell whether a pool is drawn as a map: it has no threads of its own, or more than eight."""
    return not 0 < len(stack.tree.children.get(pool, ())) <= 8


def map_rows(stack: Stack, pool: int, half: Half) -> int:
    """Give the rows of a pool's map, one cell a lane."""
    return max(1, -(-stack.tree.capacity(pool) // half.room))
