"""`tracer run [-o OUT.trace] [--live] [--load RATE --for D --url PATH] -- CMD…`: record a server."""

from __future__ import annotations

import argparse
import datetime
import os
import sys
from pathlib import Path

from tracer.agent.layout import ENV_KEEP, ENV_NO_WAITS, WAIT_GROUPS
from tracer.cli.duration import argument as duration
from tracer.cli.errors import CliError
from tracer.cli.sizes import size as size_of
from tracer.cli.streams import tell

WRONG_USE = 2
PROXIES = Path(__file__).parent / "proxy"
"""What `--print-proxy-config` prints, a file a proxy."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.usage = "tracer run [-o OUT.trace] [--live] [--load RATE --for D --url PATH] -- CMD …"
    add = parser.add_argument
    add("-o", "--output", type=Path, metavar="OUT.trace", help="default: hopscope-DATE-TIME.trace")
    add("--force", action="store_true", help="overwrite OUT.trace if it is there")
    add("--title", help="what the recording is called; default: the command")
    add("--live", action="store_true", help="open the app on it; leaving the app ends the command")
    load = parser.add_argument_group("a load to send, after which the server is stopped")
    load.add_argument("--load", type=float, metavar="RATE", help="requests per second, open loop")
    load.add_argument(
        "--for", dest="duration", type=duration, metavar="D", help="how long: 5s, 2m; default 10s"
    )
    load.add_argument("--url", metavar="PATH", help="path, or whole URL; default /")
    load.add_argument("--arrivals", choices=("poisson", "constant"), help="default poisson")
    load.add_argument("--close", action="store_true", help="a new connection for each request")
    load.add_argument("--timeout", type=duration, metavar="D", help="of a request; default 30s")
    load.add_argument("--seed", type=int, help="of the arrivals; default 0")
    add(
        "--no-waits",
        type=_groups,
        metavar="GROUPS",
        help=f"outgoing waits not to tell: {', '.join(WAIT_GROUPS)}",
    )
    add(
        "--keep",
        type=duration,
        metavar="D",
        help="with --print-env: how long a ring outlives its process, as in 10m; default for ever",
    )
    add("--print-env", type=Path, metavar="DIR", help="print the environment for other service managers")
    add(
        "--print-proxy-config", choices=("nginx", "apache"), help="print what a proxy before it is to pass on"
    )
    add("command", nargs=argparse.REMAINDER, metavar="CMD …", help="the command that starts the server")


def run(arguments: argparse.Namespace) -> int:
    """Record a command; give its exit code."""
    if arguments.print_env is not None:
        return _print_env(arguments.print_env, arguments.no_waits, arguments.keep)
    if arguments.keep is not None:
        raise CliError("--keep is for rings that services write: tracer run --keep 10m --print-env DIR")
    if arguments.print_proxy_config is not None:
        sys.stdout.write((PROXIES / f"{arguments.print_proxy_config}.conf").read_text("utf-8"))
        return 0
    command = arguments.command[1:] if arguments.command[:1] == ["--"] else arguments.command
    if not command:
        raise CliError("there is no command to run: tracer run -o OUT.trace -- gunicorn app:app")
    if sys.platform != "linux":
        raise CliError("servers can be recorded on Linux only; recordings play everywhere")
    if arguments.no_waits:
        os.environ[ENV_NO_WAITS] = arguments.no_waits  # the command inherits it
    return _record(arguments, command)


def _record(arguments: argparse.Namespace, command: list[str]) -> int:
    from tracer.assemble.session import Session
    from tracer.cli.inputs import named_as_capture
    from tracer.load import LoadError
    from tracer.observe.launch import LaunchError

    path = arguments.output or Path(f"hopscope-{datetime.datetime.now():%Y%m%d-%H%M%S}.trace")  # noqa: DTZ005
    if named_as_capture(path):
        raise CliError(f"{path}: is the name of a capture, and this is none; give one that ends in .trace")
    try:
        load = _load(arguments)
        title, overwrite = arguments.title, arguments.force
        if arguments.live:
            from tracer.cli.live import watched

            result = watched(command, path, load=load, title=title, overwrite=overwrite)
        else:
            session = Session(command, path, load=load, title=title, overwrite=overwrite, say=tell)
            result = session.run()
    except (LoadError, LaunchError) as error:
        raise CliError(str(error)) from error
    if result.failure is not None:
        tell(f"{result.failure}; what was recorded until then: tracer collect {result.path}")
        return result.code
    size = result.path.stat().st_size
    tell(f"{result.requests} requests in {result.path} ({size_of(size)}), {result.lost} records lost")
    if not result.seen:
        tell("no server that is known was recorded; docs/guide/servers.md lists those that are")
    if result.left:
        pids = ", ".join(map(str, result.left))
        tell(f"the command has ended and left processes running that are not recorded any more: {pids}")
    return result.code


def _load(arguments: argparse.Namespace):  # type: ignore[no-untyped-def]  # Load, which is heavy to import
    """Give the load that was asked for, or None."""
    from tracer.assemble.sender import Load

    told = {
        "url": arguments.url,
        "rate": arguments.load,
        "seconds": arguments.duration and arguments.duration / 1e9,
        "poisson": arguments.arrivals and arguments.arrivals == "poisson",
        "keep_alive": False if arguments.close else None,
        "timeout": arguments.timeout and arguments.timeout / 1e9,
        "seed": arguments.seed,
    }
    given = {name: value for name, value in told.items() if value is not None}
    if arguments.load is None:
        if given:
            raise CliError("there is no load to send: give its rate, as in --load 50 --for 10s --url /")
        return None
    return Load(**given)


def _groups(text: str) -> str:
    """Check the names of groups, with commas between them."""
    for name in text.split(","):
        if name not in WAIT_GROUPS:
            raise argparse.ArgumentTypeError(
                f"there is no group {name!r}; choose from {','.join(WAIT_GROUPS)}"
            )
    return text


def _print_env(directory: Path, no_waits: str | None, keep: int | None) -> int:
    from tracer.observe.launch import environment

    if not directory.is_dir():
        raise CliError(
            f"{directory} is no directory: make it, so that the servers may write their rings there"
        )
    base = {ENV_NO_WAITS: no_waits} if no_waits else {}
    base |= {ENV_KEEP: f"{keep / 1e9:g}"} if keep else {}
    for name, value in environment(directory, base).items():
        sys.stdout.write(f"{name}={value}\n")
    return 0
