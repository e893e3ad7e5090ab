"""A comparison for people: a table, the whole first, then hop by hop."""

from __future__ import annotations

from tracer.analysis.compare import CANNOT_TELL, Difference
from tracer.cli.table import console, number, printable, seconds, share, table


def write(names: tuple[str, str], found: list[Difference], confidence: float) -> None:
    """Print the rows; what both sides lack is not in them."""
    out = console()
    a, b = (printable(name) for name in names)
    out.print(f"A: {a}\nB: {b}")
    made = table("", "hop", "metric", "A", "B", "B / A", "interval", "verdict", left=2)
    alone = _alone(found)
    both = [one for one in found if one.hop not in alone]
    last = ""
    for one in both:
        hop = one.hop or "all"
        if last and hop != last:
            made.add_section()
        made.add_row(printable(hop) if hop != last else "", *_cells(one), style=_style(one))
        last = hop
    out.print(made)
    for name, side in alone.items():
        out.print(f"{printable(name)}: only in {side}")
    out.print(_summing_up(both, confidence))


def _alone(found: list[Difference]) -> dict[str, str]:
    """Name the hops that one side alone has, and which; there is nothing to compare in their rows."""
    rows: dict[str, list[Difference]] = {}
    for one in found:
        if one.hop is not None:
            rows.setdefault(one.hop, []).append(one)
    only_a = {hop: "A" for hop, of in rows.items() if all(one.b is None for one in of)}
    return only_a | {hop: "B" for hop, of in rows.items() if all(one.a is None for one in of)}


def _cells(one: Difference) -> tuple[str, ...]:
    interval = f"{_ratio(one.interval[0])} .. {_ratio(one.interval[1])}" if one.interval else "-"
    return (one.metric, _value(one, one.a), _value(one, one.b), _ratio(one.ratio), interval, one.verdict)


def _style(one: Difference) -> str:
    return "" if one.verdict == CANNOT_TELL else "bold"


def _value(one: Difference, value: float | None) -> str:
    if one.metric == "throughput":
        return "-" if value is None else f"{number(value)}/s"
    return share(value) if one.metric == "utilisation" else seconds(value)


def _ratio(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.3f}" if value < 100 else f"{value:.3g}"


def _summing_up(found: list[Difference], confidence: float) -> str:
    told = sum(one.verdict != CANNOT_TELL for one in found)
    noise = f"an interval covers the truth in {confidence:.0%} of cases"
    return f"{told} of {len(found)} figures differ by more than noise ({noise})."
