"""A sweep for people: a row a configuration with its intervals, and a plot."""

from __future__ import annotations

from typing import Any

from simulator.replications import CONFIDENCE
from simulator.sweep import Sweep
from tracer.cli.table import console, number, printable, seconds, share, table

LATENCIES = ("mean", "p50", "p95", "p99")


def write(sweep: Sweep, found: list[dict[str, Any]]) -> None:
    """Print the table, the plot and what the intervals are."""
    out = console()
    if not found:
        out.print("No configuration is complete.")
        return
    out.print(_table(found))
    from tracer.cli.sweep_plot import in_terminal

    drawn = in_terminal(sweep, found, min(out.width, 100))
    if drawn:
        out.print(drawn)
    if sweep.replications > 1:
        told = f"intervals that cover the mean in {CONFIDENCE:.0%} of cases (Student's t)"
        out.print(f"Means of {sweep.replications} replications; ± {told}.")


def _table(found: list[dict[str, Any]]) -> Any:
    keys = list(found[0]["set"])
    stacks = ["stack"] if "stack" in found[0] else []
    heads = [*stacks, *map(_short, keys)]
    made = table("", *heads, "answered/s", *LATENCIES, "held", "not ok", left=len(heads))
    for one in found:
        names = [printable(one["stack"])] if stacks else []
        names += [printable(str(one["set"][key])) for key in keys]
        made.add_row(*names, _throughput(one), *(_latency(one, key) for key in LATENCIES), *_rest(one))
    return made


def _short(key: str) -> str:
    """Leave the kind of the table out: `gunicorn.workers`."""
    return printable(key.split(".", 1)[-1])


def _throughput(one: dict[str, Any]) -> str:
    both = one["interval"]["throughput"]
    more = f" ± {number((both[1] - both[0]) / 2)}" if both else ""
    return f"{number(one['throughput'])}{more}"


def _latency(one: dict[str, Any], key: str) -> str:
    both = one["interval"][key]
    more = f" ± {seconds((both[1] - both[0]) / 2)}" if both else ""
    return f"{seconds(one['latency_s'][key])}{more}"


def _rest(one: dict[str, Any]) -> tuple[str, str]:
    """Tell the fullest hop's utilisation, and how many requests came to nothing."""
    held = [hop["utilisation"] for hop in one["hops"] if hop["utilisation"] is not None]
    return share(max(held, default=None)), str(one["requests"] - one["outcomes"]["ok"])
