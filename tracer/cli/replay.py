"""`tracer replay FILE --on SCENARIO.toml`: the requests of a recording, served by another stack."""

from __future__ import annotations

import argparse
from pathlib import Path

from tracer.cli.errors import CliError
from tracer.cli.inputs import HELP, opened
from tracer.cli.simulate import add_run, replications, show
from tracer.cli.streams import tell


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("file", metavar="FILE", help=HELP)
    parser.add_argument("--on", required=True, metavar="SCENARIO.toml", dest="scenario", help="the stacks")
    add_run(parser)


def run(arguments: argparse.Namespace) -> int:
    """Send the recording's requests to each stack; print as `simulate` does."""
    from simulator.replay import replayed
    from simulator.run import EngineError, StuckError
    from simulator.toml import ScenarioError, read_scenario
    from simulator.validity import InvalidError

    try:
        wished = read_scenario(Path(arguments.scenario), arguments.settings)
        scenario, unseen = replayed(wished, opened(arguments.file))
        each = replications(arguments, scenario)
    except (ScenarioError, EngineError, StuckError, InvalidError) as error:
        raise CliError(str(error)) from None
    show(scenario, each, arguments.format)
    if unseen >= 0.01:
        tell(f"{unseen:.0%} of the time in the server was not seen by the source; it is replayed as waiting")
    return 0
