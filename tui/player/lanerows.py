"""Lane rows: which lanes get a row of their own and which share a map, chosen once a chapter."""

from __future__ import annotations

from typing import NamedTuple

from tui.player.contention import worst_lanes
from tui.player.frame import Band
from tui.player.plan import map_rows, mapped_pool, seats


class Row(NamedTuple):
    """A lane with a seat (`seat`), or a map of a pool (`lane`) or of the `lanes` that found no row."""

    seat: bool
    lane: int
    label: str
    rows: int = 1
    lanes: tuple[int, ...] = ()


def lane_rows(band: Band) -> list[Row]:
    """List the rows of one stack's lanes, top to bottom; the rows of all add up to the plan's at most."""
    room = band.frame.rows.lanes[1]
    key = (
        "lanes",
        band.side,
        band.part.hop,
        room,
        band.half,
        band.frame.view.selected,
        band.frame.view.followed,
        band.frame.language,
    )
    made: list[Row] = band.frame.model.keep(key, lambda: _rows(band, room))
    return made


def _rows(band: Band, room: int) -> list[Row]:
    stack, tree = band.stack, band.stack.tree
    maps = [
        Row(False, pool, tree.short(pool), map_rows(stack, pool, band.half))
        for pool in band.part.pools
        if mapped_pool(stack, pool)
    ]
    own = seats(band.part)
    if len(own) + sum(one.rows for one in maps) > room:
        maps = [one._replace(rows=1) for one in maps[: max(0, room - 1)]]
    room -= sum(one.rows for one in maps)
    kept = _kept(band, own, room)
    rest = tuple(lane for lane in own if lane not in kept)
    others = [Row(False, -1, band.say("rest"), 1, rest)] if rest else []
    return [Row(True, lane, tree.short(lane)) for lane in kept] + others + maps


def _kept(band: Band, own: list[int], room: int) -> list[int]:
    """Choose the lanes that keep a row: the worst culprit, those asked for, then the lowest numbers."""
    if len(own) <= room:
        return own
    wanted = [*_asked(band, own), *worst_lanes(band.stack)[:1], *own]
    chosen = list(dict.fromkeys(lane for lane in wanted if lane in own))[: max(0, room - 1)]
    return [lane for lane in own if lane in chosen]


def _asked(band: Band, own: list[int]) -> list[int]:
    """The lane selected and the one that served the followed request."""
    view, asked = band.frame.view, []
    if view.selected is not None and view.side == band.side and view.selected < len(own):
        asked.append(own[view.selected])
    if view.followed is not None:
        asked += band.stack.lanes_of(view.followed)
    return asked
