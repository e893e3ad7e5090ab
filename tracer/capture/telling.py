"""Turns what came out of a flow into Data, and into Gaps where bytes are missing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tracer.capture.events import Connection, Data, Gap, Why
from tracer.capture.flow import Piece, Run

NUMBERS = ("frame", "time")


def told(connection: Connection, way: int, ready: list[Piece | Run]) -> list[Data | Gap]:
    """Turn what came out of a flow into data, and gaps where bytes are missing."""
    out: list[Data | Gap] = []
    whole: list[Piece | Run] = []
    for item in ready:
        captured = len(item.data or b"") if isinstance(item, Piece) else 1
        if captured:
            whole.append(item)
        if isinstance(item, Piece) and captured < item.end - item.start:
            if whole:
                out.append(data_of(connection, way, whole))
                whole = []
            _add_gap(out, gap_of(connection, way, item, captured))
    return [*out, data_of(connection, way, whole)] if whole else out


def gap_of(connection: Connection, way: int, piece: Piece, captured: int) -> Gap:
    """Make a gap of what a piece lacks."""
    why = Why.LOST if piece.data is None else Why.SNAPPED
    start = piece.start + captured
    return Gap(connection, way, start, piece.end - start, why, piece.frame, piece.time)


def _add_gap(out: list[Data | Gap], gap: Gap) -> None:
    """Add a gap, to the one before if it goes on there."""
    last = out[-1] if out else None
    if isinstance(last, Gap) and last.why is gap.why and last.offset + last.length == gap.offset:
        out[-1] = replace(last, length=last.length + gap.length)
    else:
        out.append(gap)


def data_of(connection: Connection, way: int, whole: list[Piece | Run]) -> Data:
    """Make one Data of bytes without a gap between them."""
    offset = whole[0].start
    pieces = [piece for item in whole for piece in pieces_of(item)]
    ends = offset + np.array([len(piece) for piece in pieces], np.int64).cumsum()
    if all(isinstance(item, Piece) for item in whole):
        frames, times = (np.array([getattr(item, name) for item in whole], np.int64) for name in NUMBERS)
    else:
        runs = [item if isinstance(item, Run) else run_of(item) for item in whole]
        frames, times = (np.concatenate([getattr(run, name + "s") for run in runs]) for name in NUMBERS)
    return Data(connection, way, offset, pieces, ends, frames, times)


def pieces_of(item: Piece | Run) -> list[memoryview]:
    """Give the bytes of what came out of a flow."""
    return item.pieces if isinstance(item, Run) else [memoryview(item.data or b"")]


def run_of(piece: Piece) -> Run:
    """Make a run of one piece."""
    return Run(piece.start, pieces_of(piece), np.array([piece.frame]), np.array([piece.time]))
