"""Masks: which requests an expression fits, worked out column by column."""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import reduce
from typing import Any as Anything

import numpy as np
from numpy.typing import NDArray

from tracer.analysis.where.columns import Column, Columns
from tracer.analysis.where.fields import Kind
from tracer.analysis.where.tree import All, Any, Comparison, Not, Tree, Value
from tracer.recording import UNKNOWN

Mask = NDArray[np.bool_]

_SIGNS: dict[str, Callable[[Anything, Anything], Anything]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_OPPOSITES = {"!=": "=", "!~": "~"}


def mask(tree: Tree, columns: Columns) -> Mask:
    """Say of each request whether it fits; shape (requests,). What is not known fits `= unknown` alone."""
    return _mask(tree, columns, np.ones(columns.requests, bool))


def _mask(tree: Tree, columns: Columns, asked: Mask) -> Mask:
    """Say it of the requests asked for; what it says of others means nothing."""
    match tree:
        case Not(part):
            return ~_mask(part, columns, asked)
        case All(parts):
            for part in sorted(parts, key=_dear):
                asked = asked & _mask(part, columns, asked)
            return asked
        case Any(parts):
            found = np.zeros(columns.requests, bool)
            for part in sorted(parts, key=_dear):
                found = found | _mask(part, columns, asked & ~found)
            return found
        case Comparison(field, sign, values) if sign in _OPPOSITES:
            return ~_mask(Comparison(field, _OPPOSITES[sign], values), columns, asked)
        case Comparison(field, sign, values):
            column = columns[field.name]
            return _of_requests(_fits(column, sign, values, asked), column, columns.requests)


def _dear(tree: Tree) -> int:
    """Rank parts, so that what is dear is asked of the requests that are left."""
    if isinstance(tree, Comparison):
        return 2 * ("~" in tree.operator) + (tree.field.kind is Kind.TEXT)
    return 4


def _of_requests(fits: Mask, column: Column, requests: int) -> Mask:
    """Hand what fits of visits or phases on to their requests: one is enough."""
    if column.request is None:
        return fits
    found = np.zeros(requests, bool)
    found[column.request[fits]] = True
    return found


def _fits(column: Column, sign: str, values: tuple[Value, ...], asked: Mask) -> Mask:
    """Say of each value of a column whether it fits one of the values given."""
    return reduce(np.logical_or, (_one(column, sign, value, asked) for value in values))


def _one(column: Column, sign: str, value: Value, asked: Mask) -> Mask:
    have = column.values
    if value is None:
        return np.asarray(have == UNKNOWN)
    if isinstance(value, str):
        return _text(column, sign, value, asked)
    if sign in ("=", "in"):
        return np.asarray(have == value)
    return np.asarray(_SIGNS[sign](have, value) & (have != UNKNOWN))


def _text(column: Column, sign: str, text: str, asked: Mask) -> Mask:
    """Look at each text once, however many values have it, and at those of the requests asked for alone."""
    assert column.texts is not None
    if sign == "~":
        request = asked if column.request is None else asked[column.request]
        fitting = column.texts.matching(text, distinct(column.values[request], len(column.texts)))
    else:
        fitting = column.texts.equal(text)
    return np.asarray(fitting[column.values])


def distinct(numbers: NDArray[np.integer], count: int) -> NDArray[np.intp]:
    """Give the texts, of so many, that stand in a column; without sorting it."""
    there = np.zeros(count + 1, bool)  # its last place is that of -1
    there[numbers] = True
    return np.flatnonzero(there[:count])
