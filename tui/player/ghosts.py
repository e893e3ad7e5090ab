"""Ghosts: faint copies that glide from where a request was to where it is. The truth has moved at once."""

from __future__ import annotations

import numpy as np

from tui.player.frame import Band
from tui.player.grid import Ink
from tui.player.lanerows import lane_rows
from tui.player.moment import Moment
from tui.player.motion import eased
from tui.player.outside import standing
from tui.player.plan import SLOT, TOKEN

MOST = 12
"""No more ghosts a side than that: each looks one instant up."""

Place = tuple[int, int]


def draw_ghosts(band: Band) -> None:
    """Draw the ghosts of the requests that changed place within the last 2q, on cells that are free.

    A request that was due within the last 2q is still told by the client's row: one ghost a request.
    """
    frame = band.frame
    if band.dots or frame.view.still:
        return
    here = places(band, band.moment)
    for request, since in _changed(band)[-MOST:]:
        before = places(band, band.moment_at(since - 1)).get(request)
        if before and request in here:
            _ghost(band, request, before, here[request], frame.time - since)


def _changed(band: Band) -> list[tuple[int, int]]:
    """List (request, when) of those whose innermost phase is new, the latest last."""
    stack, frame = band.stack, band.frame
    phases, requests = band.moment.innermost
    starts = stack.recording.phases.start[phases] - stack.origin
    young = frame.time - 2 * frame.view.cell
    new = (starts > young) & (stack.due[requests] <= young)
    return list(zip(requests[new].tolist(), starts[new].tolist(), strict=True))


def places(band: Band, moment: Moment) -> dict[int, Place]:
    """Give the cell at which each request's token begins."""
    found = _slots(band, band.frame.rows.queue, SLOT, moment.queue[1])
    found |= _slots(band, band.frame.rows.outside, TOKEN, standing(band, moment)[1])
    row = band.frame.rows.lanes[0]
    for entry in lane_rows(band):
        holder = band.stack.held_by(entry.lane).at(moment.time) if entry.seat else None
        if holder and holder.request >= 0:
            found[holder.request] = (row, band.half.seat + 1)
        row += entry.rows
    return found


def _slots(band: Band, rows: Place, slot: int, requests: np.ndarray) -> dict[int, Place]:
    slots = band.places(slot, rows[1])
    return {
        request: (rows[0] + down, column)
        for request, (down, column) in zip(requests.tolist(), slots, strict=False)
    }


def _ghost(band: Band, request: int, start: Place, end: Place, age: int) -> None:
    """Draw one ghost on its straight way."""
    down, right = end[0] - start[0], end[1] - start[1]
    path = max(abs(down), abs(right))
    gone = eased(age, band.frame.view.cell, path)
    if gone >= path:
        return
    row, column = start[0] + round(down * gone / path), start[1] + round(right * gone / path)
    text = band.name(request)
    if band.half.body <= column and band.frame.canvas.blank(row, column, len(text)):
        band.frame.canvas.put(row, column, text, Ink.FAINT | band.mark(request))
