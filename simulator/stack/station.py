"""A queue of the textbook."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from simulator.distributions import Distribution, constant
from simulator.stack.keys import one_of, whole
from simulator.stack.parts import Hop
from simulator.validity import check_distribution, check_share, check_whole


@dataclass(frozen=True, slots=True)
class Station(Hop):
    """A queue of the textbook: so many lanes, so many waiting places, a service time."""

    server: ClassVar[str] = "station"
    role: ClassVar[str] = "station"
    lanes: int = whole(1)
    queue: int | None = field(
        default=None, metadata={"check": lambda k, v: v if v is None else check_whole(k, v, 0, 10**9)}
    )
    discipline: str = one_of("fifo", "fifo", "ps")
    service: Distribution = field(default=constant(0), metadata={"check": check_distribution})
    again: float = field(default=0.0, metadata={"check": check_share})
