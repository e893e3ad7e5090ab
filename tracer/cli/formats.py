"""`--format text|json|jsonl|csv`: the same records, written one at a time to stdout."""

from __future__ import annotations

import argparse
import csv
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

FORMATS = ("text", "json", "jsonl", "csv")

Record = Mapping[str, Any]
_SPECIAL = re.compile(r'[",\r\n]')
"""What a cell is quoted for."""


def add_format(parser: argparse.ArgumentParser) -> None:
    """Declare --format."""
    parser.add_argument(
        "--format",
        type=_format,
        default="text",
        metavar="|".join(FORMATS),
        help="text is for people (the default), the others for programs",
    )


def _format(text: str) -> str:
    if text not in FORMATS:
        raise argparse.ArgumentTypeError(f"there is no format {text!r}; choose {', '.join(FORMATS)}")
    return text


def write_json(value: Any) -> None:
    """Write one value, indented. ASCII alone, so that it is the same in every locale."""
    sys.stdout.write(json.dumps(value, indent=2, allow_nan=False) + "\n")


def write_array(records: Iterable[Record]) -> None:
    """Write records as a JSON array, a line each, without keeping them."""
    start = "["
    for record in records:
        sys.stdout.write(f"{start}\n{_line(record)}")
        start = ","
    sys.stdout.write("[]\n" if start == "[" else "\n]\n")


def write_lines(records: Iterable[Record]) -> None:
    """Write records as JSON lines."""
    for record in records:
        sys.stdout.write(_line(record) + "\n")


def write_csv(fields: Iterable[str], records: Iterable[Record]) -> None:
    """Write flat records under a head of field names; what is not known is an empty cell."""
    sheet = csv.DictWriter(sys.stdout, list(fields), restval="", lineterminator="\n")
    sheet.writeheader()
    sheet.writerows(records)


def write_rows(fields: Iterable[str], pieces: Iterable[Iterable[tuple[Any, ...]]]) -> None:
    """Do the same with rows of values, of two fields or more; None is an empty cell.

    Cells are made column by column: most columns need no look at each character, which takes csv.writer
    longer than all the rest of a row.
    """
    sys.stdout.write(",".join(_cells(list(fields))) + "\n")
    for piece in pieces:
        columns = [_cells(column) for column in zip(*piece, strict=True)]
        sys.stdout.writelines(f"{line}\n" for line in map(",".join, zip(*columns, strict=True)))


def _cells(column: Sequence[Any]) -> Iterable[str]:
    """Give values as the cells of a sheet."""
    kinds = set(map(type, column))
    if kinds == {int}:
        return map(str, column)
    if kinds == {str}:
        return map(_quoted, column) if _SPECIAL.search("".join(set(column))) else column
    return ["" if value is None else _quoted(str(value)) for value in column]


def _quoted(text: str) -> str:
    if not _SPECIAL.search(text):
        return text
    doubled = text.replace('"', '""')
    return f'"{doubled}"'


def flat(record: Record, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Give the fields of nested records, their names joined by dots."""
    for name, value in record.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _line(record: Record) -> str:
    return json.dumps(record, allow_nan=False)
