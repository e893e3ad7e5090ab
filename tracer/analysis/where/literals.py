"""Literals: what is written for a value, as the number or text that a column is compared with."""

from __future__ import annotations

import re
from decimal import Decimal

from tracer.analysis.duration import UNITS
from tracer.analysis.where.errors import NoValueError
from tracer.analysis.where.fields import Field, Kind
from tracer.analysis.where.tokens import Token
from tracer.analysis.where.tree import Value
from tracer.recording import CERTAIN

SIZES = {"B": 1, "kB": 10**3, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
UNKNOWN = "unknown"
_SCALES = {
    Kind.NUMBER: {"": 1},
    Kind.DURATION: UNITS,
    Kind.SIZE: {"": 1, **SIZES},
    Kind.SHARE: {"": CERTAIN, "%": CERTAIN // 100},
}
_PARTS = re.compile(r"([\d.]+)(.*)", re.DOTALL)
_LARGEST = 2**63 - 1


def value(field: Field, operator: str, token: Token) -> Value:
    """Give what a token stands for. NoValueError: it is no value of this field."""
    if token.kind == "word" and token.text == UNKNOWN:
        if operator not in ("=", "!=", "in"):
            raise NoValueError("unknown")
        return None
    if field.kind is Kind.TEXT:
        return _text(field, operator, token)
    if token.kind != "number":
        raise NoValueError("wants", field=field.name, kind=field.kind.said, example=field.kind.example)
    return _number(field, token.text)


def _number(field: Field, text: str) -> int | float:
    match = _PARTS.fullmatch(text)
    scale = _SCALES[field.kind].get(match[2]) if match else None
    if match is None or scale is None:
        if match and match[2] == "" and Decimal(match[1]) == 0:
            return 0
        raise NoValueError("not of kind", text=text, kind=field.kind.said, example=field.kind.example)
    exact = Decimal(match[1]) * scale
    if exact > _LARGEST:
        raise NoValueError("too much", text=text)
    return int(exact) if exact == int(exact) else float(exact)


def _text(field: Field, operator: str, token: Token) -> str:
    if operator in ("~", "!~"):
        return _pattern(token)
    text = re.sub(r"\\([\\\"'])", r"\1", token.text[1:-1]) if token.kind == "string" else token.text
    if field.choices and text not in field.choices:
        raise NoValueError("no choice", field=field.name, text=repr(text), all=", ".join(field.choices))
    return text


def _pattern(token: Token) -> str:
    """Give a regular expression as it stands in the quotes; re reads an escaped quote as a quote."""
    text = token.text[1:-1] if token.kind == "string" else token.text
    try:
        re.compile(text)
    except (re.error, RecursionError, OverflowError) as error:
        raise NoValueError("no regex", text=repr(text), why=error) from None
    return text
