"""The table of commands: where each lives, as an import string, and what it does in one line.

A command is a module with `add_arguments(parser)` and `run(arguments) -> int`. It imports what is heavy
inside `run`, so that its `--help` comes at once. A command whose module is not there is not listed.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
from typing import NamedTuple, Protocol, cast


class Command(NamedTuple):
    """One row of the table."""

    module: str
    help: str


class Module(Protocol):
    """What a command's module offers."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the arguments."""

    def run(self, arguments: argparse.Namespace) -> int:
        """Do it; give the exit code."""


COMMANDS = {
    "demo": Command("tracer.cli.demo", "record a real gunicorn and a real uvicorn, play both side by side"),
    "tui": Command("tracer.cli.tui", "the terminal app: watch requests move through a recording"),
    "run": Command("tracer.cli.run", "start any server with the agent in it and record until it ends"),
    "record": Command("tracer.cli.record", "capture packets, here or on another machine by SSH"),
    "collect": Command("tracer.cli.collect", "gather the rings of servers that run with the agent"),
    "simulate": Command("tracer.cli.simulate", "run a scenario: models of servers, and what they would do"),
    "replay": Command("tracer.cli.replay", "the requests of a recording, served by another stack"),
    "sweep": Command("tracer.cli.sweep", "many runs of a scenario, here or on a cluster: table and plot"),
    "requests": Command("tracer.cli.requests", "list the requests of a recording, each with its hops"),
    "summary": Command(
        "tracer.cli.summary", "throughput, percentiles, utilisation and queues of a recording"
    ),
    "blame": Command("tracer.cli.blame", "who held what others waited for, and what it cost them"),
    "lab": Command("tracer.cli.lab", "twelve demos, simulated or with real servers, each with its lesson"),
    "explain": Command(
        "tracer.cli.explain", "what the words mean: WSGI, uWSGI, uvloop …, and where each sits"
    ),
    "compare": Command("tracer.cli.compare", "two recordings hop by hop, and what is more than noise"),
    "doctor": Command("tracer.cli.doctor", "what works on this machine, and how to get the rest"),
}


def available() -> dict[str, Command]:
    """Give the commands whose modules are there, in the order of the table; imports none of them."""
    return {name: command for name, command in COMMANDS.items() if importlib.util.find_spec(command.module)}


def load(command: Command) -> Module:
    """Import a command's module."""
    return cast(Module, importlib.import_module(command.module))
