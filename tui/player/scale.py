"""The scale: how much time a cell of a strip stands for when a chapter opens."""

from __future__ import annotations

import math
from collections.abc import Iterator

from tui.player.model import Model

CELLS_A_MEDIAN = 20


def median(model: Model) -> int:
    """Give the median latency of the faster side, ns; a twentieth of the whole if nothing was answered."""
    medians = [stack.percentile(len(stack.answers[0]), 50) for stack in model.stacks if len(stack.answers[0])]
    return max(1, min(medians, default=model.end // CELLS_A_MEDIAN))


def round_cells() -> Iterator[int]:
    """Give 1, 2 and 5 times the powers of ten, in ns, to 5,000 s."""
    return (digit * 10**power for power in range(13) for digit in (1, 2, 5))


def opening_cell(model: Model) -> int:
    """Give q: the faster side's median / 20, rounded by ratio to 1, 2 or 5 times a power of ten, ns."""
    wanted = math.log(median(model) / CELLS_A_MEDIAN)
    return min(round_cells(), key=lambda cell: abs(math.log(cell) - wanted))
