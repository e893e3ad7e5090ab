"""`tracer doctor`: what works on this machine, and how to get the rest."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

from tracer.cli.formats import add_format, write_csv, write_json, write_lines

if TYPE_CHECKING:
    from tracer.cli.checks import Check

# All that the Stage draws with, so that a missing or wide one shows: the bars below must line up.
GLYPHS = "░►▐◦-»«?~._¦⣀⣤⣶⣿⠒⠤⡇⢸"
ASCII = ":>=o-/?~._*123"
SMALLEST = (60, 16)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_format(parser)


def run(arguments: argparse.Namespace) -> int:
    """Look at everything; 1 if something required is missing."""
    from tracer.cli.capture_checks import capture_checks
    from tracer.cli.checks import MISSING, checks

    found = [*checks(), *capture_checks(), *terminal()]
    good = not any(check.required and check.status == MISSING for check in found)
    rows = [asdict(check) for check in found]
    if arguments.format == "json":
        write_json({"ok": good, "checks": rows})
    elif arguments.format == "jsonl":
        write_lines(rows)
    elif arguments.format == "csv":
        write_csv(rows[0], rows)
    else:
        _text(found, good)
    return 0 if good else 1


def terminal() -> list[Check]:
    """Look at the terminal on stdout."""
    from tracer.cli.checks import NOTE, OK, Check

    if not sys.stdout.isatty():
        remedy = "without a terminal `tracer demo` prints its table, and `tracer tui` cannot run"
        return [Check("terminal", "terminal", NOTE, "stdout is none", remedy)]
    columns, lines = shutil.get_terminal_size()
    big = columns >= SMALLEST[0] and lines >= SMALLEST[1]
    utf = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    wish = "make it 80x24 or larger"
    locale = "set LANG to a UTF-8 locale, or use --glyphs ascii"
    return [
        Check("terminal", "size", OK if big else NOTE, f"{columns}x{lines}", None if big else wish),
        Check("terminal", "TERM", OK, os.environ.get("TERM", "not set")),
        Check("terminal", "colours", OK, _colours()),
        Check("terminal", "encoding", OK if utf else NOTE, str(sys.stdout.encoding), None if utf else locale),
        _ambiguous(),
    ]


def _colours() -> str:
    from tracer.cli.table import console

    named = {"truecolor": "16 million", "256": "256", "standard": "16"}
    ours = console()
    if ours.no_color:
        return "none, since NO_COLOR is set"
    return named.get(ours.color_system or "", ours.color_system or "none")


def _ambiguous() -> Check:
    from tracer.cli.checks import NOTE, OK, Check
    from tracer.cli.terminal import ambiguous_width

    width = ambiguous_width()
    found = {1: "one column", 2: "two columns", None: "the terminal did not say"}.get(
        width, f"{width} columns"
    )
    remedy = None if width == 1 else "frames are drawn with ASCII lines; --glyphs overrides"
    return Check("terminal", "ambiguous width", OK if width == 1 else NOTE, found, remedy)


def _text(found: list[Check], good: bool) -> None:
    from tracer.cli.table import console, printable, table

    out = console()
    made = table("", "", "what", "", "found", left=4)
    area = ""
    for check in found:
        shown = "" if check.area == area else check.area
        area = check.area
        remedy = f"\n{check.remedy}" if check.remedy else ""
        made.add_row(shown, check.name, check.status, printable(check.found) + remedy)
    out.print(made)
    out.print("All glyphs of the Stage, one column each: the bars must line up.")
    for line in (GLYPHS, "x" * len(GLYPHS), ASCII):
        out.print("  " + "|".join(line) + "|", no_wrap=True, overflow="ignore", crop=False)
    out.print("All that is required is there." if good else "Something required is missing: see above.")
