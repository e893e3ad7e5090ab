"""The figures of a simulation for people: a row a stack, a row a hop."""

from __future__ import annotations

from typing import Any

from rich.table import Table

from tracer.cli.table import console, number, printable, seconds, share, table

LATENCIES = ("mean", "p50", "p90", "p95", "p99", "max")
Stacks = list[tuple[str, dict[str, Any]]]


def write(name: str, stacks: Stacks) -> None:
    """Print the figures of the stacks of one scenario."""
    out = console()
    out.print(_wholes(name, stacks))
    out.print(_hops(stacks))
    for stack, figures in stacks:
        told = ", ".join(f"{count} {outcome}" for outcome, count in figures["outcomes"].items() if count)
        out.print(f"{printable(stack)}: {told or 'no requests'}.")
        if "interval" in figures:
            out.print(_intervals(figures))


def _wholes(name: str, stacks: Stacks) -> Table:
    made = table(printable(name), "stack", "requests", "in", "answered/s", *LATENCIES)
    for stack, figures in stacks:
        cells = [str(figures["requests"]), seconds(figures["duration_s"]), number(figures["throughput"])]
        made.add_row(printable(stack), *cells, *(seconds(figures["latency_s"][key]) for key in LATENCIES))
    return made


def _hops(stacks: Stacks) -> Table:
    made = table("", "stack", "hop", "lanes", "held", "in line, mean", "p99", "most at once", left=2)
    for stack, figures in stacks:
        for hop in figures["hops"]:
            lanes = str(hop["lanes"]) if hop["lanes"] else "-"
            queue = (seconds(hop["queued_s"]["mean"]), seconds(hop["queued_s"]["p99"]), str(hop["queue_max"]))
            made.add_row(printable(stack), printable(hop["hop"]), lanes, share(hop["utilisation"]), *queue)
    return made


def _intervals(figures: dict[str, Any]) -> str:
    """Tell the intervals of the means over replications."""
    parts = []
    for name in ("mean", "p50", "p95", "p99"):
        both = figures["interval"][name]
        if both:
            parts.append(f"{name} {seconds(max(both[0], 0))} to {seconds(both[1])}")
    return f"{figures['replications']} replications, intervals of 95%: {', '.join(parts) or 'none'}."
