"""Outside: the requests that wait without holding a lane, and those inside a pool that has no seats."""

from __future__ import annotations

import numpy as np

from tracer.recording import PhaseKind
from tui.player.canvas import columns
from tui.player.crowd import draw_crowd
from tui.player.frame import Band
from tui.player.glyphs import VERBS, style_of
from tui.player.moment import Moment
from tui.player.plan import TOKEN, mapped_pool
from tui.player.seats import called


def draw_outside(band: Band) -> None:
    """Draw the rows outside of one stack."""
    row, rows = band.frame.rows.outside
    phases, requests = standing(band, band.moment)
    _label(band, row, rows, len(requests))
    if band.outside_dots:
        style = style_of(PhaseKind.AWAITING, False)
        draw_crowd(
            band,
            row,
            rows,
            len(requests),
            style,
            band.say("stack outside", where=band.where, count=len(requests)),
        )
        return
    places = band.places(TOKEN, rows)
    shown = len(requests) if len(requests) <= len(places) else len(places) - 1
    for phase, request, (down, column) in zip(phases[:shown], requests[:shown], places, strict=False):
        _token(band, row + down, column, int(phase), int(request))
    if len(requests) > shown:
        down, column = places[shown]
        band.frame.canvas.put(row + down, column, f"+{len(requests) - shown}".rjust(TOKEN - 1))


def standing(band: Band, moment: Moment) -> tuple[np.ndarray, np.ndarray]:
    """List who stands in these rows: phases and requests, the oldest first."""
    phases, requests = moment.outside
    pools = pools_in(band)
    if pools:
        held, inside = moment.seated
        mine = np.isin(band.stack.recording.phases.lane[held], pools)
        order = np.argsort(np.concatenate((phases, held[mine])), kind="stable")
        phases = np.concatenate((phases, held[mine]))[order]
        requests = np.concatenate((requests, inside[mine]))[order]
    return phases, requests


def pools_in(band: Band) -> list[int]:
    """List the pools whose holders have no seat of their own."""
    tree = band.stack.tree
    mapped = [pool for pool in band.part.pools if mapped_pool(band.stack, pool)]
    return [lane for pool in mapped for lane in tree.under(pool)]


def _label(band: Band, row: int, rows: int, count: int) -> None:
    canvas, left, width = band.frame.canvas, band.half.left, band.half.label
    place = place_of(band)
    name, said = band.say(place), band.say(f"are {place}", count=count)
    number = f"{count:,}" if count else ""
    canvas.put(row, left, name if rows > 1 else name + number.rjust(max(2, width - 1 - columns(name))))
    if rows > 1:
        canvas.put(row + 1, left, number.rjust(width - 1))
    canvas.hit(row, left, width, "outside", band.side, count, said)


def place_of(band: Band) -> str:
    """Name the rows, for the whole recording.

    Who holds a thread of a pool is not outside; nor is anybody of a server without known lanes, as in a
    capture.
    """
    if not pools_in(band):
        return "outside" if band.part.executing else "inside"
    return "out+pool" if band.part.outside.most else "in pool"


def _token(band: Band, row: int, column: int, phase: int, request: int) -> None:
    table = band.stack.recording.phases
    kind, holds = int(table.kind[phase]), int(table.holds[phase]) == 1
    text = called(band, request) + band.frame.glyphs.kinds[kind]
    band.frame.canvas.put(
        row, column + TOKEN - 1 - len(text), text, style_of(kind, holds) | band.mark(request)
    )
    what = band.stack.what(phase)
    place = "inside" if place_of(band) == "inside" else "outside"
    words = band.say("is in pool" if holds else f"is {place}", n=request + 1, kind=VERBS[kind])
    words += f": {what}" if what else ""
    band.frame.canvas.hit(row, column, TOKEN - 1, "request", band.side, request, words)
