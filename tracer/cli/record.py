"""`tracer record -i IFACE [-o OUT.pcapng] [--ssh USER@HOST] [FILTER]`: capture packets, here or elsewhere."""

from __future__ import annotations

import argparse
import datetime
import os
import signal
import stat
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from tracer.cli.duration import argument as duration
from tracer.cli.errors import CliError
from tracer.cli.sizes import size as size_of
from tracer.cli.streams import tell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tracer.capture.live import Tap
    from tracer.capture.privileges import User
    from tracer.capture.recorder import Recorder

BROKEN_OFF = 1
PAUSE = 1.0
"""Seconds between two lines of counters."""
PROGRAMS = ("tcpdump", "dumpcap", "scapy")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.usage = "tracer record -i IFACE [-o OUT.pcapng] [--ssh USER@HOST] [FILTER]"
    add = parser.add_argument
    add("-i", "--interface", metavar="IFACE", help="where to capture: lo, eth0, any")
    add("-o", "--output", metavar="OUT.pcapng", help="default: hopscope-DATE-TIME.pcapng; - is stdout")
    add("--force", action="store_true", help="overwrite OUT.pcapng if it is there")
    add("--ssh", metavar="USER@HOST", help="capture there, by its tcpdump; USER@HOST:PORT for another port")
    add("--for", dest="duration", type=duration, metavar="D", help="how long: 5s, 2m; default until Ctrl-C")
    add("--with", dest="program", choices=PROGRAMS, help="what captures; default the first that is there")
    add("filter", nargs="*", metavar="FILTER", help="what to capture, as tcpdump knows it: tcp port 8000")


def run(arguments: argparse.Namespace) -> int:
    """Capture until Ctrl-C, SIGTERM or the end of --for; 1 if it was broken off."""
    from tracer.capture.live import LiveError
    from tracer.capture.privileges import drop, lesser

    user = lesser()
    try:
        tap = _tap(arguments, user)
    except LiveError as error:
        raise CliError(str(error)) from error
    try:
        with _output(arguments, user) as (file, name):
            if user and tap.name != "dumpcap":  # which stays root, with few capabilities: we have to end it
                drop(user)
            return _record(tap, file, name, arguments.duration)
    except BaseException:
        tap.stop()  # it may be closed already; a child that is left would wait for a packet
        raise


def _tap(arguments: argparse.Namespace, user: User | None) -> Tap:
    from tracer.capture.live import Wish, open_tap
    from tracer.capture.live_program import interfaces

    if not arguments.interface:
        here = "" if arguments.ssh else f", one of {', '.join(interfaces())}"
        raise CliError(f"-i is missing: name the interface to capture on{here}")
    _refuse(arguments)
    wish = Wish(arguments.interface, " ".join(arguments.filter), user.name if user else None)
    if arguments.ssh:
        from importlib.util import find_spec

        if not find_spec("asyncssh"):
            raise CliError("--ssh needs asyncssh: pip install 'hopscope[captures]'")
        from tracer.capture.remote import RemoteTap

        return RemoteTap(arguments.ssh, wish)
    return open_tap(wish, (arguments.program,) if arguments.program else PROGRAMS)


def _refuse(arguments: argparse.Namespace) -> None:
    """Say what cannot be written, before anything is opened."""
    name = arguments.output
    if name == "-" and sys.stdout.isatty():
        raise CliError("-o -: stdout is a terminal; give a file, or a pipe to read the capture")
    if name and name != "-" and not arguments.force and Path(name).is_file():
        raise CliError(f"{name}: it is there already; --force overwrites it")
    if name and Path(name).is_dir():
        raise CliError(f"{name}: this is a directory; name a file")


@contextmanager
def _output(arguments: argparse.Namespace, user: User | None) -> Iterator[tuple[BinaryIO, str]]:
    """Open what is written to: a file that only its owner reads, or stdout."""
    if arguments.output == "-":
        with os.fdopen(os.dup(1), "wb") as file:
            yield file, "stdout"
        return
    name = arguments.output or f"hopscope-{datetime.datetime.now():%Y%m%d-%H%M%S}.pcapng"  # noqa: DTZ005
    try:
        number = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise CliError(f"{name} cannot be written: {error.strerror}") from None
    if stat.S_ISREG(os.fstat(number).st_mode):
        os.ftruncate(number, 0)
        os.fchmod(number, 0o600)
        if user and os.environ.get("SUDO_UID"):
            os.fchown(number, user.uid, user.gid)
    with os.fdopen(number, "wb") as file:
        yield file, name


def _record(tap: Tap, file: BinaryIO, name: str, limit: int | None) -> int:
    """Copy from the tap until it ends, and say how it ended."""
    from tracer.capture.errors import CaptureError
    from tracer.capture.recorder import Recorder

    recorder = Recorder(tap, file)
    done = threading.Event()
    showing = threading.Thread(target=_show, args=(tap, recorder, done, limit), daemon=True)
    tell(f"{tap.name} captures into {name}; Ctrl-C ends it")
    with _ending(tap):
        showing.start()
        try:
            recorder.run()
            why = None
        except CaptureError as error:
            why = error.why
        finally:
            done.set()
            showing.join()
            broken = tap.close()
            recorder.finish()
    tell(f"{_counts(recorder)} in {name}")
    if broken:
        tell(f"{tap.name} broke off: {broken or why}; what came until then is whole")
    return BROKEN_OFF if broken else 0


@contextmanager
def _ending(tap: Tap) -> Iterator[None]:
    """Let Ctrl-C, SIGTERM and SIGHUP end the tap; what it still has is then written."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, lambda *_: tap.stop()) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _show(tap: Tap, recorder: Recorder, done: threading.Event, limit: int | None) -> None:
    """Show the counters every second, and end the tap when its time is over."""
    passed, line = 0.0, sys.stderr.isatty()
    while not done.wait(min(PAUSE, (limit / 1e9 - passed) if limit else PAUSE)):
        passed += PAUSE
        if limit and passed >= limit / 1e9:
            tap.stop()
            limit = None
        tap.ask()
        if line:
            sys.stderr.write(f"\r\x1b[K{_counts(recorder)}")
            sys.stderr.flush()
    if line:
        sys.stderr.write("\r\x1b[K")


def _counts(recorder: Recorder) -> str:
    lost = "lost not told yet" if recorder.lost is None else f"{recorder.lost} lost"
    return f"{recorder.packets} packets, {size_of(recorder.size)}, {lost}"
