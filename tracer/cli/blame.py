"""`tracer blame FILE…`: who held what others waited for, and what it cost them."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from tracer.cli.formats import add_format, write_csv, write_json, write_lines
from tracer.cli.inputs import add_files, opened, title
from tracer.cli.where import add_where, chosen

if TYPE_CHECKING:
    from tracer.analysis.blame import Blame

Named = list[tuple[str, "Blame"]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_files(parser)
    add_where(parser)
    add_format(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the blame of each file."""
    from tracer.analysis.blame import blame

    told = []
    for name in arguments.files:
        recording = opened(name)
        told.append((title(recording, name), blame(recording, chosen(recording, arguments.where))))
    _WRITERS[arguments.format](told)
    return 0


def _objects(told: Named) -> list[dict[str, Any]]:
    """Give the objects of the JSON output; of several stacks each says its name first."""
    from tracer.analysis.blame import as_json

    if len(told) == 1:
        return [as_json(told[0][1])]
    return [{"stack": name, **as_json(one)} for name, one in told]


def _json(told: Named) -> None:
    objects = _objects(told)
    write_json(objects[0] if len(objects) == 1 else {"stacks": objects})


def _culprits(told: Named) -> list[dict[str, Any]]:
    """Give one record a culprit; of several stacks each says whose it is."""
    several = len(told) > 1
    return [
        {**({"stack": name} if several else {}), **culprit}
        for (name, _), one in zip(told, _objects(told), strict=True)
        for culprit in one["culprits"]
    ]


def _jsonl(told: Named) -> None:
    write_lines(_culprits(told))


def _csv(told: Named) -> None:
    from dataclasses import fields

    from tracer.analysis.blame import Culprit

    stack = ("stack",) if len(told) > 1 else ()
    write_csv((*stack, *(field.name for field in fields(Culprit))), _culprits(told))


def _text(told: Named) -> None:
    from tracer.cli.blame_text import write

    for name, one in told:
        write(name, one)


_WRITERS = {"text": _text, "json": _json, "jsonl": _jsonl, "csv": _csv}
