"""`tracer requests FILE…`: one record a request, with its hops."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from tracer.cli.formats import add_format, write_array, write_lines, write_rows
from tracer.cli.inputs import add_files, flowing, title
from tracer.cli.where import add_where, sifted

if TYPE_CHECKING:
    from tracer.analysis.listing import Numbers
    from tracer.analysis.where.tree import Tree
    from tracer.recording import Recording

Named = list[tuple[str, "Iterator[tuple[Recording, Numbers | None]]"]]
Rows = list[tuple[Any, ...]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_files(parser)
    add_where(parser)
    add_format(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the requests of each file; with several, every record says in `stack` which it is of."""
    # All are opened before the first record is written, so that a bad name costs nothing.
    named = [(name, flowing(name)) for name in arguments.files]
    if arguments.format == "csv":
        _csv(named, arguments.where)
    else:
        _WRITERS[arguments.format](_records(named, arguments.where))
    return 0


def _records(named: Named, where: Tree | None) -> Iterator[dict[str, Any]]:
    from tracer.analysis.listing import records

    for name, parts in named:
        for recording, numbers, chosen in sifted(parts, where):
            more = {"stack": title(recording, name)} if len(named) > 1 else {}
            for record in records(recording, numbers=numbers, chosen=chosen):
                yield record | more


def _csv(named: Named, where: Tree | None) -> None:
    from tracer.analysis.listing import FLAT_FIELDS

    several = len(named) > 1
    write_rows((*FLAT_FIELDS, *(("stack",) if several else ())), _rows(named, where, several=several))


def _rows(named: Named, where: Tree | None, *, several: bool) -> Iterator[Rows]:
    from tracer.analysis.listing import rows

    for name, parts in named:
        for recording, numbers, chosen in sifted(parts, where):
            more = (title(recording, name),) if several else ()
            for piece in rows(recording, numbers=numbers, chosen=chosen):
                yield [(*row, *more) for row in piece] if more else piece


def _text(records: Iterable[dict[str, Any]]) -> None:
    from tracer.cli.requests_text import write

    write(records)


_WRITERS = {"text": _text, "json": write_array, "jsonl": write_lines}
