"""Whose clock the times are from, and how far two clocks may be apart.

meta["clocks"] is a list of `{"name", "offset_ns", "uncertainty_ns"}` and, where there are several, "hops":
the names of the hops whose times it gave. A hop that no clock names goes by the first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from tracer.recording.recording import Recording


@dataclass(frozen=True, slots=True)
class Clock:
    """One source's clock; `offset_ns` was added to its times, which are right within `uncertainty_ns`."""

    name: str
    offset_ns: int = 0
    uncertainty_ns: int = 0
    hops: tuple[str, ...] = ()

    def as_meta(self) -> dict[str, Any]:
        """Give the entry of meta["clocks"]."""
        said = {"name": self.name, "offset_ns": self.offset_ns, "uncertainty_ns": self.uncertainty_ns}
        return {**said, "hops": list(self.hops)} if self.hops else said


def read_clocks(meta: dict[str, Any]) -> list[Clock]:
    """List the clocks that meta data name. Raises ValueError with what is wrong."""
    told = meta.get("clocks")
    if not isinstance(told, list) or not told:
        raise ValueError("the meta data name no clock")
    return [_clock(entry) for entry in told]


def _clock(entry: Any) -> Clock:
    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
        raise ValueError(f"the clock {entry!r} has no name")
    offset, uncertainty = entry.get("offset_ns"), entry.get("uncertainty_ns")
    if not isinstance(offset, int) or not isinstance(uncertainty, int) or uncertainty < 0:
        raise ValueError(f"the clock {entry['name']!r} does not say its offset_ns and uncertainty_ns")
    hops = entry.get("hops", [])
    if not isinstance(hops, list) or not all(isinstance(hop, str) for hop in hops):
        raise ValueError(f"the hops of the clock {entry['name']!r} are no list of names")
    return Clock(entry["name"], offset, uncertainty, tuple(hops))


class Slack:
    """How many ns the times of two hops may contradict each other: within one clock none."""

    def __init__(self, recording: Recording) -> None:
        try:
            clocks = read_clocks(recording.meta)
        except ValueError:
            clocks = [Clock("unknown")]
        by_hop = {hop: number for number, clock in enumerate(clocks) for hop in clock.hops}
        names = [recording.text(number) for number in recording.hops.name]
        self._clock = np.array([by_hop.get(name, 0) for name in names], np.int64)
        self._uncertainty = np.array([clock.uncertainty_ns for clock in clocks], np.int64)

    def between(self, a: NDArray[Any], b: NDArray[Any]) -> NDArray[np.int64]:
        """Give the ns between hops `a` and `b`, two arrays of one length."""
        one, other = self._clock[a], self._clock[b]
        both = self._uncertainty[one] + self._uncertainty[other]
        return np.where(one == other, 0, both)
