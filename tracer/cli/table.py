"""Tables for people. Rich is imported here and inside functions alone, since `--help` needs none of it."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

_UNBOUND = 1000  # columns when nobody looks: a table takes what it needs, nothing is cut


def console() -> Console:
    """Give a console on stdout: colours only on a terminal, and never against NO_COLOR."""
    from rich.console import Console

    class Ours(Console):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError  # Rich would exit with 1; the frame ends all commands alike

    width = None if sys.stdout.isatty() else _width()
    return Ours(width=width, highlight=False, markup=False, emoji=False, soft_wrap=False)


def _width() -> int:
    return shutil.get_terminal_size((_UNBOUND, 24)).columns


def table(title: str, *columns: str, left: int = 1) -> Table:
    """Begin a table; the first `left` columns are words, the others numbers."""
    from rich import box
    from rich.table import Table

    # Box lines are two columns wide in many Korean terminals; a minus is one everywhere.
    lines = box.Box(str(box.SIMPLE_HEAD).replace("─", "-"), ascii=True)
    made = Table(title=title or None, title_justify="left", title_style="bold", box=lines)
    made.padding = (0, 0, 0, 1)  # eighty columns are enough for most
    for number, name in enumerate(columns):
        made.add_column(name, justify="left" if number < left else "right", overflow="fold")
    return made


def printable(text: str) -> str:
    """Escape what a terminal would obey: a target is written by whoever sent the request."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def share(value: float | None) -> str:
    """Write a share in percent; what is not known is a dash."""
    return "-" if value is None else f"{value:.0%}" if value >= 0.1 or not value else f"{value:.1%}"


def seconds(value: float | None) -> str:
    """Write a length of time given in seconds."""
    from tracer.analysis.duration import show

    return "-" if value is None else show(value * 1e9)


def number(value: float | None) -> str:
    """Write a rate with three digits."""
    return "-" if value is None else f"{value:.0f}" if value >= 100 else f"{value:#.3g}"
