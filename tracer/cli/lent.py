"""What the command line lends to the app, which imports no source: opening files, samples, labs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tracer.cli.errors import CliError

if TYPE_CHECKING:
    import captures
    from tracer.recording import Recording
    from tui.lessons import Lesson
    from tui.player.chapter import Chapter
    from tui.request.packets import Packet, Wanted
    from tui.snapshot import Services
    from tui.whatif import Workbench


def services(
    lab: str = "",
    lessons: Sequence[Lesson] | None = None,
    rerun: Callable[[Recording], Workbench] | None = None,
) -> Services:
    """Give the functions; nothing is imported or read before they are called.

    `lab` is the one to begin with, `lessons` are the labs unless those that ship, `rerun` is for what is
    open now.
    """
    from tui.snapshot import Services

    given = labs if lessons is None else lambda: lessons
    return Services(
        dissect=dissect,
        open_files=open_files,
        samples=samples,
        labs=given,
        lab=lab,
        rerun=rerun,
        reruns=reruns,
    )


def dissect(recording: Recording, wanted: Wanted) -> list[Packet]:
    """Decode the packets of a request. Raises LookupError, a sentence."""
    from tracer.cli.dissect import dissected

    return dissected(recording, wanted)


def reruns(files: Sequence[Path]) -> Callable[[Recording], Workbench]:
    """Give what makes the What-if of recordings; the simulator is imported when that is opened."""
    name = str(files[0]) if len(files) == 1 else "recording"

    def rerun(recording: Recording) -> Workbench:
        from tracer.cli.whatif import rerun_of

        return rerun_of(recording, name)

    return rerun


def open_files(files: Sequence[str]) -> list[Chapter]:
    """Open recordings, captures or logs as chapters. Raises OpenError, a sentence."""
    from tracer.cli.tui import read
    from tracer.recording import TraceError
    from tui.snapshot import OpenError

    try:
        if any(name.endswith(".toml") for name in files):
            from tracer.cli.scenario_chapters import read_scenarios

            return read_scenarios(list(files))[0]
        return read(files)
    except (CliError, TraceError) as error:
        raise OpenError(str(error)) from None


def labs() -> list[Lesson]:
    """Read the labs that ship, to be simulated."""
    from tracer.cli.lab_lesson import lesson
    from tracer.labs.reading import shipped

    return [lesson(lab) for lab in shipped()]


def samples() -> list[tuple[str, str]]:
    """Name the samples, and what the first line of each one's README says."""
    import captures

    return [(name, _heading(sample)) for name, sample in captures.samples().items()]


def _heading(sample: captures.Sample) -> str:
    readme = sample.file.with_name("README.md")
    try:
        with readme.open(encoding="utf-8") as file:
            return file.readline().strip("# \n")
    except OSError:
        return ""
