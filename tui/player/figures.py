"""Figures: percentiles of what was answered so far, counts, and how much the lanes were held."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tracer.recording import Outcome
from tui.player import braille
from tui.player.canvas import columns, fit
from tui.player.client import rate
from tui.player.frame import Band
from tui.player.part import Part
from tui.player.stack import Stack

PERCENTILES = ((50, 1), (95, 20), (99, 100))
"""(percentile, from how many answers on it is told)."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Figures:
    """One stack's figures at an instant. Latencies in ns; a percentile that too few tell is not there."""

    percentiles: dict[int, int]
    longest: int
    done: int
    open: int
    held: float  # 0 to 1
    failed: int


def figures(stack: Stack, time: int, lanes: Sequence[int] | None = None) -> Figures:
    """Count and rank what happened up to `time`; `lanes` are those whose use is told, all unless given."""
    times, _ = stack.answers
    done = int(np.searchsorted(times, time, "right"))
    told = {p: stack.percentile(done, p) for p, least in PERCENTILES if done >= least}
    failed = int(np.searchsorted(stack.failures, time, "right"))
    return Figures(
        told,
        stack.percentile(done, 100) if done else 0,
        done,
        stack.open.at(time),
        stack.held_share(time, lanes),
        failed,
    )


def draw_figures(band: Band) -> None:
    """Write the figures of one stack under its latency strip."""
    row, rows = band.frame.rows.figures
    told = figures(band.stack, band.frame.time, band.part.executing)
    width = band.half.label + band.half.room + 2
    lines = [_first(told, width), _second(band, told), *([_third(band, width)] if rows > 2 else [])]
    for n, line in enumerate(lines[:rows]):
        band.frame.canvas.put(row + n, band.half.left, fit(line, width))


def _first(told: Figures, width: int) -> str:
    """Write the percentiles; where they are too many for the width, closer together, then without p95."""
    if not told.done:
        return "ms  p50 -"
    parts = [(f"p{p}", millis(value)) for p, value in told.percentiles.items()]
    parts.append(("max", millis(told.longest)))
    lines = ["ms  " + "".join(f"{name} {value:<6}" for name, value in parts).rstrip()]
    lines.append("ms  " + " ".join(f"{name} {value}" for name, value in parts))
    lines.append("ms  " + " ".join(f"{name} {value}" for name, value in parts if name != "p95"))
    return next((line for line in lines if len(line) <= width), lines[-1])


def millis(ns: int) -> str:
    """Write a time in ms: whole from 10 ms on, else with one decimal."""
    return f"{ns / 1e6:.0f}" if ns >= 10_000_000 or ns == 0 else f"{ns / 1e6:.1f}"


def percent(part: Part, time: int) -> str:
    """Write how much the lanes of a band were held; "-" where the source knows of none, as in a capture."""
    return f"{100 * part.held_share(time):.0f}" if part.executing else "-"


def _second(band: Band, told: Figures) -> str:
    held = percent(band.part, band.frame.time)
    return band.say("figures", done=told.done, open=told.open, held=held, failed=told.failed)


SPARK = 12
"""Columns of the sparkline of answers: of each half of a column what came within 4q."""


def _third(band: Band, width: int) -> str:
    """Answers per second of late, how many there were before, and the bad ends by kind."""
    stack, time = band.stack, band.frame.time
    outcome = stack.recording.requests.outcome[stack.ended <= time]
    counts = [(name, int((outcome == name).sum())) for name in _BAD]
    head = band.say("answers", rate=rate(stack.answers[0], time, 10 * band.frame.view.cell))
    lines = [
        "  ".join([head, spark(band), *(f"{band.say(name.name.lower())} {count}" for name, count in some)])
        for some in (counts, [one for one in counts if one[1]])
    ]
    return next((line for line in lines if columns(line) <= width), lines[-1])


_BAD = (Outcome.ERROR, Outcome.TIMEOUT, Outcome.REFUSED, Outcome.ABANDONED)


def spark(band: Band) -> str:
    """Draw the answers of the last 8 q x SPARK, the latest at the right."""
    width = 4 * band.frame.view.cell
    bounds = band.frame.time + width * np.arange(-2 * SPARK, 1)
    counts = np.diff(np.searchsorted(band.stack.answers[0], bounds, "right"))
    bars = braille.levels(counts, max(1, int(counts.max(initial=0))), 4)
    return braille.columns(bars, np.zeros_like(bars), 1, band.frame.glyphs.braille)[0]
