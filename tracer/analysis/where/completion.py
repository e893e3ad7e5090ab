"""Completion: what may stand at the cursor, in the order in which one would want it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from tracer.analysis.where.columns import Columns
from tracer.analysis.where.errors import WhereError
from tracer.analysis.where.fields import BY_NAME, FIELDS, Field, Kind
from tracer.analysis.where.parser import FIELD, JOINT, OPERATOR, VALUE, operators, parse

_WORD = re.compile(r"""("(?:[^"\\]|\\.)*|'(?:[^'\\]|\\.)*|[\w.%-]+|[<>=!~]+)\Z""", re.DOTALL)
_PLAIN = re.compile(r"[A-Za-z][\w.-]*", re.ASCII)
_NUMBERS = {
    Kind.DURATION: ("1ms", "5ms", "20ms", "100ms", "1s"),
    Kind.SIZE: ("1kB", "10kB", "1MB"),
    Kind.SHARE: ("50%", "90%", "100%"),
}
MOST = 50  # values of a recording that are offered


class Candidate(NamedTuple):
    """What may be written, and what it is."""

    text: str
    words: str


class Completion(NamedTuple):
    """`text[start:end]` may become any of the candidates."""

    start: int
    end: int
    candidates: tuple[Candidate, ...]


def complete(text: str, cursor: int, columns: Columns | None = None, language: str = "en") -> Completion:
    """Say what may stand at the cursor; values are those that the recording has, the most frequent first."""
    before = text[:cursor]
    word = _started(before)
    start = cursor - len(word)
    offered = tuple(_offered(before[:start], columns, language))
    if word and not any(one.text.startswith(word) for one in offered) and start < cursor:
        again = tuple(_offered(before, columns, language))  # the word is whole: what may come after it?
        if again and before[-1:] in "<>=!~":
            return Completion(cursor, cursor, again)
    bare = word.lstrip("\"'").lower()
    others = [one for one in offered if one.text != word]
    near = [one for one in others if one.text.lstrip('"').lower().startswith(bare)]
    inside = [one for one in others if bare and bare in one.text.lower() and one not in near]
    return Completion(start, cursor, (*near, *inside))


def _started(before: str) -> str:
    match = _WORD.search(before)
    return match[0] if match else ""


def _offered(before: str, columns: Columns | None, language: str) -> Iterator[Candidate]:
    """List what may follow a text that ends between two words."""
    for expected in _expected(before):
        what, _, name = expected.partition(" ")
        if what == FIELD:
            yield from (Candidate(field.name, field.words(language)) for field in FIELDS)
            yield Candidate("not", "")
        elif what == OPERATOR:
            yield from (Candidate(sign, "") for sign in (*operators(BY_NAME[name]), "in", "not in"))
        elif what == VALUE:
            yield from (Candidate(value, "") for value in _values(BY_NAME[name], columns))
        elif what == JOINT:
            yield from (Candidate("and", ""), Candidate("or", ""))
        else:
            yield Candidate(expected, "")


def _expected(before: str) -> Sequence[str]:
    """Ask the parser what it misses at the end."""
    if not before.strip():
        return (FIELD,)
    try:
        parse(before)
    except WhereError as error:
        opened = error.why.key == "open bracket"
        return error.expected if opened or error.span[0] >= len(before.rstrip()) else ()
    return (JOINT,)


def _values(field: Field, columns: Columns | None) -> Sequence[str]:
    if field.choices:
        return field.choices
    if field.kind in _NUMBERS:
        return _NUMBERS[field.kind]
    if columns is None or field.name == "id":
        return ()
    return common(field, columns)


def common(field: Field, columns: Columns, most: int = MOST) -> Sequence[str]:
    """List the values that a field has most often in a recording, as one writes them."""
    column = columns[field.name]
    found, counts = np.unique(column.values[column.values >= 0], return_counts=True)
    often = found[np.argsort(-counts, kind="stable")][:most].tolist()
    if column.texts is None:
        return [str(value) for value in often]
    return list(dict.fromkeys(written(column.texts[value]) for value in often))


def written(text: str) -> str:
    """Write a text as a value: in quotes, unless it is one plain word."""
    if _PLAIN.fullmatch(text) and text.lower() not in ("and", "or", "not", "in", "unknown"):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
