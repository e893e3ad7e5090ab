"""`tracer collect DIR -o OUT.trace`: a recording from a directory of rings, or from a `.part` left behind."""

from __future__ import annotations

import argparse
from pathlib import Path

from tracer.cli.errors import CliError
from tracer.cli.streams import tell


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("directory", type=Path, metavar="DIR", help="of rings, or a NAME.trace.part")
    parser.add_argument(
        "-o", "--output", type=Path, metavar="OUT.trace", help="needed for a directory of rings"
    )
    parser.add_argument("--force", action="store_true", help="overwrite OUT.trace if it is there")


def run(arguments: argparse.Namespace) -> int:
    """Write the recording."""
    from tracer.assemble.recover import collected, left_behind, seal_left

    directory: Path = arguments.directory
    if left_behind(directory):
        path = seal_left(directory, arguments.output, overwrite=arguments.force)
    elif arguments.output is None:
        raise CliError("give the name of the recording to write: tracer collect DIR -o OUT.trace")
    else:
        meta = {"title": str(directory), "command": []}
        path = collected(directory, arguments.output, meta, overwrite=arguments.force)
    tell(f"{path} is written")
    return 0
