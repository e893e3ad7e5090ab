"""The results of a sweep: an object a configuration and stack, as lines, a flat table, or for people."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from simulator.replications import together
from simulator.settings import value_of
from simulator.sweep import Sweep, Unit
from tracer.cli.formats import flat, write_csv, write_json, write_lines
from tracer.cli.simulate import ends_of

SUFFIXES = {".jsonl": "jsonl", ".json": "json", ".csv": "csv"}


def objects(sweep: Sweep, done: Mapping[Unit, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Sum up the configurations of which every replication is done, in order."""
    from simulator.toml import parse_scenario

    names = [stack.name for stack in parse_scenario(sweep.text, sweep.settings_of(0), sweep.source).stacks]
    found = []
    for c, setting in enumerate(sweep.configurations):
        units = [Unit(c, r) for r in range(sweep.replications)]
        if not all(unit in done for unit in units):
            continue
        settings = {key: value_of(value) for key, value in setting}
        for i, name in enumerate(names):
            more = {"stack": name} if len(names) > 1 else {}
            found.append({**more, **together([done[unit][i] for unit in units], settings)})
    return found


def show(sweep: Sweep, found: list[dict[str, Any]], form: str) -> None:
    """Print the results."""
    if form == "text":
        from tracer.cli.sweep_text import write

        write(sweep, found)
    else:
        _write(found, form)


def save(found: list[dict[str, Any]], path: Path) -> None:
    """Write the results to a file, whole or not at all."""
    from tracer.recording.atomic import replacing

    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        _write(found, SUFFIXES[path.suffix])
    with replacing(path) as file:
        file.write(text.getvalue().encode())


def _write(found: list[dict[str, Any]], form: str) -> None:
    if form == "json":
        write_json({"configurations": found})
    elif form == "jsonl":
        write_lines(found)
    else:
        rows = [row_of(one) for one in found]
        write_csv(list(dict.fromkeys(name for row in rows for name in row)), rows)


def row_of(one: Mapping[str, Any]) -> dict[str, Any]:
    """Flatten an object: hops by name (`gunicorn.utilisation`), intervals by end (`interval.p99.lo`)."""
    hops = {hop["hop"]: {key: value for key, value in hop.items() if key != "hop"} for hop in one["hops"]}
    rest = {name: value for name, value in one.items() if name not in ("hops", "interval")}
    return dict(flat({**rest, "interval": ends_of(one["interval"]), **hops}))
