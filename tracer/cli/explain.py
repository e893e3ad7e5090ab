"""`tracer explain [TERM]`: what a word of Python web serving means, where it sits, and which lab shows it."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from tracer.cli.errors import CliError
from tracer.cli.formats import add_format, write_array, write_csv, write_json, write_lines
from tracer.cli.language import add_language

if TYPE_CHECKING:
    from tracer.glossary import Term

_FIELDS = ("term", "long", "kind", "place", "short", "text", "seed", "correction", "lab", "lang")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "term", nargs="*", metavar="TERM", help="such as wsgi, uWSGI, web server; all if none"
    )
    parser.add_argument("--matrix", action="store_true", help="what of each term can be watched, and how")
    add_language(parser)
    add_format(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print one term, or the list of them all."""
    from tracer.glossary import terms

    if arguments.matrix:
        return _matrix(arguments)
    word = " ".join(arguments.term)
    chosen = _found(word) if word else terms()
    if arguments.format != "text":
        _write(chosen, arguments.format, arguments.lang, alone=bool(word))
    elif word:
        _pages(chosen, arguments.lang)
    else:
        _list(chosen, arguments.lang)
    return 0


def _matrix(arguments: argparse.Namespace) -> int:
    from tracer.cli.explain_text import matrix_page
    from tracer.cli.table import console
    from tracer.glossary import matrix

    if arguments.format == "text":
        console().print(matrix_page(arguments.lang))
        return 0
    records: list[dict[str, Any]] = [
        {"term": term.name, **{way: cell.by for way, cell in row.items()},
         "why": {way: cell.why[arguments.lang] for way, cell in row.items() if cell.why}}
        for term, row in matrix()
    ]  # fmt: skip
    if arguments.format == "json":
        write_array(records)
    elif arguments.format == "jsonl":
        write_lines(records)
    else:
        reasons = ({**one, "why": "; ".join(one["why"].values())} for one in records)
        write_csv(list(records[0]), reasons)
    return 0


def _found(word: str) -> tuple[Term, ...]:
    from tracer.glossary import find, near

    found = find(word)
    if not found:
        nearest = near(word)
        meant = f"did you mean {nearest}? " if nearest else ""
        raise CliError(f"{word!r} is no term of the glossary; {meant}`tracer explain` lists them")
    return found


def _write(chosen: tuple[Term, ...], to: str, language: str, *, alone: bool) -> None:
    records = [_record(term, language) for term in chosen]
    if to == "json" and alone and len(records) == 1:
        write_json(records[0])
    elif to == "json":
        write_array(records)
    elif to == "jsonl":
        write_lines(records)
    else:
        write_csv(_FIELDS, ({**record, "place": " ".join(record["place"])} for record in records))


def _record(term: Term, language: str) -> dict[str, Any]:
    values = (
        *(
            term.name,
            term.long or None,
            term.kind,
            list(term.place),
            term.short[language],
            term.text[language],
        ),
        *(term.seed.said, term.seed.correction.get(language), term.lab, language),
    )
    return dict(zip(_FIELDS, values, strict=True))


def _list(chosen: tuple[Term, ...], language: str) -> None:
    from tracer.cli.explain_text import index
    from tracer.cli.table import console

    console().print(index(chosen, language))


def _pages(chosen: tuple[Term, ...], language: str) -> None:
    from tracer.cli.explain_text import page
    from tracer.cli.table import console

    out = console()
    for number, term in enumerate(chosen):
        if number:
            out.rule(characters="-")
        out.print(page(term, language))
