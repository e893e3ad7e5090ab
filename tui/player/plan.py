"""The plan: which row of the screen is for what. It depends on the size and on maxima, never on time."""

from __future__ import annotations

from dataclasses import dataclass

from tui.player.glyphs import Glyphs, glyphs
from tui.player.model import Model
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
class Rows:
    """Each place is (first row, how many); a row that was dropped has none."""

    client: tuple[int, int]
    queue: tuple[int, int]
    lanes: tuple[int, int]
    outside: tuple[int, int]
    why: tuple[int, int]
    latency: tuple[int, int]  # without its own headline, which stands above
    figures: tuple[int, int]
    detail: tuple[int, int]  # the followed request, where there is room
    narration: tuple[int, int]
    blank: tuple[int, int]
    load: tuple[int, int]
    queues: tuple[int, int]  # of each side
    ruler: tuple[int, int]
    keys: tuple[int, int]


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
    rows = _rows(height, *_needs(stacks, halves[0]))
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
    tree = stack.tree
    mapped = [pool for pool in tree.pools if mapped_pool(stack, pool)]
    inside = {lane for pool in mapped for lane in tree.under(pool)}
    seats = sum(lane not in inside for lane in stack.serving)
    return seats + sum(map_rows(stack, pool, half) for pool in mapped)


def mapped_pool(stack: Stack, pool: int) -> bool:
    """Tell whether a pool is drawn as a map: it has no threads of its own, or more than eight."""
    return not 0 < len(stack.tree.children.get(pool, ())) <= 8


def map_rows(stack: Stack, pool: int, half: Half) -> int:
    """Give the rows of a pool's map, one cell a lane."""
    return max(1, -(-stack.tree.capacity(pool) // half.room))


def _rows(height: int, queue: int, lanes: int, outside: int) -> Rows:
    sizes = _sizes(height, queue, lanes, outside)
    places, row = [], 2
    for name in Rows.__dataclass_fields__:
        row += name == "latency"
        places.append((row, sizes[name]))
        row += sizes[name]
    return Rows(*places)


def _sizes(height: int, queue: int, lanes: int, outside: int) -> dict[str, int]:
    """Give each place its rows; first the smallest that tells the story, then what it could use."""
    big = height >= 45
    sizes = dict.fromkeys(Rows.__dataclass_fields__, 1)
    sizes |= {"lanes": 3, "outside": 2, "latency": 3, "figures": 2, "narration": 2, "queues": 2, "detail": 0}
    if height < 24:
        return _small(sizes, height)
    if height >= 30:
        sizes |= {"blank": 0, "lanes": min(lanes, 3), "outside": 3, "latency": 5}
    if big:
        sizes |= {"figures": 3, "narration": 3, "load": 2, "queues": 4, "latency": 12}
    wants = [("queue", queue), ("lanes", min(lanes, 16)), ("outside", outside), ("latency", 7)]
    if big:
        wants = [("queue", max(queue, 4)), ("lanes", min(lanes, 16)), ("outside", 4), ("detail", 8)]
    wants += [("lanes", 3), ("outside", 4), ("latency", 12), ("detail", 6), ("queue", 3), ("latency", 20)]
    free = height - 3 - sum(sizes.values())
    for name, most in wants:
        more = min(max(0, most - sizes[name]), free)
        sizes[name] += more
        free -= more
    sizes["latency"] += free
    return sizes


_DROPS = ("blank", "load", "narration", "outside", "latency", "keys", "lanes", "figures")


def _small(sizes: dict[str, int], height: int) -> dict[str, int]:
    """Drop what matters least until the rest fits."""
    for name in _DROPS:
        if 3 + sum(sizes.values()) <= height:
            break
        sizes[name] -= 1
    sizes["latency"] += max(0, height - 3 - sum(sizes.values()))
    return sizes
