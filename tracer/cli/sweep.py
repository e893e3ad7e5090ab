"""`tracer sweep SCENARIO.toml --vary KEY=1..16`: many runs, here or on a cluster; a table and a plot."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tracer.cli.errors import CliError
from tracer.cli.formats import add_format
from tracer.cli.simulate import add_scenario, add_settings, at_least_one
from tracer.cli.streams import tell

if TYPE_CHECKING:
    from simulator.sweep import Sweep
    from tracer.cli.sweep_state import State

INTERRUPTED = 130
REPLICATIONS = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_scenario(parser)
    add = parser.add_argument
    add(
        "--vary",
        action="append",
        required=True,
        metavar="KEY=VALUES",
        help="hop.gunicorn.workers=1..16, workload.rate=10..90..20, hop.gunicorn.timeout=1s,5s (may be "
        "given again: every combination is run)",
    )
    add_settings(parser)
    add(
        "--replications",
        type=at_least_one,
        default=REPLICATIONS,
        metavar="N",
        help=f"runs of each configuration, by which intervals are told ({REPLICATIONS})",
    )
    add("--jobs", type=at_least_one, default=_cores(), metavar="N", help="processes (as many as cores)")
    add("--cluster", metavar="ADDRESS", help="of a Dask scheduler, such as tcp://10.0.0.1:8786")
    add("-o", "--output", type=Path, metavar="FILE", help="keep the results: .jsonl, .json or .csv")
    add("--resume", action="store_true", help="go on with what an interrupted sweep left beside -o")
    add("--plot", type=Path, metavar="FILE", help="draw it: .svg or .png (extra `plot`)")
    add("--engine", choices=("auto", "plain", "compiled"), default="auto", help="as for `tracer simulate`")
    add_format(parser)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run(arguments: argparse.Namespace) -> int:
    """Run what is missing, write and show the results."""
    from tracer.cli import sweep_results

    _check_outputs(arguments)
    sweep = _planned(arguments)
    state = _state(arguments, sweep)
    try:
        complete = _run(arguments, sweep, state)
    finally:
        state.close()
    found = sweep_results.objects(sweep, state.done)
    if complete and arguments.output is not None:
        sweep_results.save(found, arguments.output)
        state.remove()
    if complete or arguments.output is None:
        sweep_results.show(sweep, found, arguments.format)
    if complete and arguments.plot is not None:
        from tracer.cli.sweep_plot import save

        save(sweep, found, arguments.plot)
    return 0 if complete else INTERRUPTED


def _check_outputs(arguments: argparse.Namespace) -> None:
    """Say before hours of work what could not be written after them."""
    from tracer.cli.sweep_results import SUFFIXES

    output, plot = arguments.output, arguments.plot
    if output is not None and output.suffix not in SUFFIXES:
        raise CliError(f"-o {output}: the name must end in {', '.join(SUFFIXES)}")
    if arguments.resume and output is None:
        raise CliError("--resume goes on with what stands beside -o FILE; give the -o of that sweep")
    for path in (output, plot):
        if path is not None and not path.parent.is_dir():
            raise CliError(f"{path}: there is no directory {path.parent}; make it first")
    if plot is not None:
        from tracer.cli.sweep_plot import check

        check(plot)


def _planned(arguments: argparse.Namespace) -> Sweep:
    """Read the scenario and what varies; every value is tried once, so that none fails in the midst."""
    from simulator.sweep import Sweep
    from simulator.toml import ScenarioError, parse_scenario, text_of
    from simulator.vary import VaryError, configurations, parse_axis

    try:
        text = text_of(Path(arguments.scenario))
        axes = [parse_axis(one) for one in arguments.vary]
        every = configurations(axes)
        first = [f"{key}={value}" for key, value in every[0]]
        for axis in axes:
            for value in axis.values:
                tried = [*arguments.settings, *first, f"{axis.key}={value}"]
                scenario = parse_scenario(text, tried, arguments.scenario)
    except (ScenarioError, VaryError) as error:
        raise CliError(str(error)) from None
    runs = len(every) * arguments.replications * len(scenario.stacks)
    engine = _engine(arguments.engine, scenario, runs)
    settings = tuple(arguments.settings)
    return Sweep(text, arguments.scenario, settings, tuple(every), arguments.replications, engine)


def _engine(wish: str, scenario: Any, runs: int) -> str:
    """Choose as `simulate` does, by the requests of all runs; what compiles does so once, here."""
    from simulator.run import EngineError, chosen, expected_of

    try:
        return chosen(wish, expected_of(scenario) * runs, tell)
    except EngineError as error:
        raise CliError(str(error)) from None


def _state(arguments: argparse.Namespace, sweep: Sweep) -> State:
    from tracer.cli.sweep_state import State

    if arguments.output is None:
        return State(None, sweep)
    path = arguments.output.with_name(arguments.output.name + ".state")
    if arguments.resume:
        return State.resumed(path, sweep)
    if path.exists():
        raise CliError(f"{path} holds an interrupted sweep; give --resume to go on, or delete it")
    return State(path, sweep)


def _run(arguments: argparse.Namespace, sweep: Sweep, state: State) -> bool:
    """Run what is missing; False if somebody pressed Ctrl-C."""
    from simulator.run import StuckError
    from simulator.sweep import run_all
    from tracer.cli.sweep_pool import crew, progress

    units = [unit for unit in sweep.units() if unit not in state.done]
    if not units:
        return True
    total = len(sweep.units())
    try:
        with progress(total, len(state.done)) as advance, crew(arguments, sweep, units) as (pool, workers):
            for done in run_all(sweep, units, pool, workers):
                state.keep(done)
                advance(len(done))
    except KeyboardInterrupt:
        tell(_interrupted(state, total))
        return False
    except StuckError as error:
        raise CliError(str(error)) from None
    return True


def _interrupted(state: State, total: int) -> str:
    done = f"interrupted after {len(state.done)} of {total} runs"
    if state.path is None:
        return f"{done}; what follows is of those alone (with -o FILE they would be kept for --resume)"
    return f"{done}; they are kept in {state.path}: the same command with --resume goes on"
