"""`tracer simulate SCENARIO.toml`: runs a scenario, prints its figures, keeps its recording."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tracer.cli.errors import CliError
from tracer.cli.formats import add_format, flat, write_csv, write_json, write_lines

if TYPE_CHECKING:
    from simulator.scenario import Result, Scenario


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("scenario", metavar="SCENARIO.toml", help="what to simulate")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        dest="settings",
        help="put a value over the file's, such as hop.gunicorn.workers=8 (may be given again)",
    )
    parser.add_argument(
        "-o", "--output", metavar="OUT.trace", help="keep the recording (of several stacks one file each)"
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
    from simulator.run import EngineError, StuckError
    from simulator.scenario import assumed, simulate
    from simulator.toml import ScenarioError, read_scenario

    try:
        scenario = read_scenario(Path(arguments.scenario), arguments.settings)
        results = simulate(scenario, record=arguments.output is not None, engine=arguments.engine, say=_say)
    except (ScenarioError, EngineError, StuckError) as error:
        raise CliError(str(error)) from None
    if arguments.output is not None:
        _save(results, Path(arguments.output))
    _print(scenario, results, arguments.format)
    if names := assumed(scenario):
        _say(f"what {', '.join(names)} cost is assumed, not measured: give their overhead, as in 300us")
    return 0


def _say(sentence: str) -> None:
    sys.stderr.write(f"tracer: {sentence}\n")


def _save(results: list[Result], path: Path) -> None:
    from tracer.recording.sealed import save

    for result in results:
        assert result.recording is not None
        save(result.recording, path if len(results) == 1 else _named(path, result.stack))


def _named(path: Path, stack: str) -> Path:
    """Give OUT-stack.trace: of several stacks each has a file of its own."""
    safe = "".join(c if c.isalnum() else "-" for c in stack)
    return path.with_name(f"{path.stem}-{safe}{path.suffix or '.trace'}")


def _print(scenario: Scenario, results: list[Result], form: str) -> None:
    if form == "text":
        from tracer.cli.simulate_text import write

        write(scenario.name, [(result.stack, result.figures) for result in results])
        return
    objects = [result.figures for result in results]
    if len(results) > 1:
        objects = [{"stack": result.stack, **result.figures} for result in results]
    if form == "jsonl":
        write_lines(objects)
    elif form == "csv":
        rows = [row for result in results for row in _hops(result)]
        write_csv(list(dict.fromkeys(key for row in rows for key in row)), rows)
    else:
        write_json(objects[0] if len(objects) == 1 else {"stacks": objects})


def _hops(result: Result) -> list[dict[str, Any]]:
    """Give a row a hop; the stack's own figures stand in each."""
    figures: dict[str, Any] = {"stack": result.stack, **result.figures}
    whole = dict(flat({key: value for key, value in figures.items() if key != "hops"}))
    return [whole | {f"hops.{key}": value for key, value in flat(hop)} for hop in figures["hops"] or [{}]]
