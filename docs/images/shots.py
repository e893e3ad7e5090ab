"""Make the pictures of the README out of the recordings in captures/demo: `make shots`."""

from __future__ import annotations

from pathlib import Path

import captures
from tracer.cli.tui import read
from tui.player.chapter import Chapter
from tui.shots import shoot

HERE = Path(__file__).parent
MS = 1_000_000


def chapters() -> list[Chapter]:
    """Open the recorded demo."""
    return read(sorted((Path(captures.__file__).parent / "demo").glob("*.trace")))


def main() -> None:
    """Draw the line that forms, its cost at the end, and the chapter in which async does not help."""
    waiting, computing = chapters()
    told = [step.at for step in waiting.steps]
    shoot(waiting, told[2], (100, 30), "dark", "en", HERE / "waiting.png")
    shoot(waiting, told[-1], (80, 24), "light", "en", HERE / "waiting-end.png")
    shoot(computing, computing.steps[1].at, (100, 30), "dark", "en", HERE / "computing.png")


if __name__ == "__main__":
    main()
