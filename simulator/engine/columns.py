"""Columns as the compiled engine reads them: no index is ever negative, and none is looked at twice.

numba takes an index below 0 for one from the end, and asks at each of the hundred items that a request
touches whether it is: a tenth of the engine's time. A `Bare` array is the same array without that question.
"""

from __future__ import annotations

import operator
from typing import Any

import numba.core.extending as numba_extending
from numba.core import types as numba_types
from numba.np import arrayobj as numba_arrays

# numba has no type hints.
extending: Any = numba_extending
types: Any = numba_types
make_array: Any = numba_arrays.make_array

run: Any = None
"""The compiled interpreter: `compiled` puts it into the globals of one of the two functions below."""


class Bare(types.Array):  # type: ignore[misc]
    """A column of which every index lies inside."""


extending.register_model(Bare)(extending.models.ArrayModel)


def _place(context: Any, builder: Any, kind: Any, column: Any, index: Any) -> Any:
    data = make_array(kind)(context, builder, column).data
    return builder.gep(data, [index], inbounds=True)


@extending.lower_builtin(operator.getitem, Bare, types.Integer)  # type: ignore[untyped-decorator]
def _read(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    return builder.load(_place(context, builder, signature.args[0], *args))


@extending.lower_builtin(operator.setitem, Bare, types.Integer, types.Any)  # type: ignore[untyped-decorator]
def _write(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    column, index, value = args
    kind = signature.args[0]
    value = context.cast(builder, value, signature.args[2], kind.dtype)
    builder.store(value, _place(context, builder, kind, column, index))


@extending.intrinsic  # type: ignore[untyped-decorator]
def bare(_context: Any, columns: Any) -> Any:
    """Give a named tuple, its arrays as Bare ones: the same values under another type."""
    fields = [Bare(t.dtype, 1, "C") if isinstance(t, types.Array) else t for t in columns.types]
    kind = types.NamedTuple(fields, columns.instance_class)
    return kind(columns), lambda _context, _builder, _signature, args: args[0]


def unchecked(p: Any, w: Any, horizon: int) -> int:
    """Run with columns that are not looked at twice."""
    return run(bare(p), bare(w), horizon)  # type: ignore[no-any-return]


def checked(p: Any, w: Any, horizon: int) -> int:
    """Run with arrays, whose indices NUMBA_BOUNDSCHECK checks."""
    return run(p, w, horizon)  # type: ignore[no-any-return]
