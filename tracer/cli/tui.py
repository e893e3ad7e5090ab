"""`tracer tui FILE…`: the terminal app on recordings."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from tracer.cli import duration
from tracer.cli.errors import CliError
from tracer.cli.inputs import HELP, PIPE, is_capture, located, opened
from tracer.cli.keylog import add_keylog
from tracer.cli.language import add_language
from tracer.cli.state import state_dir

if TYPE_CHECKING:
    from tracer.recording import Recording
    from tui.lessons import Lesson
    from tui.options import Options
    from tui.player.chapter import Chapter
    from tui.whatif import Workbench


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_keylog(parser)
    parser.add_argument(
        "files", nargs="*", metavar="FILE", help=f"{HELP}; or two to compare; or a scenario .toml"
    )
    parser.add_argument(
        "--follow", action="store_true", help="follow a NAME.trace.part that is being recorded"
    )
    parser.add_argument("--output-name", default="", help=argparse.SUPPRESS)
    add_appearance(parser)


def add_appearance(parser: argparse.ArgumentParser) -> None:
    """Declare how the app looks, which the demo lets one choose too."""
    add_language(parser)
    parser.add_argument("--theme", choices=("dark", "light", "contrast"), default="dark")
    parser.add_argument("--glyphs", choices=("narrow", "ascii"), default=_glyphs())
    parser.add_argument("--speed", type=_speed, metavar="X", help="recorded time to real time: 1/16, 0.5, 2")
    parser.add_argument("--still", action="store_true", help="no moving ghosts")
    parser.add_argument("--paused", action="store_true", help="open paused")
    parser.add_argument("--at", type=duration.argument, default=0, metavar="TIME", help="open there: 1.5s")


def run(arguments: argparse.Namespace) -> int:
    """Open the app; everything that can be wrong with the files is told before it takes the terminal."""
    if not arguments.files and not can_draw():
        raise CliError(
            "no recording was given; make one with `tracer demo` or `tracer run -o OUT.trace -- COMMAND`, "
            "then `tracer tui OUT.trace`"
        )
    if not can_draw():
        names = " ".join(arguments.files)
        raise CliError(
            f"the app needs a terminal that can draw, and this is none; use `tracer summary {names}`"
        )
    gc.disable()  # what is made until the first frame stays; looking through it costs 20 to 40 ms
    if not arguments.files:
        return play([], options(arguments), first="home")
    # Whoever says where does not want to be where they left.
    files = [] if arguments.at else [Path(name) for name in arguments.files]
    if arguments.follow:
        return _follow(arguments)
    if any(name.endswith(".toml") for name in arguments.files):
        from tracer.cli.scenario_chapters import read_scenarios

        chapters, rerun = read_scenarios(arguments.files)
        return play(chapters, options(arguments), files, rerun)
    return play(read(arguments.files), options(arguments), files)


def _follow(arguments: argparse.Namespace) -> int:
    """Open the app on one recording that goes on."""
    from tracer.cli.follow import feed_of
    from tracer.cli.lent import reruns, services
    from tui.app import run as run_app
    from tui.chapters import Named, chapters
    from tui.stagecraft import stages_of

    if len(arguments.files) > 1:
        raise CliError("--follow takes one recording; give one NAME.trace.part")
    feed, glimpse = feed_of(arguments.files[0], arguments.output_name)
    made = chapters([Named(Path(arguments.files[0]).name, glimpse.recording)])
    lent = replace(services("", None, reruns(())), follow=lambda: feed)
    return run_app(stages_of(made), options(arguments), services=lent, first="live")


def can_draw() -> bool:
    """Whether keys and pictures have a terminal; TERM=dumb, or none, says that it cannot move its cursor.

    Textual draws on stderr: sent to a file, it would leave a black screen that waits for keys.
    """
    streams = (sys.stdin, sys.stdout, sys.stderr)
    return all(stream.isatty() for stream in streams) and os.environ.get("TERM", "") not in ("", "dumb")


def read(files: Sequence[str | Path]) -> list[Chapter]:
    """Open recordings and group them into chapters; CliError or TraceError, a sentence, if that fails."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy starts 40 ms sooner; nothing here multiplies
    from tui.chapters import ChapterError, Named, chapters

    try:
        return chapters([Named(Path(file).name, _opened(str(file))) for file in files])
    except ChapterError as error:
        raise CliError(str(error)) from None


def _opened(name: str) -> Recording:
    """Open a recording; of a capture its meta data say where its packets can be read again."""
    recording = opened(name)
    if recording.meta.get("source") == "packets" and is_capture(located(name)) and name != PIPE:
        recording.meta["opened_from"] = str(located(name))
    return recording


def play(
    chapters: list[Chapter],
    wishes: Options,
    files: Sequence[Path] = (),
    rerun: Callable[[Recording], Workbench] | None = None,
    *,
    first: str = "stage",
    lab: str = "",
    lessons: Sequence[Lesson] | None = None,
) -> int:
    """Run the app on chapters until the person leaves; give the exit code.

    What is opened as `files` opens next time where it was left. `rerun` is for scenarios; recordings are
    simulated on models of their own servers. `first` is the screen that it opens with, `lab` the one that
    the screen of labs does; `lessons` are its labs, those that ship unless given.
    """
    from tracer.cli.lent import reruns, services
    from tui.app import run as run_app
    from tui.stagecraft import stages_of

    lent = services(lab, lessons, rerun or reruns(files))
    memory = state_dir() / "tui.json"
    return run_app(stages_of(chapters), wishes, files=files, memory=memory, first=first, services=lent)


def options(arguments: argparse.Namespace) -> Options:
    """Give what the person wishes of the app."""
    from tui.options import Options

    return Options(
        language=arguments.lang,
        theme=arguments.theme,
        glyphs=arguments.glyphs,
        speed=arguments.speed,
        still=arguments.still,
        paused=arguments.paused,
        at=arguments.at,
    )


def _glyphs() -> str:
    """Give what the terminal can show: its console has few glyphs, and an old locale's encoding none."""
    return "ascii" if os.environ.get("TERM") == "linux" or not _encodable("►▐◦░»⣿") else "narrow"


def _encodable(text: str) -> bool:
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _speed(text: str) -> Fraction:
    try:
        speed = Fraction(text)
    except (ValueError, ZeroDivisionError):
        speed = Fraction(0)
    if speed <= 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no speed; write 1/16, 0.5 or 2")
    return speed
