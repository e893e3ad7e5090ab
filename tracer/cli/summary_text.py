"""A summary for people: four tables, and a sentence about each hop whose lanes are full."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from tracer.analysis.hops import HopFigures, LaneFigures
from tracer.analysis.summary import Summary
from tracer.analysis.verdict import saturated
from tracer.cli.table import console, number, printable, seconds, share, table
from tracer.recording import PhaseKind

LANES = 16  # told one by one


def write(name: str, summary: Summary) -> None:
    """Print the summary of one recording."""
    out = console()
    out.print(printable(name), style="bold")
    out.print(_whole(summary))
    out.print(_hops(summary))
    out.print(_phases(summary))
    if any(hop.lane_figures for hop in summary.hops):
        out.print(_lanes(summary))
    _sentences(out, summary)


def _whole(summary: Summary) -> Table:
    made = table("", "requests", "in", "answered/s", "mean", "p50", "p90", "p95", "p99", "max", left=0)
    told = summary.latency_s
    latency = (told.mean, told.p50, told.p90, told.p95, told.p99, told.max)
    cells = [str(summary.requests), seconds(summary.duration_s), number(summary.throughput)]
    made.add_row(*cells, *map(seconds, latency))
    return made


def _hops(summary: Summary) -> Table:
    made = table("", "hop", "lanes", "held", "in line, mean", "p99", "most at once")
    for hop in summary.hops:
        lanes = str(hop.lanes) if hop.lanes else "-"
        queue = (seconds(hop.queued_s.mean), seconds(hop.queued_s.p99), str(hop.queue_max))
        made.add_row(printable(hop.hop), lanes, share(hop.utilisation), *queue)
    return made


def _phases(summary: Summary) -> Table:
    """Tell the sums of each hop by kind of phase, of the kinds that there are."""
    kinds = [kind.name for kind in PhaseKind if any(hop.phases_s[kind.name] for hop in summary.hops)]
    made = table("", "time in", *kinds)
    for hop in summary.hops:
        made.add_row(printable(hop.hop), *(seconds(hop.phases_s[kind] or None) for kind in kinds))
    return made


def _lanes(summary: Summary) -> Table:
    made = table("", "hop", "lane", "kind", "held", "of", "share", "most in line", left=3)
    for hop in summary.hops:
        for lane in hop.lane_figures[:LANES]:
            made.add_row(*_lane(hop, lane))
        left_out = len(hop.lane_figures) - LANES
        if left_out > 0:
            made.add_row(printable(hop.hop), f"and {left_out} more")
    return made


def _lane(hop: HopFigures, lane: LaneFigures) -> tuple[str, ...]:
    held = ("-", "-") if lane.utilisation is None else (seconds(lane.held_s), seconds(lane.life_s))
    name = (printable(hop.hop), printable(lane.lane), lane.kind)
    return (*name, *held, share(lane.utilisation), str(lane.queue_max))


def _sentences(out: Console, summary: Summary) -> None:
    outcomes = ", ".join(f"{count} {name}" for name, count in summary.outcomes.items() if count)
    out.print(f"Outcomes: {outcomes or 'none'}.")
    if summary.lost_records:
        out.print(f"{summary.lost_records} records were lost while it was made: the figures are of the rest.")
    if summary.explained is not None:
        out.print(f"Explained: {share(summary.explained)} of the time the client waited for the answer.")
    for hop in summary.hops:
        told = saturated(hop)
        if told:
            out.print(printable(told["en"]), style="bold")
