"""The lane map: one cell a lane, for pools and for lanes that found no row."""

from __future__ import annotations

from tui.player.canvas import columns, fit
from tui.player.frame import Band
from tui.player.glyphs import style_of
from tui.player.grid import Ink
from tui.player.lanerows import Row


def draw_map(band: Band, top: int, entry: Row) -> None:
    """Draw the map of a row entry, as many rows high as it says."""
    states = pool_states(band, entry.lane) if entry.lane >= 0 else lane_states(band, entry.lanes)
    busy = sum(kind >= 0 for kind in states)
    capacity = max(len(states), 1)
    room, canvas = band.half.room, band.frame.canvas
    for n in range(entry.rows):
        part = states[n * room : (n + 1) * room]
        text = "".join(band.frame.glyphs.kinds[kind] if kind >= 0 else "_" for kind in part)
        canvas.put(top + n, band.half.body, text)
        canvas.paint(top + n, band.half.body, bytes(_style(kind) for kind in part))
        words = band.say("map", lane=entry.label, busy=busy, all=capacity)
        canvas.hit(top + n, band.half.left, band.half.label + room, "lane", band.side, entry.lane, words)
    _label(band, top, entry, f"{busy}/{capacity}")


def _style(kind: int) -> int:
    return style_of(kind, True) if kind >= 0 else int(Ink.FAINT)


def _label(band: Band, top: int, entry: Row, share: str) -> None:
    canvas, left, width = band.frame.canvas, band.half.left, band.half.label
    if entry.rows > 1:
        canvas.put(top, left, fit(entry.label, width - 1))
        canvas.put(top + 1, left, share.rjust(width - 2))
    else:
        both = f"{entry.label} {share}"
        canvas.put(top, left, both if columns(both) < width else fit(entry.label, width - 1))


def lane_states(band: Band, lanes: tuple[int, ...]) -> list[int]:
    """Give the kind that each lane is held in, -1 for free."""
    holders = (band.stack.held_by(lane).at(band.frame.time) for lane in lanes)
    return [holder.kind if holder else -1 for holder in holders]


def pool_states(band: Band, pool: int) -> list[int]:
    """Give the kinds of a pool's threads; of a pool without any, its holders first, then free places."""
    tree = band.stack.tree
    children = tuple(tree.children.get(pool, ()))
    if children:
        kinds = lane_states(band, children)
    else:
        ids = band.moment.seated[0]
        phases = band.stack.recording.phases
        kinds = [int(kind) for kind in phases.kind[ids[phases.lane[ids] == pool]]]
    return kinds + [-1] * (tree.capacity(pool) - len(kinds))
