"""`tracer demo`: record a real gunicorn and a real uvicorn under the same load, play both side by side."""

from __future__ import annotations

import argparse
import importlib.util
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tracer.cli import tui
from tracer.cli.errors import CliError

if TYPE_CHECKING:
    from rich.console import Console

    from tracer.labs.demo import Scene, Stack
    from tracer.recording import Recording
    from tui.player.chapter import Chapter

INTERRUPTED = 130
_NEEDED = ("gunicorn", "uvicorn", "uvloop", "httptools")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add = parser.add_argument
    add("--text", action="store_true", help="print the comparison instead of opening the app")
    add("--recorded", action="store_true", help="play the recordings that ship with hopscope; start nothing")
    add("-o", "--output", type=Path, metavar="DIR", default=Path("hopscope-demo"), help="for the recordings")
    tui.add_appearance(parser)


def run(arguments: argparse.Namespace) -> int:
    """Record, or find the recordings; then show them."""
    files = _shipped() if arguments.recorded else _recorded(arguments.output)
    if files is None:
        return INTERRUPTED
    if arguments.text or not tui.can_draw():
        return _print(files, arguments.lang)
    from tracer.cli.demo_twin import with_twins

    return tui.play(with_twins(tui.read(files)), tui.options(arguments))


def _shipped() -> list[Path]:
    """Find the recordings in captures/."""
    import captures

    return sorted((Path(captures.__file__).parent / "demo").glob("*.trace"))


def _recorded(directory: Path) -> list[Path] | None:
    """Record every scene on every stack; None if somebody pressed Ctrl-C."""
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise CliError(
            f"the demo starts real servers and {', '.join(missing)} cannot be found: "
            "pip install 'hopscope[demo]', or see the recorded one: tracer demo --recorded"
        )
    directory.mkdir(parents=True, exist_ok=True)
    from tracer.labs.demo import SCENES, STACKS, rounds_of_work

    os.environ["HOPSCOPE_ROOM_WORK"] = str(rounds_of_work())
    with _progress(len(SCENES) * len(STACKS)) as tell:
        for scene in SCENES:
            for stack in STACKS:
                tell(f"{scene.name}: {stack.label}")
                if not _record(scene, stack, directory):
                    return None
            _narrate(scene, directory)
    return [_path(directory, scene, stack) for scene in SCENES for stack in STACKS]


def _path(directory: Path, scene: Scene, stack: Stack) -> Path:
    return directory / f"{scene.name}-{stack.name}.trace"


def _record(scene: Scene, stack: Stack, directory: Path) -> bool:
    """Send one scene to one stack and record it; False if somebody asked to stop."""
    from tracer.assemble.sender import Load
    from tracer.assemble.session import Session
    from tracer.load import LoadError
    from tracer.observe.launch import LaunchError

    load = Load(url=scene.path, rate=scene.rate, seconds=scene.duration, poisson=False)
    path = _path(directory, scene, stack)
    try:
        session = Session(stack.command, path, load=load, title=stack.label, overwrite=True, tied=True)
        result = session.run()
    except (LoadError, LaunchError) as error:
        raise CliError(f"{stack.label}: {error}") from error
    if result.failure is not None:
        raise CliError(str(result.failure))
    if not (result.seen or result.asked):
        raise CliError(f"{stack.label} could not be recorded: {directory} needs 20 MB of room for a while")
    return not result.asked


def _narrate(scene: Scene, directory: Path) -> None:
    """Tell the story in the meta data of both recordings of a scene, so that each file knows its place."""
    from tracer.labs.demo import STACKS
    from tracer.labs.narration import chapter
    from tracer.recording import Recording
    from tracer.recording.sealed import save

    sides: list[Recording] = [Recording.open(_path(directory, scene, stack)) for stack in STACKS]
    for stack, side, recording in zip(STACKS, ("left", "right"), sides, strict=True):
        meta = recording.meta | {"command": stack.portable, "chapter": chapter(scene, stack, side, *sides)}
        save(replace(recording, meta=meta), _path(directory, scene, stack))


def _print(files: list[Path], language: str) -> int:
    """Print what the Stage would show: a table a scene and a sentence that says what happened."""
    from rich.console import Console

    from tracer.cli.demo_twin import with_twins

    console = Console()
    chapters = tui.read(files)
    every = with_twins(chapters)
    for number, chapter in enumerate(every[: len(chapters)], 1):
        twin = None if chapter.twin is None else every[chapter.twin]
        title = f"{number}/{len(chapters)} {chapter.title.get(language, chapter.title['en'])}"
        _print_scene(console, title, chapter, twin, language)
    console.print(f"The recordings: {' '.join(map(str, files))}", soft_wrap=True, highlight=False)
    return 0


def _print_scene(console: Console, title: str, real: Chapter, twin: Chapter | None, language: str) -> None:
    """Print a scene's figures, the simulated beside the real ones, and what happened."""
    from tracer.analysis.summary import summarise
    from tracer.analysis.verdict import what_happened
    from tracer.cli.comparison import beside
    from tracer.cli.demo_twin import WORD

    names = real.sides[0].label, real.sides[1].label
    left, right = (summarise(side.recording) for side in real.sides)
    columns = [(names[0], left), (names[1], right)]
    if twin is not None:
        models = [(WORD[language], summarise(side.recording)) for side in twin.sides]
        columns = [columns[0], models[0], columns[1], models[1]]
    console.print(beside([summary for _, summary in columns], [name for name, _ in columns], title))
    console.print(what_happened(left, right, names)[language], highlight=False)
    console.print()


@contextmanager
def _progress(steps: int) -> Iterator[Callable[[str], None]]:
    """Show on stderr what is being recorded; a line a step where stderr is no terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (TextColumn("recording {task.description}"), BarColumn(20), TimeElapsedColumn())
    try:
        with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
            task = progress.add_task("", total=steps, completed=-1)

            def tell(what: str) -> None:
                progress.update(task, description=what, advance=1)
                if not console.is_terminal:
                    console.print(f"recording {what}", highlight=False)

            yield tell
    finally:
        console.show_cursor()  # a signal may come while Progress is still hiding it
