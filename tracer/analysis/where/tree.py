"""The tree of an expression: comparisons, joined by and, or and not."""

from __future__ import annotations

from dataclasses import dataclass

from tracer.analysis.where.fields import Field

Value = int | float | str | None
"""ns, bytes, 1/10,000 or a plain number, by the field's kind; None is `unknown`."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """`field operator values`: of `in` there are several values, else one."""

    field: Field
    operator: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite."""

    part: Tree


@dataclass(frozen=True, slots=True)
class All:
    """Each of the parts holds; of none: everything fits."""

    parts: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Any:
    """One of the parts holds."""

    parts: tuple[Tree, ...]


Tree = Comparison | Not | All | Any
