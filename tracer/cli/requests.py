"""`tracer requests FILE…`: one record a request, with its hops."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from typing import Any

from tracer.cli.formats import add_format, write_array, write_csv, write_lines
from tracer.cli.inputs import add_files, opened, title


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_files(parser)
    add_format(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the requests of each file; with several, every record says in `stack` which it is of."""
    _WRITERS[arguments.format](_records(arguments.files))
    return 0


def _records(files: list[str]) -> Iterator[dict[str, Any]]:
    from tracer.analysis.listing import records

    # All are opened before the first record is written, so that a bad name costs nothing.
    recordings = [(name, opened(name)) for name in files]
    for name, recording in recordings:
        more = {"stack": title(recording, name)} if len(files) > 1 else {}
        for record in records(recording):
            yield record | more


def _csv(records: Iterable[dict[str, Any]]) -> None:
    from tracer.analysis.listing import FLAT_FIELDS, flat

    first = next(iter(records), {})
    more = ("stack",) if "stack" in first else ()
    rows = (row for record in _again(first, records) for row in flat(record))
    write_csv((*FLAT_FIELDS, *more), rows)


def _again(first: dict[str, Any], records: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    if first:
        yield first
    yield from records


def _text(records: Iterable[dict[str, Any]]) -> None:
    from tracer.cli.requests_text import write

    write(records)


_WRITERS = {"text": _text, "json": write_array, "jsonl": write_lines, "csv": _csv}
