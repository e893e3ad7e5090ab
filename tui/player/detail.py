"""The detail: one request's waterfall on both sides, where the screen has room for it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tracer.recording import PhaseKind
from tui.player.canvas import fit
from tui.player.figures import millis
from tui.player.frame import Band, Frame
from tui.player.glyphs import style_of
from tui.player.grid import BOLD, Ink
from tui.player.stack import Stack
from tui.player.steps import FOREVER
from tui.player.words import kind_word

Ids = NDArray[np.int64]
LEAST = 50_000
"""ns; less than that would be told as 0.0 ms."""


def draw_detail(frame: Frame) -> None:
    """Draw the waterfalls on one scale: the longer of the two fills the width."""
    if frame.rows.detail[1] < 3 or not frame.bands:
        return
    request = chosen(frame)
    spans = [taken(band.stack, request, frame.time) for band in frame.bands]
    for band in frame.bands:
        if request < len(band.stack.due) and band.stack.due[request] <= frame.time:
            _waterfall(band, request, max(*spans, 1))


def chosen(frame: Frame) -> int:
    """Give the followed request; if there is none, the one that took longest so far on the left."""
    if frame.view.followed is not None:
        return frame.view.followed
    stack = frame.bands[0].stack
    due = int(np.searchsorted(stack.due, frame.time, "right"))
    ages = np.minimum(stack.ended[:due], frame.time) - stack.due[:due]
    return int(ages.argmax()) if due else 0


def taken(stack: Stack, request: int, time: int) -> int:
    """Give how long a request took, or has been open, in ns."""
    if request >= len(stack.due):
        return 0
    return max(0, min(int(stack.ended[request]), time) - int(stack.due[request]))


def story(stack: Stack, request: int) -> list[tuple[int, Ids]]:
    """Give the visits of a request, outermost first, each with its phases by start."""
    visits, phases = stack.recording.visits, stack.recording.phases
    begin = int(stack.recording.requests.start[request])
    first = int(np.searchsorted(visits.start, begin))
    mine = first + np.flatnonzero(visits.request[first:] == request)
    begun = int(np.searchsorted(phases.start, begin))
    ends = visits.end[mine]
    last = (
        len(phases.start) if (ends < 0).any() else int(np.searchsorted(phases.start, ends.max(initial=begin)))
    )
    near = begun + np.flatnonzero(np.isin(phases.visit[begun:last], mine))
    order = sorted(mine.tolist(), key=lambda visit: (int(stack.depth[visit]), visit))
    return [(visit, near[phases.visit[near] == visit]) for visit in order]


def spent(stack: Stack, request: int, time: int) -> dict[int, int]:
    """Give the time that a request spent in each kind of phase at its servers, up to `time`, ns."""
    told: dict[int, int] = {}
    phases = stack.recording.phases
    for visit, ids in story(stack, request):
        if not stack.client_hops[stack.recording.visits.hop[visit]]:
            starts, ends = _clipped(stack, ids, time)
            for kind, length in zip(phases.kind[ids].tolist(), (ends - starts).tolist(), strict=True):
                if kind != PhaseKind.CALLING and length > 0:
                    told[kind] = told.get(kind, 0) + length
    return {kind: ns for kind, ns in told.items() if ns >= LEAST}


def _clipped(stack: Stack, ids: Ids, time: int) -> tuple[Ids, Ids]:
    phases = stack.recording.phases
    ends = np.where(phases.end[ids] < 0, FOREVER, phases.end[ids] - stack.origin)
    return np.minimum(phases.start[ids] - stack.origin, time), np.minimum(ends, time)


def _waterfall(band: Band, request: int, span: int) -> None:
    row, rows = band.frame.rows.detail
    canvas, half, stack = band.frame.canvas, band.half, band.stack
    said = [
        f"{kind_word(band.frame.language, kind)} {millis(ns)}"
        for kind, ns in sorted(spent(stack, request, band.frame.time).items())
    ]
    title = f"{band.name(request)}  {millis(taken(stack, request, band.frame.time))} ms: {', '.join(said)}"
    width = half.label + half.room + 2
    canvas.put(row + 1, half.left, fit(title, width), Ink.TEXT | BOLD | band.mark(request))
    canvas.hit(row + 1, half.left, width, "request", band.side, request, title)
    for n, (visit, ids) in enumerate(story(stack, request)[: rows - 2]):
        hop = stack.recording.text(int(stack.recording.hops.name[stack.recording.visits.hop[visit]]))
        canvas.put(row + 2 + n, half.left, fit(hop, half.label - 1))
        _bar(band, row + 2 + n, ids, int(stack.due[request]), span)


def _bar(band: Band, row: int, ids: Ids, due: int, span: int) -> None:
    """Draw the phases of a visit; each takes its share of the width, one cell at least."""
    starts, ends = _clipped(band.stack, ids, band.frame.time)
    phases, room = band.stack.recording.phases, band.half.room
    for phase, start, end in zip(ids.tolist(), starts.tolist(), ends.tolist(), strict=True):
        if end > start:
            kind, holds = int(phases.kind[phase]), int(phases.holds[phase]) == 1
            first, last = (start - due) * room // span, -(-(end - due) * room // span)
            glyph = band.frame.glyphs.kinds[kind]
            cells = max(1, min(last, room) - first)
            band.frame.canvas.put(row, band.half.body + first, glyph * cells, style_of(kind, holds))
