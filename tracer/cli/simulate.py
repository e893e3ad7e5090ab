"""`tracer simulate SCENARIO.toml`: runs a scenario, prints its figures, keeps its recording."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tracer.cli.errors import CliError
from tracer.cli.formats import add_format, flat, write_csv, write_json, write_lines
from tracer.cli.inputs import opened
from tracer.cli.streams import tell

if TYPE_CHECKING:
    from simulator.scenario import Result, Scenario


def add_scenario(parser: argparse.ArgumentParser) -> None:
    """Declare the scenario."""
    parser.add_argument("scenario", metavar="SCENARIO.toml", help="what to simulate")


def add_settings(parser: argparse.ArgumentParser) -> None:
    """Declare --set."""
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        dest="settings",
        help="put a value over the file's, such as hop.gunicorn.workers=8 (may be given again)",
    )


def at_least_one(text: str) -> int:
    """Read a count; a type for argparse."""
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text) <= 1_000_000:
        raise argparse.ArgumentTypeError(f"{text!r} must be a whole number from 1")
    return int(text)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_scenario(parser)
    add_run(parser)


def add_run(parser: argparse.ArgumentParser) -> None:
    """Declare what `replay` takes too: settings, outputs, replications, the engine."""
    add_settings(parser)
    parser.add_argument(
        "-o",
        "--output",
        metavar="OUT.trace",
        help="keep the recording (of several stacks one file each; of "
        "several replications a directory of that name)",
    )
    parser.add_argument(
        "--replications",
        type=at_least_one,
        default=1,
        metavar="N",
        help="run it with N seeds, tell intervals",
    )
    parser.add_argument(
        "--engine",
        choices=("auto", "plain", "compiled"),
        default="auto",
        help="plain Python, or compiled by numba; the results are the same",
    )
    add_format(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run the scenario and print the figures of each stack."""
    from simulator.replay import loaded
    from simulator.run import EngineError, StuckError
    from simulator.scenario import assumed
    from simulator.toml import ScenarioError, read_scenario

    try:
        scenario = loaded(read_scenario(Path(arguments.scenario), arguments.settings), opened)
        each = replications(arguments, scenario)
    except (ScenarioError, EngineError, StuckError) as error:
        raise CliError(str(error)) from None
    show(scenario, each, arguments.format)
    if names := assumed(scenario):
        tell(f"what {', '.join(names)} cost is assumed, not measured: give their overhead, as in 300us")
    return 0


def replications(arguments: argparse.Namespace, scenario: Scenario) -> list[list[Result]]:
    """Run every replication, and keep its recording if that is asked for."""
    from simulator.replications import seed_of
    from simulator.scenario import simulate

    record, count = arguments.output is not None, arguments.replications
    each = []
    for i in range(count):
        one = replace(scenario, seed=seed_of(scenario.seed, i))
        results = simulate(one, record=record, engine=arguments.engine, say=tell)
        if record:
            _save(results, Path(arguments.output), i + 1 if count > 1 else None)
            results = [replace(result, recording=None) for result in results]
        each.append(results)
    return each


def _save(results: list[Result], path: Path, replication: int | None) -> None:
    from tracer.recording.sealed import save

    for result in results:
        assert result.recording is not None
        name = path if len(results) == 1 else _named(path, result.stack)
        if replication is not None:
            folder = name.with_suffix("")
            folder.mkdir(exist_ok=True)
            name = folder / f"{replication:04}.trace"
        save(result.recording, name)


def _named(path: Path, stack: str) -> Path:
    """Give OUT-stack.trace: of several stacks each has a file of its own."""
    safe = "".join(c if c.isalnum() else "-" for c in stack)
    return path.with_name(f"{path.stem}-{safe}{path.suffix or '.trace'}")


def show(scenario: Scenario, each: list[list[Result]], form: str) -> None:
    """Print the figures of each stack; of several replications their means and intervals."""
    stacks = [(of[0].stack, _together([one.figures for one in of])) for of in zip(*each, strict=True)]
    if form == "text":
        from tracer.cli.simulate_text import write

        write(scenario.name, stacks)
        return
    objects = [figures for _, figures in stacks]
    if len(stacks) > 1:
        objects = [{"stack": stack, **figures} for stack, figures in stacks]
    if form == "jsonl":
        write_lines(objects)
    elif form == "csv":
        rows = [row for stack, figures in stacks for row in _hops(stack, figures)]
        write_csv(list(dict.fromkeys(key for row in rows for key in row)), rows)
    else:
        write_json(objects[0] if len(objects) == 1 else {"stacks": objects})


def _together(found: list[dict[str, Any]]) -> dict[str, Any]:
    from simulator.replications import together

    return found[0] if len(found) == 1 else together(found)


def _hops(stack: str, figures: dict[str, Any]) -> list[dict[str, Any]]:
    """Give a row a hop; the stack's own figures stand in each."""
    whole = {"stack": stack, **{key: value for key, value in figures.items() if key != "hops"}}
    if "interval" in whole:
        whole["interval"] = ends_of(whole["interval"])
    flat_whole = dict(flat(whole))
    return [
        flat_whole | {f"hops.{key}": value for key, value in flat(hop)} for hop in figures["hops"] or [{}]
    ]


def ends_of(intervals: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Turn intervals into what a flat table holds: `lo` and `hi`."""
    return {
        name: dict(zip(("lo", "hi"), both or (None, None), strict=True)) for name, both in intervals.items()
    }
