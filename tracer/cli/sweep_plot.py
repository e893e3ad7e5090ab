"""A sweep as a plot: latency over what varies, in the terminal by plotext, as SVG or PNG by matplotlib."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any, NamedTuple

from simulator.sweep import Sweep
from tracer.cli.errors import CliError

LINES = 6
"""Lines that a plot can have and be read."""

_EXTRA = "pip install 'hopscope[plot]'"


class Line(NamedTuple):
    """One line: places along x, seconds, and half their intervals (0 where there is none)."""

    label: str
    x: list[float]
    y: list[float]
    half: list[float]


def check(path: Path) -> None:
    """Say what is wrong with --plot FILE, if anything is."""
    if path.suffix not in (".svg", ".png"):
        raise CliError(f"--plot {path}: the name must end in .svg or .png")
    if importlib.util.find_spec("matplotlib") is None:
        raise CliError(f"--plot {path}: pictures need matplotlib: {_EXTRA}")


def lines(sweep: Sweep, found: list[dict[str, Any]]) -> tuple[list[str], list[Line]]:
    """Give the names of places along x, and the lines.

    x is the first key that varies. Of one key and one stack the lines are percentiles; else each further
    combination has a line of its p95, the first few of them.
    """
    key = sweep.configurations[0][0][0]
    places = list(dict.fromkeys(str(one["set"][key]) for one in found))
    groups: dict[str, list[dict[str, Any]]] = {}
    for one in found:
        groups.setdefault(_rest(one, key), []).append(one)
    if len(groups) == 1:
        return places, [_line(p, p, found, key, places) for p in ("p50", "p95", "p99")]
    some = list(groups.items())[:LINES]
    return places, [_line(f"p95, {name}", "p95", group, key, places) for name, group in some]


def _rest(one: dict[str, Any], key: str) -> str:
    names = [str(one["stack"])] if "stack" in one else []
    return ", ".join([*names, *(f"{k.rsplit('.', 1)[-1]}={v}" for k, v in one["set"].items() if k != key)])


def _line(label: str, metric: str, group: list[dict[str, Any]], key: str, places: list[str]) -> Line:
    known = [one for one in group if one["latency_s"][metric] is not None]
    at = [_place(str(one["set"][key]), places) for one in known]
    y = [one["latency_s"][metric] for one in known]
    both = [one["interval"][metric] for one in known]
    return Line(label, at, y, [(pair[1] - pair[0]) / 2 if pair else 0.0 for pair in both])


def _unit(told: list[Line]) -> tuple[str, float]:
    """Give the unit of the values, and how many there are in a second."""
    return ("s", 1.0) if max((y for line in told for y in line.y), default=0.0) >= 1 else ("ms", 1e3)


def _place(value: str, places: list[str]) -> float:
    """Give where a value stands: a number at itself, words one after another."""
    if all(_is_number(place) for place in places):
        return float(value)
    return float(places.index(value))


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _ticks(places: list[str]) -> tuple[list[float], list[str]]:
    every = max(1, len(places) // 12)
    return [_place(place, places) for place in places[::every]], places[::every]


def in_terminal(sweep: Sweep, found: list[dict[str, Any]], width: int) -> Any:
    """Draw it as coloured text; a sentence where plotext is not there, None of fewer than three places."""
    places, told = lines(sweep, found)
    if len(places) < 3:
        return None
    if importlib.util.find_spec("plotext") is None:
        return f"For a plot: {_EXTRA}"
    from rich.text import Text

    return Text.from_ansi(_plotext(sweep, places, told, width))


def _plotext(sweep: Sweep, places: list[str], told: list[Line], width: int) -> str:
    import plotext

    figure = plotext.figure
    figure.clear()
    figure.plot_size(width, 18)
    unit, scale = _unit(told)
    for line in told:
        signal = figure.signal(line.x, [scale * y for y in line.y], marker="braille")
        signal.lines()
        signal.label(line.label)
        figure.draw(signal)
    figure.label(sweep.configurations[0][0][0], "x")
    figure.label(f"latency, {unit}", "y")
    figure.ruler("x").ticks(*_ticks(places))
    return str(figure.build())


def save(sweep: Sweep, found: list[dict[str, Any]], path: Path) -> None:
    """Draw it into a file, with the intervals as bars."""
    import matplotlib as mpl

    mpl.use("svg" if path.suffix == ".svg" else "agg")
    from matplotlib import pyplot

    from tracer.recording.atomic import replacing

    places, told = lines(sweep, found)
    mpl.rcParams["svg.hashsalt"] = "hopscope"  # the same sweep gives the same bytes
    figure, axes = pyplot.subplots(figsize=(8, 4.5), layout="constrained")
    unit, scale = _unit(told)
    for line in told:
        y, half = ([scale * value for value in values] for values in (line.y, line.half))
        axes.errorbar(line.x, y, yerr=half, label=line.label, marker="o", markersize=3, capsize=2)
    axes.set_xticks(*_ticks(places))
    axes.set_xlabel(sweep.configurations[0][0][0])
    axes.set_ylabel(f"latency, {unit}")
    axes.set_ylim(bottom=0)
    axes.legend()
    metadata = {"Date": None} if path.suffix == ".svg" else None
    with replacing(path) as file:
        figure.savefig(file, format=path.suffix[1:], metadata=metadata)
    pyplot.close(figure)
