"""Two stacks side by side in a table, as the demo prints them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from tracer.analysis.summary import Summary, summarise
from tracer.analysis.verdict import busiest
from tracer.cli.table import number, printable, seconds, share, table
from tracer.recording import Recording

if TYPE_CHECKING:
    from rich.table import Table


def _lanes(summary: Summary) -> str:
    hop = busiest(summary)
    return str(hop.lanes) if hop else "-"


def _utilisation(summary: Summary) -> str:
    hop = busiest(summary)
    return share(hop.utilisation if hop else None)


_ROWS: tuple[tuple[str, Callable[[Summary], str]], ...] = (
    ("requests", lambda s: str(s.requests)),
    ("answered per second", lambda s: number(s.throughput)),
    ("latency p50", lambda s: seconds(s.latency_s.p50)),
    ("latency p95", lambda s: seconds(s.latency_s.p95)),
    ("latency p99", lambda s: seconds(s.latency_s.p99)),
    ("time queued, mean", lambda s: seconds(s.queued_s.mean)),
    ("time queued, p99", lambda s: seconds(s.queued_s.p99)),
    ("lanes that execute", _lanes),
    ("utilisation of lanes", _utilisation),
    ("not ok", lambda s: str(s.requests - s.outcomes["ok"])),
)


def comparison(left: Recording, right: Recording, names: tuple[str, str], title: str = "") -> Table:
    """Give the figures of two recordings side by side; they are those of `tracer summary`."""
    return compared(summarise(left), summarise(right), names, title)


def compared(left: Summary, right: Summary, names: tuple[str, str], title: str = "") -> Table:
    """Do the same with summaries that are there already."""
    return beside([left, right], names, title)


def beside(summaries: Sequence[Summary], names: Sequence[str], title: str = "") -> Table:
    """Give the figures of any number of summaries, a column each."""
    made = table(title, "", *(printable(name) for name in names))
    for label, cell in _ROWS:
        made.add_row(label, *map(cell, summaries))
    return made
