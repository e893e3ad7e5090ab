"""`--where EXPR`: which requests a command is about."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from tracer.cli.streams import tell

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tracer.analysis.listing import Numbers
    from tracer.analysis.where.tree import Tree
    from tracer.recording import Recording


def add_where(parser: argparse.ArgumentParser) -> None:
    """Declare --where."""
    parser.add_argument(
        "--where",
        type=_expression,
        metavar="EXPR",
        help="only requests that fit: 'status >= 500 and queued > 20ms and path ~ \"/item\"'",
    )


def _expression(text: str) -> Tree:
    """Read it; where that fails, show the place first."""
    from tracer.analysis.where import WhereError, parse

    try:
        return parse(text)
    except WhereError as error:
        for line in error.picture():
            tell(line)
        raise argparse.ArgumentTypeError(str(error)) from None


def chosen(recording: Recording, where: Tree | None) -> NDArray[np.bool_] | None:
    """Say which requests fit; None: all, as nothing was asked."""
    return None if where is None else next(sifted([(recording, None)], where))[2]


def sifted(
    parts: Iterable[tuple[Recording, Numbers | None]], where: Tree | None
) -> Iterator[tuple[Recording, Numbers | None, NDArray[np.bool_] | None]]:
    """Say it of the parts of a recording, which share their time 0."""
    origin = None
    for recording, numbers in parts:
        if where is None:
            yield recording, numbers, None
            continue
        from tracer.analysis.where import Columns, mask

        columns = Columns(recording, numbers, origin)
        origin = columns.origin if columns.requests else origin
        yield recording, numbers, mask(where, columns)
